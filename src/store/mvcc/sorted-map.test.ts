import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { SortedMap } from './sorted-map.ts';

function content(map: SortedMap<number>, from = ''): [string, number][] {
  const all: [string, number][] = [];
  map.scan(from, (key, value) => all.push([key, value]) > 0);
  return all;
}

test('agrees with a sorted array under random changes and forks', () => {
  const random = new SeededRandom(3);
  const pick = (n: number): number => Math.floor(random.float() * n);
  const worlds: { map: SortedMap<number>; model: Map<string, number> }[] = [
    { map: new SortedMap<number>((value) => value % 2), model: new Map() },
  ];
  for (let step = 0; step < 30_000; step++) {
    const { map, model } = worlds[pick(worlds.length)]!;
    const key = String(pick(3000));
    // Phases of growth and of shrinking.
    if (random.float() < (step % 10_000 < 6000 ? 0.8 : 0.1)) {
      map.set(key, step);
      model.set(key, step);
    } else {
      map.delete(key);
      model.delete(key);
    }
    if (step % 6000 === 5999) worlds.push({ map: map.fork(), model: new Map(model) });
    if (step % 500 !== 0) continue;
    const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
    const from = String(pick(3000));
    const to = from < '5' ? `${from}5` : undefined;
    assert.deepEqual(content(map, from), expected.filter(([k]) => k >= from));
    assert.equal(map.get(from), model.get(from));
    const between = expected.filter(([k]) => k >= from && (to === undefined || k < to));
    assert.equal(map.weightBetween(from, to), between.reduce((sum, [, value]) => sum + (value % 2), 0));
  }
  for (const { map, model } of worlds) assert.deepEqual(content(map), [...model].sort(([a], [b]) => (a < b ? -1 : 1)));
});
