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

/** A machine that was held up: what the clock says is later than when its timers go off. */
class HeldUpClock extends VirtualClock {
  lateMs = 0;
  override now(): number {
    return super.now() + this.lateMs;
  }
}

it('what fell due while the machine was held up for longer than a period is still seen', async () => {
  const clock = new HeldUpClock();
  const stop = new AbortController();
  const startMs = clock.now();
  const silences = [startMs + 12_000, startMs + 60_000];
  let passes = 0;
  new Passes({ clock, logger: silentLogger, signal: stop.signal, periodMs: 1_000, pass: async () => { passes++; }, nextDueMs: (lookedMs) => silences.find((ms) => ms > lookedMs) }).start();
  await clock.settle();
  await clock.advance(11_000);
  clock.lateMs = 5_000;
  await clock.advance(2_000);
  stop.abort();
  assert.equal(passes, 2);
});
