import assert from 'node:assert/strict';
import test from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { SortedMap } from './sorted-map.ts';

test('agrees with a plain map and a sort through thousands of inserts and deletes', () => {
  const random = new SeededRandom(7);
  const sorted = new SortedMap<{ key: string; n: number }>();
  const plain = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const key = `ns${Math.floor(random.float() * 4)}/${random.suffix(2)}${Math.floor(random.float() * 20)}`;
    if (random.float() < 0.3) {
      assert.equal(sorted.delete(key)?.n, plain.get(key));
      plain.delete(key);
    } else {
      assert.equal(sorted.set({ key, n: i })?.n, plain.get(key));
      plain.set(key, i);
    }
  }
  const keys = [...plain.keys()].sort();
  const seen: string[] = [];
  sorted.scan('', undefined, (value) => seen.push(value.key) > 0);
  assert.deepEqual(seen, keys);
  const after = keys.filter((key) => key.startsWith('ns2/'))[10]!;
  const rest: string[] = [];
  sorted.scan('ns2/', after, (value) => rest.push(value.key) > 0);
  assert.deepEqual(rest, keys.filter((key) => key.startsWith('ns2/') && key > after));
  assert.equal(sorted.count('ns3/'), keys.filter((key) => key.startsWith('ns3/')).length);
});

test('a scan stops when told to', () => {
  const sorted = new SortedMap<{ key: string }>();
  for (const key of ['c', 'a', 'b']) sorted.set({ key });
  const seen: string[] = [];
  sorted.scan('', undefined, (value) => seen.push(value.key) < 2);
  assert.deepEqual(seen, ['a', 'b']);
});
