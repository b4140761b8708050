import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { pods, services, statefulsets } from '../../src/api/resources.ts';
import type { StatefulSet, StatefulSetSpec } from '../../src/api/types/apps/v1.ts';
import type { Scale } from '../../src/api/types/autoscaling/v1.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import { container, isReady, podOf, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });
const prefix = '[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic]';
const agnhost = 'registry.k8s.io/e2e-test-images/agnhost:2.59';
const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4';
const labels = { foo: 'bar', baz: 'blah' };
const selector = 'baz=blah,foo=bar';
const revisionLabel = 'controller-revision-hash';
const readiness = 'coxswain.io/probe-readiness';

function setOf(name: string, replicas: number, more: Partial<StatefulSetSpec> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace: ns, name },
    spec: {
      replicas, serviceName: 'test', selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container({ name: 'webserver', image: httpd, readinessProbe: { periodSeconds: 1, failureThreshold: 1, httpGet: { path: '/index.html', port: 80 } } })] } },
      ...more,
    },
  };
}

async function start(): Promise<World> {
  const world = await World.start();
  await world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: ns, name: 'test', labels }, spec: { clusterIP: 'None', selector: labels, ports: [{ port: 80, name: 'http' }] } });
  return world;
}

const byOrdinal = async (world: World): Promise<readonly Pod[]> => (await world.podsOf(ns, { labelSelector: selector })).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
const images = async (world: World): Promise<(string | undefined)[]> => (await byOrdinal(world)).map(({ spec }) => spec?.containers[0]?.image);
const revisions = async (world: World): Promise<(string | undefined)[]> => (await byOrdinal(world)).map(({ metadata }) => metadata.labels?.[revisionLabel]);
const get = (world: World, name: string): Promise<StatefulSet> => world.client.get(statefulsets, ref(name));

const untilSet = (world: World, name: string, what: string, holds: (set: StatefulSet) => boolean): Promise<StatefulSet> =>
  world.until(what, async () => {
    const now = await get(world, name);
    return (now.status?.observedGeneration ?? 0) >= (now.metadata.generation ?? 0) && holds(now) && now;
  });
const untilReady = (world: World, name: string, count: number): Promise<void> =>
  world.until(`${count} ready pods`, async () => {
    const all = await byOrdinal(world);
    return all.length === count && all.every((pod) => pod.status?.phase === 'Running' && isReady(pod) && pod.metadata.deletionTimestamp === undefined);
  }).then(async () => { await untilSet(world, name, 'its status', ({ status }) => (status?.readyReplicas ?? 0) === count); });
const setImage = (world: World, name: string, image: string): Promise<StatefulSet> =>
  world.retry(statefulsets, ref(name), (set) => {
    set.spec!.template.spec!.containers[0]!.image = image;
    return set;
  });
const setReplicas = (world: World, name: string, replicas: number): Promise<StatefulSet> => world.retry(statefulsets, ref(name), (set) => ({ ...set, spec: { ...set.spec!, replicas } }));
const setPartition = (world: World, name: string, partition: number): Promise<StatefulSet> =>
  world.retry(statefulsets, ref(name), (set) => ({ ...set, spec: { ...set.spec!, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } } }));

/** Makes pods answer their readiness probes, or not. */
async function probes(world: World, answer: 'pass' | 'fail', names?: readonly string[]): Promise<void> {
  for (const name of names ?? (await byOrdinal(world)).map(nameOf)) {
    await world.client.patch(pods, ref(name), { type: 'merge', value: { metadata: { annotations: { [readiness]: answer } } } });
    await world.untilPod(ns, name, (pod) => isReady(pod) === (answer === 'pass'));
  }
}

test(`${prefix} should perform rolling updates and roll backs of template modifications [Conformance]`, async () => {
  await using world = await start();
  await world.client.create(statefulsets, setOf('ss2', 3));
  await untilReady(world, 'ss2', 3);
  const first = (await get(world, 'ss2')).status!;
  assert.equal(first.currentRevision, first.updateRevision);
  assert.deepEqual(await revisions(world), Array(3).fill(first.currentRevision));

  for (const [image, back] of [[agnhost, false], [httpd, true]] as const) {
    await probes(world, 'fail', ['ss2-1']);
    const watched = await world.watch(pods, { namespace: ns }, { labelSelector: selector });
    const before = (await get(world, 'ss2')).status!.currentRevision;
    await setImage(world, 'ss2', image);
    const { status } = await untilSet(world, 'ss2', 'a new revision', (set) => set.status?.updateRevision !== set.status?.currentRevision);
    assert.equal(status!.currentRevision, before);
    if (back) assert.equal(status!.updateRevision, first.currentRevision, 'a rollback is no new revision');
    // The unready pod in the middle holds the update up after the last one.
    await probes(world, 'pass', ['ss2-1']);
    const done = await untilSet(world, 'ss2', 'the update', (set) => set.status?.updateRevision === set.status?.currentRevision);
    await untilReady(world, 'ss2', 3);
    assert.deepEqual(await images(world), Array(3).fill(image));
    assert.deepEqual(await revisions(world), Array(3).fill(done.status!.currentRevision));
    assert.deepEqual(watched.events.filter(({ type }) => type === 'DELETED').map(({ object }) => nameOf(object)), ['ss2-2', 'ss2-1', 'ss2-0']);
    watched.stop();
  }
});

test(`${prefix} should perform canary updates and phased rolling updates of template modifications [Conformance]`, async () => {
  await using world = await start();
  await world.client.create(statefulsets, setOf('ss2', 3, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } }));
  await untilReady(world, 'ss2', 3);
  const old = (await get(world, 'ss2')).status!.currentRevision;
  await setImage(world, 'ss2', agnhost);
  const { status } = await untilSet(world, 'ss2', 'a new revision', (set) => set.status?.updateRevision !== set.status?.currentRevision);
  const next = status!.updateRevision;
  assert.equal(status!.currentRevision, old);
  await world.clock.advance(10_000);
  assert.deepEqual(await images(world), [httpd, httpd, httpd]);
  assert.deepEqual(await revisions(world), [old, old, old]);

  await setPartition(world, 'ss2', 2);
  await world.until('the canary', async () => (await images(world))[2] === agnhost);
  await untilReady(world, 'ss2', 3);
  assert.deepEqual(await revisions(world), [old, old, next]);
  assert.equal((await get(world, 'ss2')).status?.updatedReplicas, 1);
  await world.client.delete(pods, ref('ss2-0'));
  await world.client.delete(pods, ref('ss2-2'));
  await world.clock.advance(3000);
  await untilReady(world, 'ss2', 3);
  assert.deepEqual(await images(world), [httpd, httpd, agnhost]);
  assert.deepEqual(await revisions(world), [old, old, next]);

  for (const partition of [1, 0]) {
    await setPartition(world, 'ss2', partition);
    await untilSet(world, 'ss2', 'its part', (set) => set.status?.updatedReplicas === 3 - partition && set.status.readyReplicas === 3);
    assert.deepEqual(await revisions(world), [0, 1, 2].map((ordinal) => (ordinal < partition ? old : next)));
  }
  const done = await untilSet(world, 'ss2', 'the end', (set) => set.status?.currentRevision === set.status?.updateRevision);
  assert.equal(done.status?.currentRevision, next);
  assert.equal(done.status?.updatedReplicas, 3);
});

test(`${prefix} Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow] [Conformance]`, async () => {
  await using world = await start();
  const watched = await world.watch(pods, { namespace: ns }, { labelSelector: selector });
  const names = (wanted: string) => watched.events.filter(({ type }) => type === wanted).map(({ object }) => nameOf(object));
  await world.client.create(statefulsets, setOf('ss', 1));
  await untilReady(world, 'ss', 1);
  await probes(world, 'fail');
  await untilSet(world, 'ss', 'none ready', ({ status }) => (status?.readyReplicas ?? 0) === 0);
  await setReplicas(world, 'ss', 3);
  await world.clock.advance(10_000);
  assert.equal((await byOrdinal(world)).length, 1);
  await probes(world, 'pass');
  await untilReady(world, 'ss', 3);
  assert.deepEqual(names('ADDED'), ['ss-0', 'ss-1', 'ss-2']);

  await probes(world, 'fail');
  await untilSet(world, 'ss', 'none ready', ({ status }) => (status?.readyReplicas ?? 0) === 0);
  await setReplicas(world, 'ss', 0);
  await world.clock.advance(10_000);
  assert.equal((await byOrdinal(world)).length, 3);
  await probes(world, 'pass', ['ss-0', 'ss-1', 'ss-2']).catch(() => {});
  await world.until('none', async () => (await byOrdinal(world)).length === 0);
  assert.deepEqual(names('DELETED'), ['ss-2', 'ss-1', 'ss-0']);
});

test(`${prefix} Burst scaling should run to completion even with unhealthy pods [Slow] [Conformance]`, async () => {
  await using world = await start();
  await world.client.create(statefulsets, setOf('ss', 1, { podManagementPolicy: 'Parallel' }));
  await untilReady(world, 'ss', 1);
  await probes(world, 'fail');
  await untilSet(world, 'ss', 'none ready', ({ status }) => (status?.readyReplicas ?? 0) === 0);
  await setReplicas(world, 'ss', 3);
  await world.until('3 pods', async () => (await byOrdinal(world)).length === 3);
  await probes(world, 'pass');
  await untilReady(world, 'ss', 3);
  await probes(world, 'fail');
  await untilSet(world, 'ss', 'none ready', ({ status }) => (status?.readyReplicas ?? 0) === 0);
  await setReplicas(world, 'ss', 0);
  await world.until('none', async () => (await byOrdinal(world)).length === 0);
  await untilSet(world, 'ss', 'no replicas', ({ status }) => status?.replicas === 0);
});

test(`${prefix} Should recreate evicted statefulset [Conformance]`, async () => {
  await using world = await start();
  const ports = [{ hostPort: 21017, containerPort: 21017, name: 'conflict' }];
  await world.runningPod(podOf(ns, 'test-pod', { spec: { nodeName: 'node-1', containers: [container({ ports })] } }));
  const watched = await world.watch(pods, { namespace: ns }, { fieldSelector: 'metadata.name=ss-0' });
  const set = setOf('ss', 1);
  set.spec!.template.spec = { ...set.spec!.template.spec!, nodeName: 'node-1', containers: [container({ name: 'webserver', ports })] };
  await world.client.create(statefulsets, set);
  const gone = await world.until('a deletion', () => watched.events.find(({ type }) => type === 'DELETED'));
  assert.equal(gone.object.status?.phase, 'Failed');
  await world.client.delete(pods, ref('test-pod'), { gracePeriodSeconds: 0 });
  await world.until('its successor', async () => {
    const all = await byOrdinal(world);
    return all[0]?.status?.phase === 'Running' && all[0].metadata.uid !== gone.object.metadata.uid;
  }, 600_000);
});

test(`${prefix} should have a working scale subresource [Conformance]`, async () => {
  await using world = await start();
  const { client } = world;
  await client.create(statefulsets, setOf('ss', 1));
  await untilReady(world, 'ss', 1);
  const scale = await client.getSubresource<Scale>(statefulsets, ref('ss'), 'scale');
  assert.deepEqual([scale.spec?.replicas, scale.status?.replicas], [1, 1]);
  const { resourceVersion: _, ...unconditional } = scale.metadata;
  const result = (await client.update(statefulsets as never, { ...scale, metadata: unconditional, spec: { replicas: 2 } } as never, { subresource: 'scale' })) as unknown as Scale;
  assert.equal(result.spec?.replicas, 2);
  assert.equal((await get(world, 'ss')).spec?.replicas, 2);
  await client.patch(statefulsets, ref('ss'), { type: 'strategic', value: { metadata: {}, spec: { replicas: 4 }, status: { replicas: 0 } } }, { subresource: 'scale' });
  assert.equal((await get(world, 'ss')).spec?.replicas, 4);
  await untilReady(world, 'ss', 4);
});

test(`${prefix} should list, patch and delete a collection of StatefulSets [Conformance]`, async () => {
  await using world = await start();
  const { client } = world;
  await client.create(statefulsets, setOf('test-ss', 1));
  await untilReady(world, 'test-ss', 1);
  const pause = 'registry.k8s.io/pause:3.10';
  await client.patch(statefulsets, ref('test-ss'), { type: 'strategic', value: { metadata: { labels: { 'test-ss': 'patched' } }, spec: { replicas: 2, template: { spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'test-ss', image: pause }] } } } } });
  const patched = await get(world, 'test-ss');
  assert.deepEqual([patched.spec?.replicas, patched.spec?.template.spec?.containers[0]?.image], [2, pause]);
  await untilReady(world, 'test-ss', 2);
  assert.equal((await client.list(statefulsets, {}, { labelSelector: 'test-ss=patched' })).items.length, 1);
  await client.deleteCollection(statefulsets, { namespace: ns }, { gracePeriodSeconds: 1, labelSelector: 'test-ss=patched' });
  assert.equal((await client.list(statefulsets, {}, { labelSelector: 'test-ss=patched' })).items.length, 0);
});

test(`${prefix} should validate Statefulset Status endpoints [Conformance]`, async () => {
  await using world = await start();
  const { client } = world;
  const watched = await world.watch(statefulsets, { namespace: ns }, { labelSelector: 'e2e=testing' });
  await client.create(statefulsets, setOf('ss', 1));
  await untilReady(world, 'ss', 1);
  await client.patch(statefulsets, ref('ss'), { type: 'strategic', value: { metadata: { labels: { e2e: 'testing' } } } });
  assert.equal((await client.getSubresource<StatefulSet>(statefulsets, ref('ss'), 'status')).metadata.name, 'ss');
  await world.retry(statefulsets, ref('ss'), (set) => ({ ...set, status: { ...set.status!, conditions: [...(set.status?.conditions ?? []), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } }), 'status');
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusUpdate')?.message === 'Set from e2e test'));
  const patched = await client.patch(statefulsets, ref('ss'), { type: 'merge', value: { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } } }, { subresource: 'status' });
  assert.deepEqual(patched.status?.conditions?.map(({ type }) => type), ['StatusPatched']);
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusPatched') !== undefined));
});
