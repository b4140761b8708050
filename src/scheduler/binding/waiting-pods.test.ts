import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { WaitingPods } from './waiting-pods.ts';

const permission = (timeoutMs: number) => ({ reason: 'r', timeoutMs });

test('a pod waits until all that asked for it let it go on', async () => {
  const waiting = new WaitingPods(new VirtualClock());
  const going = waiting.wait('u', new Map([['A', permission(1000)], ['B', permission(1000)]]));
  waiting.allow('u', 'A');
  waiting.allow('u', 'A');
  assert.equal(waiting.has('u'), true);
  waiting.allow('u', 'B');
  assert.deepEqual([await going, waiting.has('u'), waiting.reject('u', { plugin: '', message: 'removed', preempted: false })], [undefined, false, false]);
});

test('its time is over, or somebody says that it must not', async () => {
  const clock = new VirtualClock();
  const waiting = new WaitingPods(clock);
  const late = waiting.wait('u', new Map([['GangScheduling', permission(300_000)]]));
  const gone = waiting.wait('v', new Map([['GangScheduling', permission(300_000)]]));
  await clock.advance(1000);
  assert.equal(waiting.reject('v', { plugin: '', message: 'removed', preempted: false }), true);
  await clock.advance(299_000);
  assert.deepEqual(await late, { plugin: 'GangScheduling', message: 'rejected due to timeout after waiting 5m0s at plugin GangScheduling', preempted: false });
  assert.equal((await gone)?.message, 'removed');
});
