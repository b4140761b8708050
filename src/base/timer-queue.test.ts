import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from './random.ts';
import type { QueuedTimer } from './timer-queue.ts';
import { TimerQueue } from './timer-queue.ts';

test('timers come in order of their time, then of their setting, without those that were taken back', () => {
  const random = new SeededRandom(3);
  const queue = new TimerQueue();
  const timers = Array.from({ length: 2000 }, (_, order): QueuedTimer => ({ atMs: Math.floor(random.float() * 50), order, callback: () => {}, isCancelled: false }));
  const kept: QueuedTimer[] = [];
  for (const [index, timer] of timers.entries()) {
    queue.push(timer);
    // Most are taken back, so that the queue is tidied up as well; some twice.
    if (index % 4 === 0) kept.push(timer);
    else queue.cancel(timers[index]!);
    if (index % 3 === 0 && index % 4 !== 0) queue.cancel(timer);
  }
  const taken: QueuedTimer[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) taken.push(next);
  assert.deepEqual(taken.map(({ order }) => order), kept.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order).map(({ order }) => order));
  queue.cancel(taken[0]!);
  assert.equal(queue.first, undefined);
});
