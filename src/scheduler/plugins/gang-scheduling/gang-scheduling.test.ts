import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PodGroup } from '../../../api/types/scheduling/v1alpha2.ts';
import { ObjectStore } from '../../../client/informer/store.ts';
import { PodGroupStates } from '../../cache/pod-group-states.ts';
import { podInfoOf } from '../../cache/pod-info.ts';
import { mayHelp } from '../../framework/events.ts';
import { pod as podOf } from '../../testing/cluster.ts';
import { gangScheduling } from './gang-scheduling.ts';

const member = (group?: string, more: object = {}) => podOf({ ...(group !== undefined && { schedulingGroup: { podGroupName: group } }), ...more });
const gang = (name: string, minCount?: number, namespace = 'default'): PodGroup => ({ metadata: { namespace, name }, spec: { schedulingPolicy: minCount === undefined ? { basic: {} } : { gang: { minCount } } } });

function make(groups: readonly PodGroup[], members: readonly ReturnType<typeof podOf>[] = []) {
  const store = new ObjectStore<PodGroup>();
  for (const group of groups) store.set(group);
  const states = new PodGroupStates();
  for (const one of members) states.add(one);
  const activated: string[] = [];
  const allowed: string[] = [];
  const plugin = gangScheduling({ listers: { podGroups: store }, podGroups: states, activate: (uids) => activated.push(...uids), allow: (uid, name) => allowed.push(`${name} ${uid}`) });
  return { plugin, states, activated, allowed, gate: (one: ReturnType<typeof podOf>) => plugin.gate?.(podInfoOf(one))?.reasons, permit: (one: ReturnType<typeof podOf>) => plugin.permit?.(podInfoOf(one), 'n') };
}

describe('which pods come into the queue', () => {
  const [one, two] = [member('g'), member('g')];
  const waiting = ['waiting for minCount pods from a gang to appear in scheduling queue'];
  for (const [title, groups, members, pod, expected] of [
    ['one without a group', [], [], member(), undefined],
    ['none whose group is not there', [gang('other', 1)], [one], one, ['waiting for pods\'s pod group "g" to appear in scheduling queue']],
    ['none whose group is in another namespace', [gang('g', 1, 'elsewhere')], [one], one, ['waiting for pods\'s pod group "g" to appear in scheduling queue']],
    ['one of a group without a gang', [gang('g')], [one], one, undefined],
    ['none of too few', [gang('g', 2)], [one], one, waiting],
    ['none of too few, those of other groups aside', [gang('g', 2)], [one, member('h'), member()], one, waiting],
    ['each of enough', [gang('g', 2)], [one, two], one, undefined],
    ['one that comes to some that have nodes', [gang('g', 2)], [one, member('g', { nodeName: 'n' })], one, undefined],
  ] as const) it(title, () => assert.deepEqual(make(groups, members).gate(pod), expected));
});

describe('which pods may be bound', () => {
  it('all but those of a gang', () => {
    assert.equal(make([]).permit(member()), undefined);
    assert.equal(make([gang('g')]).permit(member('g')), undefined);
    assert.throws(() => make([]).permit(member('g')), { message: 'failed to get podGroup default/g: podgroup.scheduling.k8s.io "g" not found' });
  });

  it('none until enough have a place; the others of the gang are tried at once. Then all', () => {
    const pods = [member('g'), member('g'), member('g')] as const;
    const { permit, states, activated, allowed } = make([gang('g', 2)], pods);
    states.assume(pods[0]);
    assert.deepEqual(permit(pods[0]), { reason: 'waiting for minCount pods from a gang to be scheduled', timeoutMs: 300_000 });
    assert.deepEqual(activated, [pods[1].metadata.uid, pods[2].metadata.uid]);
    states.assume(pods[2]);
    assert.equal(permit(pods[2]), undefined);
    assert.deepEqual(allowed, [`GangScheduling ${pods[0].metadata.uid}`, `GangScheduling ${pods[2].metadata.uid}`]);
  });

  it('those that have nodes count, and those that gave their place back do not', () => {
    const pods = [member('g', { nodeName: 'n' }), member('g'), member('g')] as const;
    const { permit, states } = make([gang('g', 3)], pods);
    states.assume(pods[1]);
    states.assume(pods[2]);
    assert.equal(permit(pods[2]), undefined);
    states.forget(pods[1]);
    assert.notEqual(permit(pods[2]), undefined);
    states.delete(pods[0]);
    assert.deepEqual([states.of('default', 'g')?.count, states.of('default', 'g')?.scheduledCount], [2, 1]);
  });
});

describe('what lets a pod be tried that was kept out', () => {
  const waiting = podInfoOf(member('g'));
  for (const [title, event, expected] of [
    ['another of its group', { label: 'UnscheduledPodAdd', object: podInfoOf(member('g')) }, true],
    ['another of its group that has a node', { label: 'AssignedPodAdd', object: podInfoOf(member('g', { nodeName: 'n' })) }, true],
    ['one of another group', { label: 'UnscheduledPodAdd', object: podInfoOf(member('h')) }, false],
    ['one without a group', { label: 'UnscheduledPodAdd', object: podInfoOf(member()) }, false],
    ['its group', { label: 'PodGroupAdd', object: gang('g', 2) }, true],
    ['another group', { label: 'PodGroupAdd', object: gang('h', 2) }, false],
    ['a group of its name elsewhere', { label: 'PodGroupAdd', object: gang('g', 2, 'elsewhere') }, false],
    ['a pod that is gone', { label: 'AssignedPodDelete', old: podInfoOf(member('g')) }, false],
  ] as const) it(title, () => assert.equal(mayHelp(make([]).plugin.wakes, waiting, event), expected));
});
