import assert from 'node:assert/strict';
import { it } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { Passes } from './passes.ts';

it('passes are made at multiples of the period, when there is something to see, and no timer runs otherwise', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const at: number[] = [];
  let dueMs: number | undefined;
  const startMs = clock.now();
  const passes = new Passes({ clock, logger: silentLogger, signal: stop.signal, periodMs: 5_000, pass: async () => { at.push(clock.now() - startMs); }, nextDueMs: () => dueMs });
  passes.wake();
  assert.equal(clock.nextTimerMs, undefined);
  passes.start();
  await clock.settle();
  assert.deepEqual(at, [0]);
  assert.equal(clock.nextTimerMs, undefined);
  await clock.advance(7_000);
  passes.wake();
  passes.wake();
  await clock.advance(60_000);
  assert.deepEqual(at, [0, 10_000]);
  // Something falls due, and is put off before the pass.
  dueMs = clock.now() + 12_000;
  passes.wake();
  await clock.advance(3_000);
  assert.deepEqual(at, [0, 10_000, 70_000]);
  dueMs = startMs + 91_000;
  await clock.advance(23_000);
  assert.deepEqual(at, [0, 10_000, 70_000]);
  dueMs = undefined;
  await clock.advance(7_000);
  assert.equal(clock.nextTimerMs, undefined);
  // A pass that is due comes at the next multiple after it.
  dueMs = startMs + 107_000;
  passes.wake();
  await clock.advance(9_000);
  assert.deepEqual(at.slice(2), [70_000, 105_000]);
  await clock.advance(1_000);
  stop.abort();
  assert.equal(at.at(-1), 110_000);
});
