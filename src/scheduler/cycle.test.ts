import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, NodeSpec, Pod, PodSpec } from '../api/types/core/v1.ts';
import { SeededRandom } from '../base/random.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { ClusterCache } from './cache/cluster-cache.ts';
import { podInfoOf } from './cache/pod-info.ts';
import { enoughNodes, SchedulingCycle } from './cycle.ts';
import { defaultPlugins } from './plugins/registry.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';

function node(name: string, options: { cpu?: string; memory?: string; labels?: Record<string, string>; spec?: NodeSpec; images?: { names: string[]; sizeBytes: number }[] } = {}): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...options.labels } },
    spec: options.spec ?? {},
    status: { allocatable: { cpu: options.cpu ?? '4', memory: options.memory ?? '8Gi', pods: '110' }, ...(options.images && { images: options.images }) },
  };
}

let pods = 0;
function pod(spec: Partial<PodSpec> = {}, requests: Record<string, string> = {}): Pod {
  const uid = `uid-${pods++}`;
  return { metadata: { name: uid, namespace: 'default', uid }, spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests } }], ...spec } };
}

/** Where a pod goes among these nodes, or why nowhere. */
function place(one: Pod, nodes: readonly Node[], running: readonly (readonly [Pod, string])[] = []): string {
  const cache = new ClusterCache();
  for (const each of nodes) cache.setNode(each);
  for (const [there, name] of running) cache.confirm(podInfoOf(there), name);
  const placement = new SchedulingCycle({ plugins: defaultPlugins, random: new SeededRandom(1) }).place(podInfoOf(one), cache);
  return placement.kind === 'placed' ? placement.node.name : placement.message;
}

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
    ['has no nodes', 'no nodes available to schedule pods', () => place(pod(), [])],
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
    const one = pod(spec);
    return { ...one, metadata: { ...one.metadata, labels: { app } } };
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
    const cache = new ClusterCache();
    for (const each of [node('a', { labels: { zone: 'x' } }), node('b', { labels: { zone: 'y' } })]) cache.setNode(each);
    const running = (): Pod => ({ ...pod(), metadata: { name: `r${pods}`, namespace: 'default', uid: `r${pods++}`, labels: { app: 'web' } } });
    const waiting = podInfoOf({ ...pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app: 'web' } } }] }), metadata: { name: 'w', namespace: 'default', uid: 'w', labels: { app: 'web' } } });
    const cycle = new SchedulingCycle({ plugins: defaultPlugins, random: new SeededRandom(1) });
    const where = (): string => {
      const placement = cycle.place(waiting, cache);
      return placement.kind === 'placed' ? placement.node.name : placement.message;
    };
    const first = podInfoOf(running());
    cache.confirm(first, 'a');
    assert.equal(where(), 'b');
    cache.forget(first.uid);
    cache.confirm(podInfoOf(running()), 'b');
    assert.equal(where(), 'a');
  });
});

describe('the queue', () => {
  const make = () => {
    const clock = new VirtualClock();
    return { clock, queue: new SchedulingQueue({ clock, plugins: defaultPlugins }) };
  };

  it('hands out the highest priority first, then who came first', () => {
    const { queue } = make();
    const [a, b, c] = [pod(), pod({ priority: 5 }), pod()];
    for (const one of [a, b, c]) queue.add(podInfoOf(one));
    assert.deepEqual([queue.take(), queue.take(), queue.take()].map((one) => one?.info.pod), [b, a, c]);
  });

  it('wakes a refused pod only for an event that helps, and not before its back-off', async () => {
    const { clock, queue } = make();
    queue.add(podInfoOf(pod({}, { cpu: '9' })));
    queue.park(queue.take()!, defaultPlugins.filter((plugin) => plugin.name === 'NodeResourcesFit'));
    queue.notice({ type: 'node-added', node: node('too-small') });
    assert.equal(queue.sizes.parked, 1);
    queue.notice({ type: 'node-added', node: node('large', { cpu: '16' }) });
    assert.deepEqual(queue.sizes, { active: 0, backoff: 1, parked: 0, gated: 0 });
    await clock.advance(1000);
    assert.equal(queue.sizes.active, 1);
  });

  it('tries a refused pod again after five minutes whatever happens', async () => {
    const { clock, queue } = make();
    queue.add(podInfoOf(pod()));
    queue.park(queue.take()!, [defaultPlugins[0]!]);
    await clock.advance(299_000);
    assert.equal(queue.sizes.active, 0);
    await clock.advance(2000);
    assert.equal(queue.sizes.active, 1);
  });

  it('keeps a gated pod out until its gates are gone', () => {
    const { queue } = make();
    const gated = pod({ schedulingGates: [{ name: 'wait' }] });
    queue.add(podInfoOf(gated));
    assert.equal(queue.sizes.gated, 1);
    const { schedulingGates: _, ...open } = gated.spec!;
    queue.update(podInfoOf({ ...gated, spec: open }), true);
    assert.equal(queue.sizes.active, 1);
  });
});
