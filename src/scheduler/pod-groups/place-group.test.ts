import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { podInfoOf } from '../cache/pod-info.ts';
import { PodCycle } from '../cycle/pod-cycle.ts';
import { errorFailure, heldBack } from '../failure.ts';
import { queuedPod } from '../queue/queued-pod.ts';
import { pod, TestCluster } from '../testing/cluster.ts';
import type { Found, GroupParts } from './place-group.ts';
import { placeGroup } from './place-group.ts';

const { cache, metrics, nominator, profile } = new TestCluster({ nodes: [] });
const permissions = new Map([['GangScheduling', { reason: 'waits', timeoutMs: 1 }]]);

/** Places pods `0`, `1` … of which `wanted` is the quorum; `outcomes` says what is found for each. */
async function attempt(wanted: number, outcomes: readonly ('fits' | 'refused' | 'evicts' | 'throws' | 'cannot be taken' | 'takes and throws')[]) {
  const queued = outcomes.map(() => queuedPod(podInfoOf(pod()), profile, 0));
  const indexOf = (info: { readonly uid: string }): number => queued.findIndex((one) => one.info.uid === info.uid);
  const returned: number[] = [];
  let held = 0;
  const parts: GroupParts = {
    find: ({ info }): Found => {
      const outcome = outcomes[indexOf(info)];
      if (outcome === 'throws') throw new Error('broken');
      const cycle = new PodCycle(info, { profile, snapshot: cache, nominator, metrics: metrics.of(profile) });
      if (outcome === 'refused') return { cycle, failure: heldBack('no') };
      return outcome === 'evicts' ? { cycle, failure: heldBack('not yet', 'n') } : { cycle, nodeName: 'n' };
    },
    take: (info) => {
      const outcome = outcomes[indexOf(info)];
      if (outcome === 'cannot be taken') return heldBack('taken');
      held++;
      if (outcome === 'takes and throws') throw new Error('broken');
      return undefined;
    },
    giveBack: (info) => { held--; returned.push(indexOf(info)); },
    permissions: () => (held < wanted ? permissions : undefined),
    nowMs: () => 0,
  };
  const { verdict, members } = await placeGroup(queued, parts);
  assert.equal(held, 0);
  return { verdict, returned, messages: members.map(({ failure, place }) => failure?.message ?? place?.nodeName) };
}

describe('a group of pods', () => {
  const error = { kind: 'error', message: 'failed to schedule other pod from a pod group: broken' };
  for (const [wanted, outcomes, expected] of [
    [2, ['fits', 'fits'], { verdict: { kind: 'fits' }, returned: [1, 0], messages: ['n', 'n'] }],
    [2, ['fits', 'refused', 'fits'], { verdict: { kind: 'fits' }, returned: [2, 0], messages: ['n', 'no', 'n'] }],
    [2, ['fits', 'refused'], { verdict: { kind: 'refused', waits: false }, returned: [0], messages: ['n', 'no'] }],
    [2, ['fits', 'cannot be taken'], { verdict: { kind: 'refused', waits: false }, returned: [0], messages: ['n', 'taken'] }],
    [2, ['evicts', 'fits'], { verdict: { kind: 'refused', waits: true }, returned: [1, 0], messages: ['not yet', 'n'] }],
    [2, ['evicts', 'refused'], { verdict: { kind: 'refused', waits: false }, returned: [0], messages: ['not yet', 'no'] }],
    [1, ['fits', 'throws', 'fits'], { verdict: error, returned: [0], messages: ['n', errorFailure('broken').message] }],
    [1, ['fits', 'takes and throws'], { verdict: error, returned: [1, 0], messages: ['n', 'broken'] }],
  ] as const) it(`that wants ${wanted}: ${outcomes.join(', ')}`, async () => assert.deepEqual(await attempt(wanted, outcomes), expected));
});
