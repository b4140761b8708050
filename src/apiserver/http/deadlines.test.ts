import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { Deadlines } from './deadlines.ts';

test('what is not over in time is told so, once, in order; what is over is not', async () => {
  const clock = new VirtualClock();
  using deadlines = new Deadlines(clock, 60_000);
  const expired: string[] = [];
  const add = (name: string, allowedMs?: number): (() => void) => deadlines.add(allowedMs, () => expired.push(`${name}@${clock.monotonicMs()}`));
  add('a');
  const over = add('b');
  add('short', 1000);
  add('long', 120_000);
  add('none', 0);
  add('cancelled', 500)();
  await clock.advance(30_000);
  add('late');
  over();
  await clock.advance(30_000);
  assert.deepEqual(expired, ['short@1000', 'a@60000', 'long@60000', 'none@60000']);
  await clock.advance(60_000);
  assert.equal(expired.at(-1), 'late@90000');
  assert.equal(clock.nextTimerMs, undefined, 'nothing pending, no timer');
});
