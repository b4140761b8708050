import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { deployments, pods, replicasets, replicationcontrollers } from '../../src/api/resources.ts';
import type { Deployment, ReplicaSet } from '../../src/api/types/apps/v1.ts';
import type { Scale } from '../../src/api/types/autoscaling/v1.ts';
import type { PodSpec, ReplicationController } from '../../src/api/types/core/v1.ts';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { container, podOf, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });
const agnhost = 'registry.k8s.io/e2e-test-images/agnhost:2.59';
const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4';
const pause = 'registry.k8s.io/pause:3.10';
const podSpec = (name: string, image: string): PodSpec => ({ terminationGracePeriodSeconds: 1, containers: [container({ name, image })] });

function deploymentOf(name: string, replicas: number, labels: Record<string, string>, image: string, more: Partial<NonNullable<Deployment['spec']>> = {}): Deployment {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: ns, name, labels }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(name, image) }, ...more } };
}

function replicaSetOf(name: string, replicas: number, labels: Record<string, string>, image = httpd): ReplicaSet {
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: ns, name, labels }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(name, image) } } };
}

function rcOf(name: string, replicas: number, labels: Record<string, string>): ReplicationController {
  return { apiVersion: 'v1', kind: 'ReplicationController', metadata: { namespace: ns, name, labels }, spec: { replicas, selector: labels, template: { metadata: { labels }, spec: podSpec(name, httpd) } } };
}

const untilDeployment = (world: World, name: string, holds: (deployment: Deployment) => boolean): Promise<Deployment> =>
  world.until(`deployment ${name}`, async () => {
    const now = await world.client.get(deployments, ref(name));
    return holds(now) ? now : undefined;
  });

const isComplete = ({ spec, status, metadata }: Deployment): boolean =>
  status?.updatedReplicas === spec?.replicas && status?.replicas === spec?.replicas && status?.availableReplicas === spec?.replicas && (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
const atRevision = (revision: string) => (deployment: Deployment): boolean => deployment.metadata.annotations?.['deployment.kubernetes.io/revision'] === revision && isComplete(deployment);

// Deployments

test('[sig-apps] Deployment should run the lifecycle of a Deployment [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const name = 'test-deployment';
  const selector = 'test-deployment-static=true';
  const watched = await world.watch(deployments, { namespace: ns }, { labelSelector: selector });
  const sees = (what: string, holds: (deployment: Deployment, type: string) => boolean) => world.until(what, () => watched.events.some(({ type, object }) => holds(object, type)));
  const original = deploymentOf(name, 2, { 'test-deployment-static': 'true' }, agnhost);
  await client.create(deployments, original);
  await sees('ADDED', (_, type) => type === 'ADDED');
  await sees('2 ready', ({ status }) => status?.readyReplicas === 2);
  await client.patch(deployments, ref(name), { type: 'strategic', value: { metadata: { labels: { 'test-deployment': 'patched' } }, spec: { replicas: 1, template: { spec: { terminationGracePeriodSeconds: 2, containers: [{ name, image: pause }] } } } } });
  await sees('1 ready of the new', ({ spec, status }) => status?.readyReplicas === 1 && status.updatedReplicas === 1 && (status.unavailableReplicas ?? 0) === 0 && spec?.template.spec?.containers[0]?.image === pause && spec.template.spec.terminationGracePeriodSeconds === 2);
  assert.deepEqual((await client.list(deployments, {}, { labelSelector: selector })).items.map(nameOf), [name]);

  // A replacement without a resource version, from what was first sent.
  const replaced = deploymentOf(name, 2, { 'test-deployment-static': 'true' }, httpd);
  await client.update(deployments, { ...replaced, metadata: { ...replaced.metadata, labels: { 'test-deployment-static': 'true', 'test-deployment': 'updated' } } });
  const read = await client.getSubresource<Deployment>(deployments, ref(name), 'status');
  assert.equal(read.spec?.template.spec?.containers[0]?.image, httpd);
  assert.equal(read.metadata.labels?.['test-deployment'], 'updated');
  await sees('2 ready of the newest', ({ spec, status }) => status?.readyReplicas === 2 && status.updatedReplicas === 2 && (status.unavailableReplicas ?? 0) === 0 && spec?.template.spec?.containers[0]?.image === httpd);

  // Writing status leaves labels alone.
  await client.patch(deployments, ref(name), { type: 'strategic', value: { metadata: { labels: { 'test-deployment': 'patched-status' } }, status: { readyReplicas: 0, availableReplicas: 0 } } }, { subresource: 'status' });
  const after = await client.getSubresource<Deployment>(deployments, ref(name), 'status');
  assert.equal(after.metadata.labels?.['test-deployment'], 'updated');
  await untilDeployment(world, name, isComplete);
  await client.deleteCollection(deployments, { namespace: ns }, { gracePeriodSeconds: 1, labelSelector: selector });
  await sees('DELETED', (_, type) => type === 'DELETED');
});

test('[sig-apps] Deployment should validate Deployment Status endpoints [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const name = 'test-deployment';
  await client.create(deployments, deploymentOf(name, 1, { name: 'httpd', e2e: 'testing' }, httpd));
  await untilDeployment(world, name, atRevision('1'));
  const watched = await world.watch(deployments, { namespace: ns }, { labelSelector: 'e2e=testing' });
  const updated = await world.retry(deployments, ref(name), (object) => ({ ...object, status: { ...object.status, conditions: [...object.status!.conditions!, { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } }), 'status');
  assert.equal(findCondition(updated.status?.conditions, 'StatusUpdate')?.message, 'Set from e2e test');
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusUpdate')?.reason === 'E2E'));
  const patched = await client.patch(deployments, ref(name), { type: 'merge', value: { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } } }, { subresource: 'status' });
  assert.deepEqual(patched.status?.conditions?.map(({ type }) => type), ['StatusPatched']);
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusPatched') !== undefined));
});

test('[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const old = replicaSetOf('test-rolling-update-controller', 1, { name: 'sample-pod', pod: 'httpd' });
  await client.create(replicasets, { ...old, metadata: { ...old.metadata, annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' } } });
  await world.until('its pod', async () => (await client.get(replicasets, ref('test-rolling-update-controller'))).status?.readyReplicas === 1);
  await client.create(deployments, deploymentOf('test-rolling-update-deployment', 1, { name: 'sample-pod' }, agnhost));
  const done = await untilDeployment(world, 'test-rolling-update-deployment', atRevision('3546343826724305833'));
  const { items } = await client.list(replicasets, { namespace: ns });
  assert.equal(items.length, 2);
  const adopted = items.find(({ metadata }) => metadata.name === 'test-rolling-update-controller')!;
  assert.deepEqual([adopted.spec?.replicas, adopted.metadata.ownerReferences?.[0]?.uid], [0, done.metadata.uid]);
  await world.until('the old pod to be gone', async () => (await world.podsOf(ns)).every(({ spec }) => spec?.containers[0]?.image === agnhost));
});

test('[sig-apps] Deployment RecreateDeployment should delete old pods and create new ones [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const name = 'test-recreate-deployment';
  await client.create(deployments, deploymentOf(name, 1, { name: 'sample-pod-3' }, agnhost, { strategy: { type: 'Recreate' } }));
  await untilDeployment(world, name, atRevision('1'));
  const watched = await world.watch(pods, { namespace: ns }, { labelSelector: 'name=sample-pod-3' });
  await world.retry(deployments, ref(name), (object) => ({ ...object, spec: { ...object.spec!, template: { ...object.spec!.template, spec: podSpec('httpd', httpd) } } }));
  await untilDeployment(world, name, atRevision('2'));
  const created = watched.events.findIndex(({ type, object }) => type === 'ADDED' && object.spec?.containers[0]?.image === httpd);
  // As upstream has it, a pod that has ended is in nobody's way, be its object there or not.
  const old = watched.events.slice(0, created).findLast(({ object }) => object.spec?.containers[0]?.image === agnhost);
  assert.ok(created >= 0 && old !== undefined && (old.type === 'DELETED' || ['Succeeded', 'Failed'].includes(old.object.status?.phase ?? '')), 'new pods ran beside old ones');
});

test('[sig-apps] Deployment deployment should delete old replica sets [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await client.create(replicasets, replicaSetOf('test-cleanup-controller', 1, { name: 'cleanup-pod', pod: 'httpd' }));
  await world.until('its pod', async () => (await client.get(replicasets, ref('test-cleanup-controller'))).status?.readyReplicas === 1);
  await client.create(deployments, deploymentOf('test-cleanup-deployment', 1, { name: 'cleanup-pod' }, agnhost, { revisionHistoryLimit: 0 }));
  await world.until('the old replica set to be gone', async () => {
    const { items } = await client.list(replicasets, { namespace: ns });
    return items.length === 1 && items[0]!.metadata.name !== 'test-cleanup-controller';
  });
});

test('[sig-apps] Deployment deployment should support rollover [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await client.create(replicasets, replicaSetOf('test-rollover-controller', 1, { name: 'rollover-pod', pod: 'httpd' }));
  await world.until('its pod', async () => (await client.get(replicasets, ref('test-rollover-controller'))).status?.readyReplicas === 1);
  const name = 'test-rollover-deployment';
  await client.create(deployments, deploymentOf(name, 1, { name: 'rollover-pod' }, 'gcr.io/google_samples/gb-redisslave:nonexistent', { minReadySeconds: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }));
  await world.until('its first replica set', async () => (await client.list(replicasets, { namespace: ns })).items.length === 2);
  await world.clock.advance(2000);
  await world.retry(deployments, ref(name), (object) => ({ ...object, spec: { ...object.spec!, template: { ...object.spec!.template, spec: podSpec('agnhost', agnhost) } } }));
  await untilDeployment(world, name, isComplete);
  const { items } = await client.list(replicasets, { namespace: ns });
  assert.equal(items.length, 3);
  assert.deepEqual(items.filter(({ spec }) => (spec?.replicas ?? 0) > 0).map(({ spec }) => spec?.template?.spec?.containers[0]?.image), [agnhost]);
});

test('[sig-apps] Deployment deployment should support proportional scaling [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const name = 'webserver-deployment';
  await client.create(deployments, deploymentOf(name, 10, { name: 'httpd' }, httpd, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
  await untilDeployment(world, name, isComplete);
  const sizes = async () => Object.fromEntries((await client.list(replicasets, { namespace: ns })).items.map(({ spec }) => [spec!.template!.spec!.containers[0]!.image, spec!.replicas]));
  await world.retry(deployments, ref(name), (object) => ({ ...object, spec: { ...object.spec!, template: { ...object.spec!.template, spec: podSpec(name, 'webserver:nonexistent') } } }));
  await world.until('the rollout to be stuck', async () => (await sizes())['webserver:nonexistent'] === 5);
  assert.equal((await sizes())[httpd], 8);
  await world.retry(deployments, ref(name), (object) => ({ ...object, spec: { ...object.spec!, replicas: 30 } }));
  await world.until('both to be scaled', async () => {
    const now = await sizes();
    return now[httpd] === 20 && now['webserver:nonexistent'] === 13;
  });
});

async function scaleOperations<T extends KubeObject & { spec?: { replicas?: number } }>(world: World, type: Parameters<typeof world.client.get<T>>[0], name: string): Promise<void> {
  const { client } = world;
  const scale = await client.getSubresource<Scale>(type, ref(name), 'scale');
  assert.deepEqual([scale.kind, scale.apiVersion, scale.spec?.replicas, scale.status?.replicas], ['Scale', 'autoscaling/v1', 1, 1]);
  const { resourceVersion: _, ...unconditional } = scale.metadata;
  const result = (await client.update(type as never, { ...scale, metadata: unconditional, spec: { replicas: 2 } } as never, { subresource: 'scale' })) as unknown as Scale;
  assert.equal(result.spec?.replicas, 2);
  assert.equal((await client.get(type, ref(name))).spec?.replicas, 2);
  await client.patch(type, ref(name), { type: 'strategic', value: { metadata: { creationTimestamp: null }, spec: { replicas: 4 }, status: { replicas: 0 } } }, { subresource: 'scale' });
  assert.equal((await client.get(type, ref(name))).spec?.replicas, 4);
}

test('[sig-apps] Deployment Deployment should have a working scale subresource [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(deployments, deploymentOf('test-new-deployment', 1, { name: 'httpd' }, httpd));
  await untilDeployment(world, 'test-new-deployment', atRevision('1'));
  await scaleOperations(world, deployments, 'test-new-deployment');
});

// ReplicaSets

const readyReplicaSet = async (world: World, replicaSet: ReplicaSet): Promise<ReplicaSet> => {
  const { metadata } = await world.client.create(replicasets, replicaSet);
  return world.until('its pods', async () => {
    const now = await world.client.get(replicasets, ref(metadata.name!));
    return now.status?.readyReplicas === replicaSet.spec?.replicas && now;
  });
};

test('[sig-apps] ReplicaSet should serve a basic image on each replica with a public image [Conformance]', async () => {
  await using world = await World.start();
  await readyReplicaSet(world, replicaSetOf('my-hostname-basic', 2, { name: 'my-hostname-basic' }, agnhost));
  const all = await world.podsOf(ns, { labelSelector: 'name=my-hostname-basic' });
  assert.equal(all.length, 2);
  assert.equal(new Set(all.map(({ status }) => status?.podIP)).size, 2);
});

test('[sig-apps] ReplicaSet Replicaset should have a working scale subresource [Conformance]', async () => {
  await using world = await World.start();
  await readyReplicaSet(world, replicaSetOf('test-rs', 1, { name: 'sample-pod', pod: 'httpd' }));
  await scaleOperations(world, replicasets, 'test-rs');
});

test('[sig-apps] ReplicaSet Replace and Patch tests [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await readyReplicaSet(world, replicaSetOf('test-rs', 1, { name: 'sample-pod', pod: 'httpd' }));
  const watched = await world.watch(replicasets, { namespace: ns }, { labelSelector: 'test-rs=patched' });
  await world.retry(replicasets, ref('test-rs'), (object) => ({ ...object, spec: { ...object.spec!, replicas: 2 } }));
  await client.patch(replicasets, ref('test-rs'), { type: 'strategic', value: { metadata: { labels: { 'test-rs': 'patched' } }, spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'test-rs', image: pause }] } } } } });
  await world.until('3 ready', () => watched.events.some(({ object: { spec, status } }) => status?.readyReplicas === 3 && status.availableReplicas === 3 && spec?.template?.spec?.containers[0]?.image === pause && spec.template.spec.terminationGracePeriodSeconds === 0));
});

test('[sig-apps] ReplicaSet should list and delete a collection of ReplicaSets [Conformance]', async () => {
  await using world = await World.start();
  await readyReplicaSet(world, replicaSetOf('test-rs', 3, { name: 'sample-pod', pod: 'httpd', e2e: 'x1' }));
  assert.equal((await world.client.list(replicasets, {}, { labelSelector: 'e2e=x1' })).items.length, 1);
  await world.client.deleteCollection(replicasets, { namespace: ns }, { gracePeriodSeconds: 1, labelSelector: 'e2e=x1' });
  assert.equal((await world.client.list(replicasets, {}, { labelSelector: 'e2e=x1' })).items.length, 0);
});

test('[sig-apps] ReplicaSet should validate Replicaset Status endpoints [Conformance]', async () => {
  await using world = await World.start();
  await readyReplicaSet(world, replicaSetOf('test-rs', 1, { name: 'sample-pod', pod: 'httpd' }));
  const watched = await world.watch(replicasets, { namespace: ns }, { labelSelector: 'name=sample-pod,pod=httpd' });
  await world.retry(replicasets, ref('test-rs'), (object) => ({ ...object, status: { ...object.status!, conditions: [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } }), 'status');
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusUpdate')?.message === 'Set from e2e test'));
  await world.client.patch(replicasets, ref('test-rs'), { type: 'merge', value: { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } } }, { subresource: 'status' });
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusPatched') !== undefined));
});

test('[sig-apps] ReplicaSet should adopt matching pods on creation and release no longer matching pods [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await world.runningPod(podOf(ns, 'pod-adoption-release', { labels: { name: 'pod-adoption-release' } }));
  const { metadata } = await client.create(replicasets, replicaSetOf('pod-adoption-release', 1, { name: 'pod-adoption-release' }));
  await world.untilPod(ns, 'pod-adoption-release', (pod) => pod.metadata.ownerReferences?.some(({ uid, controller }) => uid === metadata.uid && controller) ?? false);
  await world.retry(pods, ref('pod-adoption-release'), (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { name: 'not-matching-label' } } }));
  await world.untilPod(ns, 'pod-adoption-release', (pod) => (pod.metadata.ownerReferences ?? []).length === 0);
});

// ReplicationControllers

const untilRc = (world: World, name: string, replicas: number): Promise<ReplicationController> =>
  world.until(`${replicas} ready`, async () => {
    const now = await world.client.get(replicationcontrollers, ref(name));
    return now.status?.readyReplicas === replicas && now;
  });

test('[sig-apps] ReplicationController should serve a basic image on each replica with a public image [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(replicationcontrollers, rcOf('my-hostname-basic', 1, { name: 'my-hostname-basic' }));
  await untilRc(world, 'my-hostname-basic', 1);
});

test('[sig-apps] ReplicationController should test the lifecycle of a ReplicationController [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const selector = 'test-rc-static=true';
  const watched = await world.watch(replicationcontrollers, { namespace: ns }, { labelSelector: selector });
  await client.create(replicationcontrollers, rcOf('rc-test', 1, { 'test-rc-static': 'true' }));
  await untilRc(world, 'rc-test', 1);
  // As a Go client writes an almost empty object: nulls and zero values.
  const patched = await client.patch(replicationcontrollers, ref('rc-test'), { type: 'strategic', value: { metadata: { creationTimestamp: null, labels: { 'test-rc': 'patched' } }, spec: {}, status: { replicas: 0 } } });
  assert.equal(patched.metadata.labels?.['test-rc'], 'patched');
  assert.equal(patched.status?.replicas, 1);
  const status = await client.patch(replicationcontrollers, ref('rc-test'), { type: 'strategic', value: { status: { readyReplicas: 0, availableReplicas: 0 } } }, { subresource: 'status' });
  assert.equal(status.status?.readyReplicas ?? 0, 0);
  await untilRc(world, 'rc-test', 1);
  await client.patch(replicationcontrollers, ref('rc-test'), { type: 'strategic', value: { metadata: { creationTimestamp: null }, spec: { replicas: 2 }, status: { replicas: 0 } } }, { subresource: 'scale' });
  const two = await untilRc(world, 'rc-test', 2);
  assert.equal(two.metadata.labels?.['test-rc'], 'patched');
  await world.retry(replicationcontrollers, ref('rc-test'), (object) => ({ ...object, status: { ...object.status!, availableReplicas: 1, readyReplicas: 1 } }), 'status');
  assert.equal((await client.list(replicationcontrollers, {}, { labelSelector: selector })).items.length, 1);
  await client.deleteCollection(replicationcontrollers, { namespace: ns }, { labelSelector: selector });
  await world.until('DELETED', () => watched.events.at(-1)?.type === 'DELETED');
  assert.equal(watched.events[0]?.type, 'ADDED');
});

test('[sig-apps] ReplicationController should get and update a ReplicationController scale [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(replicationcontrollers, rcOf('e2e-rc', 1, { name: 'e2e-rc' }));
  await untilRc(world, 'e2e-rc', 1);
  await scaleOperations(world, replicationcontrollers, 'e2e-rc');
  await untilRc(world, 'e2e-rc', 4);
});

test('[sig-apps] ReplicationController should adopt matching pods on creation [Conformance]', async () => {
  await using world = await World.start();
  await world.runningPod(podOf(ns, 'pod-adoption', { labels: { name: 'pod-adoption' } }));
  const { metadata } = await world.client.create(replicationcontrollers, rcOf('pod-adoption', 1, { name: 'pod-adoption' }));
  await world.untilPod(ns, 'pod-adoption', (pod) => pod.metadata.ownerReferences?.some(({ uid, controller }) => uid === metadata.uid && controller) ?? false);
});

test('[sig-apps] ReplicationController should release no longer matching pods [Conformance]', async () => {
  await using world = await World.start();
  const { metadata } = await world.client.create(replicationcontrollers, rcOf('pod-release', 1, { name: 'pod-release' }));
  await untilRc(world, 'pod-release', 1);
  const name = nameOf((await world.podsOf(ns))[0]!);
  await world.retry(pods, ref(name), (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { name: 'not-matching-label' } } }));
  await world.untilPod(ns, name, (pod) => !(pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false));
});
