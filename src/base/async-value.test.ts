import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asyncValue } from './async-value.ts';

test('work that goes on at once sees its own value, across awaits and inside of one another', async () => {
  const value = asyncValue<string>();
  const seen: (string | undefined)[] = [];
  const work = async (): Promise<void> => {
    seen.push(value.get());
    await Promise.resolve();
    seen.push(value.get());
  };
  await Promise.all([value.run('a', work), value.run('b', () => value.run('c', work)), work()]);
  assert.deepEqual(seen, ['a', 'c', undefined, 'a', 'c', undefined]);
});

test('without Node it holds as long as the call does', async () => {
  const { process } = globalThis;
  Object.defineProperty(globalThis, 'process', { value: undefined, configurable: true });
  const value = asyncValue<string>();
  Object.defineProperty(globalThis, 'process', { value: process, configurable: true });
  const later = value.run('a', async () => [value.get(), await Promise.resolve().then(() => value.get())]);
  assert.equal(value.get(), undefined);
  assert.deepEqual(await later, ['a', undefined]);
});
