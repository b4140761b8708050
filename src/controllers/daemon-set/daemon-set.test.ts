import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonSet, DaemonSetSpec } from '../../api/types/apps/v1.ts';
import type { Node, Pod, Taint } from '../../api/types/core/v1.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { FailedPodsBackoff } from './failed-pods.ts';
import { groupByNode, planNodes } from './nodes-plan.ts';
import { placementOn, targetNodeOf, templateFor } from './placement.ts';
import { planRollout } from './rolling-update.ts';

const set = (spec: Partial<DaemonSetSpec> = {}): DaemonSet => ({
  metadata: { name: 'agent', namespace: 'x', annotations: { 'deprecated.daemonset.template.generation': '2' } },
  spec: { selector: {}, template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [] } }, updateStrategy: { type: 'RollingUpdate' }, ...spec },
});
const node = (name: string, taints: Taint[] = [], labels: Record<string, string> = {}): Node => ({ metadata: { name, labels }, spec: { taints } });
const pod = (name: string, nodeName: string, hash: string, ready = true): Pod => ({
  metadata: { name, namespace: 'x', creationTimestamp: '2026-01-01T00:00:00Z', labels: { 'controller-revision-hash': hash } },
  spec: { nodeName, containers: [] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
});
const nowMs = Date.parse('2026-01-01T01:00:00Z');

describe('where daemon pods go', () => {
  const cases: readonly [what: string, taints: Taint[], spec: Partial<DaemonSetSpec>, shouldRun: boolean, mayStay: boolean][] = [
    ['an untainted node', [], {}, true, true],
    ['a node in trouble', [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }, { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }], {}, true, true],
    ['an unschedulable node', [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }], {}, true, true],
    ['a node that forbids scheduling', [{ key: 'a', effect: 'NoSchedule' }], {}, false, true],
    ['a node that evicts', [{ key: 'a', effect: 'NoExecute' }], {}, false, false],
    ['a node that discourages', [{ key: 'a', effect: 'PreferNoSchedule' }], {}, true, true],
    ['a node without network', [{ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }], {}, false, true],
    ['a node without network, for its network', [{ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }], { template: { spec: { hostNetwork: true, containers: [] } } }, true, true],
    ['a node that is not selected', [], { template: { spec: { nodeSelector: { disk: 'ssd' }, containers: [] } } }, false, false],
    ['another node than the one that is named', [], { template: { spec: { nodeName: 'b', containers: [] } } }, false, false],
  ];
  for (const [what, taints, spec, shouldRun, mayStay] of cases) it(what, () => { assert.deepEqual(placementOn(node('a', taints), set(spec)), { shouldRun, mayStay }); });

  it('pods are pinned to their node by affinity, labelled, and tolerate trouble', () => {
    const template = templateFor(set(), 'h', 'a');
    assert.deepEqual(template.metadata?.labels, { app: 'agent', 'pod-template-generation': '2', 'controller-revision-hash': 'h' });
    assert.equal(template.spec?.tolerations?.length, 6);
    assert.equal(targetNodeOf({ metadata: {}, spec: template.spec! }), 'a');
  });
});

describe('what is done about daemon pods', () => {
  const ended = { mayDeleteFailed: () => true, succeeded: () => {} };
  const names = (plan: { readonly create: string[]; readonly remove: Pod[] }): { create: string[]; remove: string[] } => ({ create: plan.create, remove: plan.remove.map(({ metadata }) => metadata.name!) });
  const manage = (object: DaemonSet, nodes: Node[], pods: Pod[]) => names(planNodes(object, nodes, groupByNode(pods), { ...ended, hash: 'new', nowMs }));
  const rollout = (object: DaemonSet, nodes: Node[], pods: Pod[]) => names(planRollout({ set: object, nodes, podsByNode: groupByNode(pods), hash: 'new', nowMs }));
  const three = [node('a'), node('b'), node('c')];

  it('each node gets one pod, the oldest of several stays, and pods for nodes that are gone go', () => {
    const waiting: Pod = { metadata: { name: 'waiting' }, spec: templateFor(set(), 'new', 'gone').spec! };
    assert.deepEqual(manage(set(), three, [pod('a1', 'a', 'new'), pod('a2', 'a', 'new'), waiting]), { create: ['b', 'c'], remove: ['a2', 'waiting'] });
    assert.deepEqual(manage(set(), [node('a', [{ key: 'x', effect: 'NoExecute' }])], [pod('a1', 'a', 'new')]), { create: [], remove: ['a1'] });
  });

  it('a rolling update replaces what is broken, and no more than allowed of the rest', () => {
    const old = [pod('a', 'a', 'old'), pod('b', 'b', 'old', false), pod('c', 'c', 'old')];
    assert.deepEqual(rollout(set(), three, old), { create: [], remove: ['b'] });
    assert.deepEqual(rollout(set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } }), three, old), { create: [], remove: ['b', 'a'] });
    assert.deepEqual(rollout(set(), three, [pod('a', 'a', 'new', false), pod('b', 'b', 'old'), pod('c', 'c', 'old')]), { create: [], remove: [] });
    // The template generation of older versions of the API counts as well.
    const labelled = pod('a', 'a', 'other');
    labelled.metadata.labels!['pod-template-generation'] = '2';
    assert.deepEqual(rollout(set(), [node('a')], [labelled]), { create: [], remove: [] });
  });

  it('a surge adds new pods beside old ones, which go when the new ones are available', () => {
    const surging = set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    const old = [pod('a', 'a', 'old'), pod('b', 'b', 'old'), pod('c', 'c', 'old')];
    assert.deepEqual(rollout(surging, three, old), { create: ['a'], remove: [] });
    assert.deepEqual(rollout(surging, three, [...old, pod('a2', 'a', 'new', false)]), { create: [], remove: [] });
    assert.deepEqual(manage(surging, three, [...old, pod('a2', 'a', 'new', false)]), { create: [], remove: [] });
    assert.deepEqual(rollout(surging, three, [...old, pod('a2', 'a', 'new')]), { create: ['b'], remove: ['a'] });
    assert.deepEqual(manage(surging, three, [pod('a', 'a', 'old', false), pod('a2', 'a', 'new', false), ...old.slice(1)]), { create: [], remove: ['a'] });
    // On a node that is not for it any more, a pod stays while others are not enough.
    const moved = [node('a', [{ key: 'x', effect: 'NoSchedule' }]), node('b')];
    assert.deepEqual(rollout(surging, moved, [pod('a', 'a', 'old')]), { create: [], remove: [] });
    assert.deepEqual(rollout(surging, moved, [pod('a', 'a', 'old'), pod('b', 'b', 'new')]), { create: [], remove: ['a'] });
  });

  it('regression: while a failed pod is left alone, a set that surges gives its node no other', () => {
    const surging = set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    const refused: Pod = { ...pod('a1', 'a', 'new'), status: { phase: 'Failed' } };
    const plan = (mayDeleteFailed: boolean) => names(planNodes(surging, [node('a')], groupByNode([refused]), { ...ended, mayDeleteFailed: () => mayDeleteFailed, hash: 'new', nowMs }));
    assert.deepEqual(plan(false), { create: [], remove: [] });
    assert.deepEqual(plan(true), { create: [], remove: ['a1'] });
  });

  it('failed pods are left alone for longer and longer', async () => {
    const clock = new VirtualClock();
    const backoff = new FailedPodsBackoff(clock);
    assert.equal(backoff.delay('k'), undefined);
    assert.equal(backoff.delay('k'), 1000);
    await clock.advance(1000);
    assert.equal(backoff.delay('k'), undefined);
    assert.equal(backoff.delay('k'), 2000);
    assert.equal(backoff.delay('other'), undefined);
    await clock.advance(40 * 60_000);
    assert.equal(backoff.delay('k'), undefined);
    assert.equal(backoff.delay('k'), 1000);
  });
});
