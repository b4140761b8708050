import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { keepRenewed } from './renewal.ts';

test('certificates are looked at twice a day, a failure does not end that, stopping does', async () => {
  const clock = new VirtualClock();
  let looked = 0;
  const keeper = keepRenewed(async () => {
    looked += 1;
    await Promise.resolve();
    if (looked === 1) throw new Error('the disk is full');
  }, { clock, logger: silentLogger });
  const hour = 60 * 60 * 1000;
  await clock.advance(11 * hour);
  assert.equal(looked, 0);
  await clock.advance(25 * hour);
  assert.equal(looked, 3);
  keeper[Symbol.dispose]();
  await clock.advance(48 * hour);
  assert.equal(looked, 3);
  assert.equal(clock.nextTimerMs, undefined);
});
