import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { events, nodes, poddisruptionbudgets, pods, priorityclasses, replicasets } from '../../src/api/resources.ts';
import type { Pod, PodSpec } from '../../src/api/types/core/v1.ts';
import { container, found, isReady, podOf, World } from './world.ts';

const resource = 'scheduling.k8s.io/foo';

/** A resource that the kubelet leaves alone, as e2e's AddExtendedResource. */
async function extend(world: World, node: string, name: string, amount: string): Promise<void> {
  await world.client.patch(nodes, { name: node }, { type: 'strategic', value: { status: { capacity: { [name]: amount }, allocatable: { [name]: amount } } } }, { subresource: 'status' });
}

async function priorities(world: World, values: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await world.client.create(priorityclasses, { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
}

const levels = { low: 1, medium: 100, high: 1000 };
const onNode = (name: string): Partial<PodSpec> => ({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] } } } });

function pauses(name: string, priorityClassName: string, amount: string, more: { readonly resource?: string; readonly namespace?: string; readonly spec?: Partial<PodSpec>; readonly labels?: Record<string, string> } = {}): Pod {
  const amounts = { [more.resource ?? resource]: amount };
  return podOf(more.namespace ?? 'default', name, { ...(more.labels !== undefined && { labels: more.labels }), spec: { priorityClassName, containers: [container({ resources: { requests: amounts, limits: amounts } })], ...more.spec } });
}

const isGone = async (world: World, { metadata: { namespace = '', name = '' } }: Pod): Promise<boolean> => {
  const now = await found(world.client.get(pods, { namespace, name }));
  return now === undefined || now.metadata.deletionTimestamp !== undefined;
};

/** Fills both nodes with two pods each of 2/5 of a resource; the first of all is of low priority. */
async function filled(world: World): Promise<Pod[]> {
  await priorities(world, levels);
  const made: Pod[] = [];
  for (const node of ['node-1', 'node-2']) {
    await extend(world, node, resource, '5');
    for (const j of [0, 1]) made.push(await world.runningPod(pauses(`${node}-${j}`, made.length === 0 ? 'low' : 'medium', '2', { spec: onNode(node) })));
  }
  return made;
}

for (const [title, preemptor] of [
  ['validates basic preemption works', pauses('preemptor-pod', 'high', '2')],
  ['validates lower priority pod preemption by critical pod', pauses('critical-pod', 'system-cluster-critical', '2', { namespace: 'kube-system' })],
] as const) {
  test(`[sig-scheduling] SchedulerPreemption [Serial] ${title} [Conformance]`, async () => {
    await using world = await World.start();
    const [victim, ...others] = await filled(world);
    const placed = await world.runningPod(preemptor);
    assert.equal(placed.spec?.nodeName, 'node-1');
    assert.ok(await isGone(world, victim!));
    for (const other of others) assert.ok(!await isGone(world, other), other.metadata.name);
    const event = (await world.client.list(events, { namespace: 'default' })).items.find(({ reason }) => reason === 'Preempted');
    assert.equal(event?.message, `Preempted by pod ${placed.metadata.uid} on node node-1`);
    assert.equal(event.involvedObject.name, nameOf(victim!));
    assert.equal(event.related?.name, nameOf(placed));
  });
}

test('[sig-scheduling] SchedulerPreemption [Serial] validates pod disruption condition is added to the preempted pod [Conformance]', async () => {
  await using world = await World.start();
  await priorities(world, levels);
  await extend(world, 'node-1', resource, '1');
  const victim = pauses('victim-pod', 'low', '1', { spec: onNode('node-1') });
  await world.runningPod({ ...victim, metadata: { ...victim.metadata, finalizers: ['example.com/test-finalizer'] } });
  const watched = await world.watch(pods, { namespace: 'default' });
  await world.client.create(pods, pauses('preemptor-pod', 'high', '1', { spec: onNode('node-1') }));
  const leaving = await world.untilPod('default', 'victim-pod', ({ metadata }) => metadata.deletionTimestamp !== undefined);
  const condition = leaving.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.partialDeepStrictEqual(condition, { status: 'True', reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod' });
  const placed = await world.untilPod('default', 'preemptor-pod', isReady);
  assert.equal(placed.status?.nominatedNodeName, undefined);
  assert.ok(watched.events.some(({ object }) => object.metadata.name === 'preemptor-pod' && object.status?.nominatedNodeName === 'node-1' && object.spec?.nodeName === undefined));
  watched.stop();
});

test('[sig-scheduling] SchedulerPreemption [Serial] PreemptionExecutionPath runs ReplicaSets to verify preemption running path [Conformance]', async () => {
  await using world = await World.start();
  await priorities(world, { p1: 1, p2: 2, p3: 3, p4: 4 });
  await extend(world, 'node-1', 'example.com/fakecpu', '1000');
  const spec = (priorityClassName: string, amount: string): PodSpec => ({ ...pauses('', priorityClassName, amount, { resource: 'example.com/fakecpu' }).spec!, nodeSelector: { 'kubernetes.io/hostname': 'node-1' } });
  const watched = await world.watch(pods, { namespace: 'default' });
  const seen = (prefix: string): number => new Set(watched.events.filter(({ type, object }) => type === 'ADDED' && nameOf(object).startsWith(prefix)).map(({ object }) => nameOf(object))).size;
  for (const [number, amount] of [[1, '200'], [2, '300'], [3, '450']] as const) {
    const labels = { name: `pod${number}` };
    await world.client.create(replicasets, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: 'default', name: `rs-pod${number}` }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: spec(`p${number}`, amount) } } });
    await world.until(`rs-pod${number}`, async () => (await world.client.get(replicasets, { namespace: 'default', name: `rs-pod${number}` })).status?.readyReplicas === 1);
  }
  await world.client.create(pods, podOf('default', 'pod4', { labels: { name: 'pod4' }, spec: spec('p4', '500') }));
  await world.untilPod('default', 'pod4', isReady);
  // The two least important were preempted once each, and replaced; nothing more.
  await world.until('the replacements', () => seen('rs-pod1') === 2 && seen('rs-pod2') === 2);
  await world.clock.advance(30_000);
  assert.deepEqual([seen('rs-pod1'), seen('rs-pod2'), seen('rs-pod3')], [2, 2, 1]);
  watched.stop();
});

const why = (pod: Pod): string => pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? '';

test('a pod that may not preempt says so, and waits', async () => {
  await using world = await World.start();
  const running = await filled(world);
  await world.client.create(priorityclasses, { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'patient' }, value: 1000, preemptionPolicy: 'Never' });
  await world.client.create(pods, pauses('patient', 'patient', '2'));
  const waiting = await world.untilPod('default', 'patient', (pod) => why(pod) !== '');
  assert.equal(why(waiting), `0/2 nodes are available: 2 Insufficient ${resource}. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.`);
  await world.clock.advance(60_000);
  for (const pod of running) assert.ok(!await isGone(world, pod));
});

test('a pod that finds nobody to evict says why', async () => {
  await using world = await World.start();
  await filled(world);
  await world.client.create(pods, pauses('lowly', 'low', '2'));
  assert.equal(why(await world.untilPod('default', 'lowly', (pod) => why(pod) !== '')), `0/2 nodes are available: 2 Insufficient ${resource}. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.`);
  await world.client.create(pods, pauses('large', 'high', '9'));
  assert.equal(why(await world.untilPod('default', 'large', (pod) => why(pod) !== '')), `0/2 nodes are available: 2 Insufficient ${resource}. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`);
});

test('a node whose victims violate no disruption budget is preferred', async () => {
  await using world = await World.start();
  await priorities(world, levels);
  for (const [node, app] of [['node-1', 'guarded'], ['node-2', 'free']] as const) {
    await extend(world, node, resource, '1');
    await world.runningPod(pauses(app, 'low', '1', { labels: { app }, spec: onNode(node) }));
  }
  await world.client.create(poddisruptionbudgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace: 'default', name: 'guard' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } } });
  const placed = await world.runningPod(pauses('preemptor', 'high', '1'));
  assert.equal(placed.spec?.nodeName, 'node-2');
});

test('a nominated pod\'s room is not given to a less important one', async () => {
  await using world = await World.start({ nodes: 1 });
  await priorities(world, levels);
  await extend(world, 'node-1', resource, '2');
  // Takes its time to go.
  await world.runningPod(podOf('default', 'victim', { annotations: { 'coxswain.io/ignore-sigterm': 'true' }, spec: { ...pauses('', 'low', '2').spec, terminationGracePeriodSeconds: 30 } }));
  await world.client.create(pods, pauses('important', 'high', '2'));
  await world.untilPod('default', 'important', ({ status }) => status?.nominatedNodeName === 'node-1');
  await world.client.create(pods, pauses('sneaky', 'medium', '1'));
  await world.untilPod('default', 'important', isReady);
  assert.equal((await world.client.get(pods, { namespace: 'default', name: 'sneaky' })).spec?.nodeName, undefined);
});

const spreadOver = (key: string, label: string): Partial<PodSpec> => ({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: key, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchExpressions: [{ key: label, operator: 'Exists' }] } }] });

test('[sig-scheduling] SchedulerPreemption [Serial] PodTopologySpread Preemption validates proper pods are preempted', async () => {
  await using world = await World.start();
  await priorities(world, levels);
  const labels = { 'e2e-pts-preemption': '' };
  for (const name of ['node-1', 'node-2']) {
    await world.client.patch(nodes, { name }, { type: 'merge', value: { metadata: { labels: { 'kubernetes.io/e2e-pts-preemption': name } } } });
    await extend(world, name, resource, '10');
  }
  await world.runningPod(pauses('high', 'high', '9', { labels }));
  for (const number of [1, 2, 3]) await world.runningPod(pauses(`low-${number}`, 'low', '3', { labels }));
  // There is room for it when one goes, but the pods are spread evenly only when two do.
  await world.runningPod(pauses('medium', 'medium', '3', { labels, spec: spreadOver('kubernetes.io/e2e-pts-preemption', 'e2e-pts-preemption') }));
  await world.clock.advance(10_000);
  assert.deepEqual((await world.podsOf('default')).map(({ metadata }) => metadata.name?.split('-')[0]).toSorted(), ['high', 'low', 'medium']);
});

test('[sig-scheduling] SchedulerPredicates [Serial] PodTopologySpread Filtering validates 4 pods with MaxSkew=1 are evenly distributed into 2 nodes', async () => {
  await using world = await World.start();
  for (const name of ['node-1', 'node-2']) await world.client.patch(nodes, { name }, { type: 'merge', value: { metadata: { labels: { 'kubernetes.io/e2e-pts-filter': name } } } });
  const labels = { app: 'e2e-pts-filter' };
  await world.client.create(replicasets, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: 'default', name: 'rs' }, spec: { replicas: 4, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { ...podOf('default', '').spec!, ...spreadOver('kubernetes.io/e2e-pts-filter', 'app') } } } });
  await world.until('all to be ready', async () => (await world.client.get(replicasets, { namespace: 'default', name: 'rs' })).status?.readyReplicas === 4);
  const on = (await world.podsOf('default')).map(({ spec }) => spec?.nodeName).toSorted();
  assert.deepEqual(on, ['node-1', 'node-1', 'node-2', 'node-2']);
});
