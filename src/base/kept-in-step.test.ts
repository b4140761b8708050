import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptInStep } from './kept-in-step.ts';
import { VirtualClock } from './virtual-clock.ts';

test('one sync at a time: soon after changes, again after a failure, and as a whole from time to time', async () => {
  const clock = new VirtualClock();
  const said: string[] = [];
  let sync = (): Promise<void> => Promise.resolve();
  const kept = new KeptInStep({
    clock, gatherMs: 10, fullSyncMs: 60_000,
    sync: () => { said.push(`sync at ${clock.monotonicMs()}`); return sync(); },
    invalidate: () => said.push('invalidated'),
    failed: (error) => said.push(`failed: ${(error as Error).message}`),
  });
  const told = (): string[] => said.splice(0);

  kept.changed();
  await clock.advance(0);
  assert.deepEqual(told(), [], 'it has not begun');
  sync = () => Promise.reject(new Error('busy'));
  await kept.start();
  assert.deepEqual(told(), ['sync at 0', 'failed: busy']);
  sync = () => Promise.resolve();
  kept.changed();
  await clock.advance(999);
  assert.deepEqual(told(), [], 'a change does not make it try sooner');
  await clock.advance(1);
  assert.deepEqual(told(), ['sync at 1000']);

  kept.changed();
  kept.changed();
  await clock.advance(100);
  assert.deepEqual(told(), ['sync at 1010']);

  const { promise, resolve } = Promise.withResolvers<void>();
  sync = () => promise;
  kept.changed();
  await clock.advance(50);
  kept.changed();
  await clock.advance(50);
  assert.deepEqual(told(), ['sync at 1110'], 'it is still at it');
  sync = () => Promise.resolve();
  resolve();
  await clock.advance(0);
  await clock.advance(10);
  assert.deepEqual(told(), ['sync at 1210']);

  await clock.advance(60_000 - 1210);
  assert.deepEqual(told(), ['invalidated', 'sync at 60000']);
  kept.changed();
  await kept[Symbol.asyncDispose]();
  await clock.advance(200_000);
  assert.deepEqual(told(), []);
});
