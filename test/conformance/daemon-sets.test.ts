import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { controllerReference } from '../../src/api/meta/owner.ts';
import { controllerrevisions, daemonsets, nodes, pods } from '../../src/api/resources.ts';
import type { DaemonSet, DaemonSetSpec } from '../../src/api/types/apps/v1.ts';
import type { Pod, PodSpec } from '../../src/api/types/core/v1.ts';
import { container, isReady, World } from './world.ts';

const ns = 'default';
const name = 'daemon-set';
const ref = { namespace: ns, name };
const labels = { 'daemonset-name': name };
const selector = `daemonset-name=${name}`;
const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4';
const agnhost = 'registry.k8s.io/e2e-test-images/agnhost:2.59';
const revisionLabel = 'controller-revision-hash';

function daemonSet(spec: Partial<DaemonSetSpec> = {}, podSpec: Partial<PodSpec> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace: ns, name, labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container({ name: 'app', image: httpd, ports: [{ containerPort: 9376 }] })], ...podSpec } }, ...spec },
  };
}

const daemonPods = async (world: World): Promise<readonly Pod[]> => (await world.podsOf(ns, { labelSelector: selector })).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
const placed = async (world: World): Promise<(string | undefined)[]> => (await daemonPods(world)).filter(isReady).map(({ spec }) => spec?.nodeName).toSorted();
const untilOn = (world: World, where: readonly string[]): Promise<boolean> => world.until(`daemon pods on ${where.join()}`, async () => {
  const { status } = await world.client.get(daemonsets, ref);
  return (await placed(world)).join() === where.join() && status?.desiredNumberScheduled === where.length && status.currentNumberScheduled === where.length && status.numberReady === where.length;
});
const setImage = (world: World, image: string): Promise<DaemonSet> => world.retry(daemonsets, ref, (set) => {
  set.spec!.template.spec!.containers[0]!.image = image;
  return set;
});
const everywhere = ['node-1', 'node-2'];

test('[sig-apps] Daemon set [Serial] should run and stop simple daemon [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(daemonsets, daemonSet());
  await untilOn(world, everywhere);
  const [victim] = await daemonPods(world);
  await world.client.delete(pods, { namespace: ns, name: nameOf(victim!) });
  await world.until('its successor', async () => !(await daemonPods(world)).some(({ metadata }) => metadata.uid === victim!.metadata.uid));
  await untilOn(world, everywhere);
  await world.client.delete(daemonsets, ref);
  await world.until('no pods', async () => (await daemonPods(world)).length === 0);
});

test('[sig-apps] Daemon set [Serial] should run and stop complex daemon [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(daemonsets, daemonSet({}, { nodeSelector: { 'daemonset-color': 'blue' } }));
  await untilOn(world, []);
  const color = (value: string) => world.client.patch(nodes, { name: 'node-2' }, { type: 'merge', value: { metadata: { labels: { 'daemonset-color': value } } } });
  await color('blue');
  await untilOn(world, ['node-2']);
  await color('green');
  await untilOn(world, []);
  await world.retry(daemonsets, ref, (set) => {
    set.spec!.template.spec!.nodeSelector = { 'daemonset-color': 'green' };
    return { ...set, spec: { ...set.spec!, updateStrategy: { type: 'RollingUpdate' } } };
  });
  await untilOn(world, ['node-2']);
});

test('[sig-apps] Daemon set [Serial] should retry creating failed daemon pods [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(daemonsets, daemonSet());
  await untilOn(world, everywhere);
  const [victim] = await daemonPods(world);
  const { resourceVersion: _, ...metadata } = victim!.metadata;
  await world.client.update(pods, { ...victim!, metadata, status: { phase: 'Failed' } }, { subresource: 'status' });
  await world.until('the failed pod to be gone', async () => !(await daemonPods(world)).some((pod) => pod.metadata.uid === victim!.metadata.uid));
  await untilOn(world, everywhere);
});

test('[sig-apps] Daemon set [Serial] should update pod when spec was updated and update strategy is RollingUpdate [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(daemonsets, daemonSet({ updateStrategy: { type: 'RollingUpdate' } }));
  await untilOn(world, everywhere);
  const hashes = async () => [...new Set((await daemonPods(world)).map(({ metadata }) => metadata.labels?.[revisionLabel]))];
  const [first, ...more] = await hashes();
  assert.equal(more.length, 0);
  const [revision] = (await world.client.list(controllerrevisions, { namespace: ns })).items;
  assert.deepEqual([revision?.revision, revision?.metadata.labels?.[revisionLabel]], [1, first]);
  await setImage(world, agnhost);
  await world.until('new pods', async () => {
    const all = await daemonPods(world);
    return all.length === 2 && all.every((pod) => isReady(pod) && pod.spec?.containers[0]?.image === agnhost);
  });
  const [second, ...others] = await hashes();
  assert.equal(others.length, 0);
  assert.notEqual(second, first);
  const all = (await world.client.list(controllerrevisions, { namespace: ns })).items;
  assert.deepEqual(all.map((one) => [one.revision, one.metadata.labels?.[revisionLabel]]).toSorted(), [[1, first], [2, second]]);
  // Clients find the current one by the bytes of the template, as Go writes it.
  for (const { data } of all) assert.match(JSON.stringify(data), /^\{"spec":\{"template":\{"\$patch":"replace","metadata":\{"labels":\{.+\}\},"spec":\{"containers":\[\{"image":.+"resources":\{\}/);
});

test('[sig-apps] Daemon set [Serial] should rollback without unnecessary restarts [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(daemonsets, daemonSet({ updateStrategy: { type: 'RollingUpdate' } }));
  await untilOn(world, everywhere);
  await setImage(world, 'foo:nonexistent');
  await world.until('a new pod', async () => (await daemonPods(world)).some(({ spec }) => spec?.containers[0]?.image === 'foo:nonexistent'));
  const existing = (await daemonPods(world)).filter(({ spec }) => spec?.containers[0]?.image === httpd).map(nameOf);
  assert.equal(existing.length, 1);
  await setImage(world, httpd);
  await world.until('the rollback', async () => {
    const all = await daemonPods(world);
    return all.length === 2 && all.every((pod) => isReady(pod) && pod.spec?.containers[0]?.image === httpd);
  });
  assert.ok((await daemonPods(world)).map(nameOf).includes(existing[0]!), 'a pod was restarted for nothing');
});

test('[sig-apps] Daemon set [Serial] should list and delete a collection of DaemonSets [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(daemonsets, daemonSet());
  await untilOn(world, everywhere);
  assert.equal((await world.client.list(daemonsets, {}, { labelSelector: selector })).items.length, 1);
  await world.client.deleteCollection(daemonsets, { namespace: ns }, { labelSelector: selector });
  assert.equal((await world.client.list(daemonsets, {}, { labelSelector: selector })).items.length, 0);
});

test('[sig-apps] Daemon set [Serial] should verify changes to a daemon set status [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await client.create(daemonsets, daemonSet());
  await untilOn(world, everywhere);
  const watched = await world.watch(daemonsets, { namespace: ns }, { labelSelector: selector });
  assert.equal((await client.getSubresource<DaemonSet>(daemonsets, ref, 'status')).status?.numberReady, 2);
  await world.retry(daemonsets, ref, (set) => ({ ...set, status: { ...set.status!, conditions: [...(set.status?.conditions ?? []), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }] } }), 'status');
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusUpdate')?.message === 'Set from e2e test'));
  // As a Go client writes an almost empty object.
  await client.patch(daemonsets, ref, { type: 'merge', value: { metadata: {}, spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, updateStrategy: {} }, status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0, conditions: [{ type: 'StatusPatched', status: 'True', lastTransitionTime: null }] } } }, { subresource: 'status' });
  await world.until('the event', () => watched.events.some(({ object }) => findCondition(object.status?.conditions, 'StatusPatched') !== undefined));
});

test('[sig-apps] ControllerRevision [Serial] should manage the lifecycle of a ControllerRevision [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await client.create(daemonsets, daemonSet());
  await untilOn(world, everywhere);
  const set = await client.get(daemonsets, ref);
  const list = async () => (await client.list(controllerrevisions, {}, { labelSelector: selector })).items;
  const untilCount = (count: number) => world.until(`${count} revisions`, async () => (await list()).length === count);
  const [initial] = await list();
  assert.deepEqual([initial!.metadata.ownerReferences?.[0]?.kind, initial!.metadata.ownerReferences?.[0]?.uid], ['DaemonSet', set.metadata.uid]);
  const patched = await client.patch(controllerrevisions, { namespace: ns, name: nameOf(initial!) }, { type: 'strategic', value: { metadata: { labels: { [nameOf(initial!)]: 'patched' } } } });
  assert.equal(patched.metadata.labels?.[nameOf(initial!)], 'patched');

  const created = await client.create(controllerrevisions, {
    apiVersion: 'apps/v1', kind: 'ControllerRevision', data: initial!.data!, revision: initial!.revision + 1,
    metadata: { namespace: ns, name: `${name}-another`, labels: { ...labels, [revisionLabel]: 'another' }, annotations: set.metadata.annotations ?? {}, ownerReferences: [controllerReference(set, daemonsets)] },
  });
  await world.clock.advance(5000);
  await untilCount(2);
  await client.delete(controllerrevisions, { namespace: ns, name: nameOf(initial!) });
  await untilCount(1);
  const updated = await world.retry(controllerrevisions, { namespace: ns, name: nameOf(created) }, (one) => ({ ...one, metadata: { ...one.metadata, labels: { ...one.metadata.labels, [nameOf(created)]: 'updated' } } }));
  assert.equal(updated.metadata.labels?.[nameOf(created)], 'updated');
  await client.patch(daemonsets, ref, { type: 'strategic', value: { spec: { template: { spec: { terminationGracePeriodSeconds: 2 } } } } });
  await untilCount(2);
  await client.deleteCollection(controllerrevisions, { namespace: ns }, { labelSelector: `${nameOf(created)}=updated` });
  await untilCount(1);
  assert.deepEqual((await list()).map(({ revision }) => revision), [3]);
});
