import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { podsToDelete } from './deletion-order.ts';
import { slowStartBatches } from '../common/slow-start.ts';

const nowMs = Date.UTC(2026, 0, 2);
interface Traits { node?: string; phase?: string; readyAgoMs?: number; cost?: string; restarts?: number; ageMs?: number }

function pod(name: string, { node = 'n', phase = 'Running', readyAgoMs, cost, restarts = 0, ageMs = 3_600_000 }: Traits): Pod {
  const time = (agoMs: number): string => formatTime(nowMs - agoMs);
  return {
    metadata: { name, uid: name, creationTimestamp: time(ageMs), ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }) },
    spec: { containers: [{ name: 'c' }], ...(node !== '' && { nodeName: node }) },
    status: {
      phase,
      ...(readyAgoMs !== undefined && { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time(readyAgoMs) }] }),
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts }],
    },
  };
}

const cases: [string, Traits, Traits][] = [
  ['unassigned before assigned', { node: '', phase: 'Pending' }, { phase: 'Pending' }],
  ['pending before unknown', { phase: 'Pending' }, { phase: 'Unknown' }],
  ['unknown before running', { phase: 'Unknown' }, {}],
  ['not ready before ready', {}, { readyAgoMs: 1000 }],
  ['cheap before dear', { readyAgoMs: 1_000_000, cost: '-10' }, { readyAgoMs: 1000 }],
  ['a short time ready before a long time', { readyAgoMs: 1000 }, { readyAgoMs: 1_000_000 }],
  ['often restarted before seldom', { restarts: 3 }, { restarts: 1 }],
  ['young before old', { ageMs: 60_000 }, { ageMs: 86_400_000 }],
];

describe('which pods go first', () => {
  for (const [title, first, second] of cases) {
    it(title, () => {
      const both = [pod('second', second), pod('first', first)];
      assert.deepEqual(podsToDelete(both, [], 1, nowMs).map(({ metadata }) => metadata.name), ['first']);
      assert.deepEqual(podsToDelete(both.toReversed(), [], 1, nowMs).map(({ metadata }) => metadata.name), ['first']);
    });
  }

  it('on crowded nodes before others', () => {
    const all = [pod('alone', { node: 'a', readyAgoMs: 1000 }), pod('one', { node: 'b', readyAgoMs: 1000 }), pod('two', { node: 'b', readyAgoMs: 1000 })];
    assert.equal(podsToDelete(all, all, 1, nowMs)[0]!.spec!.nodeName, 'b');
  });
});

it('slow start stops at the first batch with a failure', async () => {
  let calls = 0;
  const result = await slowStartBatches(100, async () => {
    calls++;
    if (calls === 5) throw new Error('quota');
  });
  assert.deepEqual([calls, result.successes, (result.error as Error).message], [7, 6, 'quota']);
  assert.deepEqual(await slowStartBatches(10, async () => {}), { successes: 10 });
});
