import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, PodSpec } from '../../api/types/core/v1.ts';
import { node, place, pod, TestCluster } from '../testing/cluster.ts';
import { enoughNodes } from './placement.ts';

const zone = (values: string[]) => ({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values }] }] } } });

describe('placing a pod', () => {
  const small = node('small', { cpu: '1' });
  const big = node('big', { cpu: '8', memory: '16Gi' });
  const tainted = node('tainted', { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } });
  const discouraged = node('discouraged', { cpu: '64', memory: '64Gi', spec: { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] } });
  const cordoned = node('cordoned', { spec: { unschedulable: true } });
  const hostPort = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };

  for (const [title, expected, actual] of [
    ['takes the node with most left', 'big', () => place(pod({}, { cpu: '500m', memory: '1Gi' }), [small, big])],
    ['counts what runs already', 'small', () => place(pod({}, { cpu: '500m' }), [small, big], [[pod({}, { cpu: '7800m' }), 'big']])],
    ['says what is missing, node by node', '0/2 nodes are available: 2 Insufficient cpu.', () => place(pod({}, { cpu: '9' }), [small, big])],
    ['says all that is missing on a node', '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.', () => place(pod({}, { cpu: '9', memory: '99Gi' }), [small])],
    ['knows resources by any name', '0/1 nodes are available: 1 Insufficient example.com/gpu.', () => place(pod({}, { 'example.com/gpu': '1' }), [big])],
    ['keeps off taints', '0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.', () => place(pod(), [tainted, cordoned])],
    ['goes where a taint is tolerated', 'tainted', () => place(pod({ tolerations: [{ key: 'gpu', operator: 'Exists' }] }), [tainted, cordoned])],
    ['prefers nodes without discouraging taints', 'small', () => place(pod(), [discouraged, small])],
    ['honours nodeSelector', 'b', () => place(pod({ nodeSelector: { disk: 'ssd' } }), [node('a'), node('b', { labels: { disk: 'ssd' } })])],
    ['honours required node affinity', "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", () => place(pod({ affinity: zone(['x']) }), [node('a', { labels: { zone: 'y' } })])],
    ['honours preferred node affinity', 'b', () => place(pod({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] } }] } } }), [node('a', { cpu: '8', memory: '16Gi' }), node('b', { labels: { zone: 'y' } })])],
    ['keeps host ports apart', '0/1 nodes are available: 1 node(s) didn\'t have free ports for the requested pod ports.', () => place(pod(hostPort), [big], [[pod(hostPort), 'big']])],
    ['has no nodes', 'no nodes', () => place(pod(), [])],
    ['prefers nodes that have the image', 'b', () => place(pod(), [node('a'), node('b', { images: [{ names: ['nginx:latest'], sizeBytes: 900e6 }] })])],
    ['counts start-up as its largest moment', '0/1 nodes are available: 1 Insufficient cpu.', () => place(pod({ initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }] }), [small])],
  ] as const) it(title, () => assert.equal(actual(), expected));

  it('is full at the number of pods that the node allows', () => {
    const one = { ...small, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '1' } } };
    assert.equal(place(pod(), [one], [[pod(), 'small']]), '0/1 nodes are available: 1 Too many pods.');
  });

  for (const [nodes, expected] of [[50, 50], [100, 100], [200, 100], [1000, 420], [5000, 500], [10_000, 500]] as const) {
    it(`looks for ${expected} of ${nodes} nodes`, () => assert.equal(enoughNodes(nodes), expected));
  }
});

describe('pods among pods', () => {
  const a = node('a', { labels: { zone: 'x' } });
  const b = node('b', { labels: { zone: 'x' } });
  const c = node('c', { labels: { zone: 'y' } });
  const bare = node('bare', { cpu: '64', memory: '64Gi' });
  const labelled = (app: string, spec: Partial<PodSpec> = {}): Pod => {
    return pod(spec, {}, { app });
  };
  const term = (app: string, topologyKey: string) => ({ labelSelector: { matchLabels: { app } }, topologyKey });
  const near = (app: string, key: string): Partial<PodSpec> => ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } } });
  const awayFrom = (app: string, key: string): Partial<PodSpec> => ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } } });
  const spread = (app: string, topologyKey: string, whenUnsatisfiable = 'DoNotSchedule'): Partial<PodSpec> => ({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey, whenUnsatisfiable, labelSelector: { matchLabels: { app } } }] });

  for (const [title, expected, actual] of [
    ['goes to the zone of the pods that it wants to be near', 'c', () => place(labelled('web', near('db', 'zone')), [a, c, bare], [[labelled('db'), 'c']])],
    ['waits for them when there are none', "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.", () => place(labelled('web', near('db', 'zone')), [a])],
    ['is the first of its own group anywhere', 'a', () => place(labelled('web', near('web', 'zone')), [a])],
    ['keeps away from its like', 'c', () => place(labelled('web', awayFrom('web', 'zone')), [a, b, c], [[labelled('web'), 'a']])],
    ['has nowhere left', "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.", () => place(labelled('web', awayFrom('web', 'zone')), [a, b], [[labelled('web'), 'a']])],
    ['respects what running pods keep away from', "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.", () => place(labelled('web'), [a], [[labelled('db', awayFrom('web', 'zone')), 'a']])],
    ['prefers to be near', 'c', () => place(labelled('web', { affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term('db', 'zone') }] } } }), [a, c], [[labelled('db'), 'c']])],
    ['spreads over zones', 'c', () => place(labelled('web', spread('web', 'zone')), [a, b, c], [[labelled('web'), 'a']])],
    ['may not make the skew larger', "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable.", () => place(labelled('web', spread('web', 'zone')), [a, { ...c, spec: { unschedulable: true } }], [[labelled('web'), 'a']])],
    ['needs the label that it spreads over', "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).", () => place(labelled('web', spread('web', 'zone')), [bare])],
    ['prefers to spread', 'c', () => place(labelled('web', spread('web', 'zone', 'ScheduleAnyway')), [a, c], [[labelled('web'), 'a']])],
  ] as const) it(title, () => assert.equal(actual(), expected));
});

describe('a pod that is tried again', () => {
  it('is scored by what runs now, not by what ran at the first try', () => {
    const cluster = new TestCluster({ nodes: [node('a', { labels: { zone: 'x' } }), node('b', { labels: { zone: 'y' } })] });
    const waiting = pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'web' } } }] }, {}, { app: 'web' });
    const first = pod({}, {}, { app: 'web' });
    cluster.run(first, 'a');
    assert.equal(cluster.outcome(waiting), 'b');
    cluster.cache.forget(first.metadata.uid!);
    cluster.run(pod({}, {}, { app: 'web' }), 'b');
    assert.equal(cluster.outcome(waiting), 'a');
  });
});
