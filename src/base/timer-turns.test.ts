import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTurn } from './next-turn.ts';
import { RealClock } from './real-clock.ts';

test('timers that are due at once let others in between, and stay in order', async () => {
  const clock = new RealClock();
  const called: number[] = [];
  const busy = (): void => { for (const endMs = performance.now() + 4; performance.now() < endMs;); };
  let between = -1;
  await new Promise<void>((resolve) => {
    const timers = Array.from({ length: 30 }, (_, i) => clock.setTimer(5, () => {
      if (i === 0) nextTurn(() => (between = called.length));
      called.push(i);
      busy();
      if (i === 20) timers[25]?.cancel();
      if (i === 29) resolve();
    }));
  });
  assert.ok(between > 0 && between < 10, `${between} were called in the first turn`);
  assert.deepEqual(called, Array.from({ length: 30 }, (_, i) => i).filter((i) => i !== 25));
});
