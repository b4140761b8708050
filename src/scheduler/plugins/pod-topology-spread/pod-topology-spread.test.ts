import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, Pod, PodSpec, TopologySpreadConstraint } from '../../../api/types/core/v1.ts';
import { podInfoOf } from '../../cache/pod-info.ts';
import { mayHelp } from '../../framework/events.ts';
import { node, pod, TestCluster } from '../../testing/cluster.ts';
import { podTopologySpread } from './pod-topology-spread.ts';

const over = (topologyKey: string, more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({ maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } }, ...more });
const web = (constraints: readonly TopologySpreadConstraint[] = [], more: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod => pod({ ...(constraints.length > 0 && { topologySpreadConstraints: [...constraints] }), ...more }, {}, { app: 'web', ...labels });
const inZone = (name: string, zone: string, more: Parameters<typeof node>[1] = {}): Node => node(name, { ...more, labels: { zone, ...more.labels } });
const [x1, x2, y1] = [inZone('x1', 'x'), inZone('x2', 'x'), inZone('y1', 'y')];
const skewed = "node(s) didn't match pod topology spread constraints";
const running = (counts: Readonly<Record<string, number>>, make: () => Pod = web): (readonly [Pod, string])[] => Object.entries(counts).flatMap(([name, count]) => Array.from({ length: count }, () => [make(), name] as const));

describe('hard constraints', () => {
  for (const [title, nodes, there, waiting, expected] of [
    ['even zones', [x1, x2, y1], running({ x1: 1, y1: 1, x2: 1 }), web([over('zone')]), 'y1'],
    ['a larger skew is allowed', [x1, y1], running({ x1: 2, y1: 1 }), web([over('zone', { maxSkew: 2 })], { nodeSelector: { 'kubernetes.io/hostname': 'x1' } }, {}), 'x1'],
    ['the node\'s own zone counts alone when the pod can go nowhere else', [x1, y1], running({ x1: 3 }), web([over('zone')], { nodeSelector: { zone: 'x' } }), 'x1'],
    ['unless the policy says otherwise', [x1, y1], running({ x1: 3 }), web([over('zone', { nodeAffinityPolicy: 'Ignore' })], { nodeSelector: { zone: 'x' } }), `0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 ${skewed}.`],
    ['tainted zones count', [x1, inZone('y1', 'y', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })], running({ x1: 1 }), web([over('zone')]), `0/2 nodes are available: 1 ${skewed}, 1 node(s) had untolerated taint(s).`],
    ['unless the policy says otherwise, again', [x1, inZone('y1', 'y', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })], running({ x1: 1 }), web([over('zone', { nodeTaintsPolicy: 'Honor' })]), 'x1'],
    ['too few domains make the least nothing', [x1, y1], running({ x1: 1, y1: 1 }), web([over('zone', { minDomains: 3 })]), `0/2 nodes are available: 2 ${skewed}.`],
    ['enough domains do not', [x1, y1], running({ x1: 1, y1: 1 }), web([over('zone', { minDomains: 2 })]), 'any'],
    ['of the same revision alone', [x1, y1], running({ x1: 2 }, () => web([], {}, { rev: '1' })), web([over('zone', { matchLabelKeys: ['rev'] })], {}, { rev: '2' }), 'any'],
    ['other namespaces do not count', [x1, y1], running({ x1: 2 }, () => { const one = web(); return { ...one, metadata: { ...one.metadata, namespace: 'other' } }; }), web([over('zone')]), 'any'],
    ['pods that are leaving do not count', [x1, y1], running({ x1: 2 }, () => { const one = web(); return { ...one, metadata: { ...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }; }), web([over('zone')]), 'any'],
    ['several constraints must all hold', [x1, x2, y1], running({ x1: 1, y1: 1 }), web([over('zone'), over('kubernetes.io/hostname')]), 'x2'],
    ['the label must be there', [node('n')], [], web([over('zone')]), `0/1 nodes are available: 1 ${skewed} (missing required label).`],
    ['a pod that its own constraint does not count', [x1, y1], running({ x1: 1 }), pod({ topologySpreadConstraints: [over('zone')] }, {}, { app: 'other' }), 'any'],
    ['a selector that selects nobody', [x1, y1], running({ x1: 5 }), pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] }, {}, { app: 'web' }), 'any'],
  ] as const) {
    it(title, () => {
      const got = new TestCluster({ nodes, running: there }).outcome(waiting);
      if (expected === 'any') assert.match(got, /^[xy]\d$/);
      else assert.equal(got, expected);
    });
  }
});

describe('soft constraints', () => {
  const soft = (topologyKey: string): TopologySpreadConstraint => over(topologyKey, { whenUnsatisfiable: 'ScheduleAnyway' });
  for (const [title, nodes, there, waiting, expected] of [
    ['prefer the emptier zone', [x1, x2, y1], running({ x1: 1 }), web([soft('zone')]), 'y1'],
    ['prefer the emptier node', [x1, x2], running({ x1: 1 }), web([soft('kubernetes.io/hostname')]), 'x2'],
    ['score nodes without the label worst', [node('n', { cpu: '64', memory: '64Gi' }), y1], running({ y1: 1 }), web([soft('zone')]), 'y1'],
  ] as const) it(title, () => assert.equal(new TestCluster({ nodes, running: there }).outcome(waiting), expected));

  const zones = (zone: string): { labels: Record<string, string> } => ({ labels: { 'topology.kubernetes.io/zone': zone } });
  const owned = (): Pod => {
    const one = web();
    return { ...one, metadata: { ...one.metadata, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs', controller: true }] } };
  };

  it('spread what belongs to one replica set, though it says nothing', () => {
    const cluster = new TestCluster({ nodes: [node('x1', zones('x')), node('y1', zones('y'))], running: running({ x1: 2 }, owned) });
    cluster.stores.replicaSets.set({ metadata: { namespace: 'default', name: 'rs' }, spec: { selector: { matchLabels: { app: 'web' } } } } as never);
    assert.equal(cluster.outcome(owned()), 'y1');
  });

  it('spread what belongs to one service, also without zones', () => {
    const cluster = new TestCluster({ nodes: [node('a'), node('b')], running: running({ a: 2 }) });
    cluster.stores.services.set({ metadata: { namespace: 'default', name: 's' }, spec: { selector: { app: 'web' } } } as never);
    assert.equal(cluster.outcome(web()), 'b');
  });

  it('may be hard by default', () => {
    const cluster = new TestCluster({ nodes: [x1, y1], running: running({ x1: 2, y1: 2 }), settings: { args: { PodTopologySpread: { defaultingType: 'List', defaultConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', minDomains: 3 }] } } } });
    assert.match(cluster.outcome(web()), /^[xy]1$/, 'it belongs with nobody');
    cluster.stores.services.set({ metadata: { namespace: 'default', name: 's' }, spec: { selector: { app: 'web' } } } as never);
    assert.equal(cluster.outcome(web()), `0/2 nodes are available: 2 ${skewed}.`);
  });
});

describe('what wakes pods that were refused', () => {
  const plugin = podTopologySpread();
  const waiting = podInfoOf(web([over('zone')]));
  const other = podInfoOf(pod({}, {}, { app: 'other' }));
  for (const [title, event, expected] of [
    ['a pod of its kind came', { label: 'AssignedPodAdd', object: podInfoOf(web()) }, true],
    ['another pod came', { label: 'AssignedPodAdd', object: other }, false],
    ['a pod of its kind went', { label: 'AssignedPodDelete', old: podInfoOf(web()) }, true],
    ['a pod became one of its kind', { label: 'AssignedPodUpdateLabel', old: other, object: podInfoOf(web()) }, true],
    ['a pod changed otherwise', { label: 'AssignedPodUpdateLabel', old: other, object: podInfoOf(pod({}, {}, { app: 'third' })) }, false],
    ['a node of a zone', { label: 'NodeAdd', object: x1 }, true],
    ['a node of none', { label: 'NodeAdd', object: node('n') }, false],
    ['a zone may be gone', { label: 'NodeDelete', old: x1 }, true],
    ['a node changed its zone', { label: 'NodeUpdateLabel', old: x1, object: inZone('x1', 'y') }, true],
    ['a node changed another label', { label: 'NodeUpdateLabel', old: x1, object: inZone('x1', 'x', { labels: { more: '1' } }) }, false],
  ] as const) it(title, () => assert.equal(mayHelp(plugin.wakes, waiting, event), expected));
});
