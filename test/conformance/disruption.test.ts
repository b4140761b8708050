import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { poddisruptionbudgets, pods, replicasets } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import type { ApiError } from '../../src/api/status.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import type { PodDisruptionBudget } from '../../src/api/types/policy/v1.ts';
import { formatTime } from '../../src/base/clock.ts';
import { container, found, isReady, podOf, World } from './world.ts';

const ns = 'default';
const ref = { namespace: ns, name: 'foo' };
const labels = { foo: 'bar' };

async function createBudget(world: World, minAvailable: number | string): Promise<void> {
  await world.client.create(poddisruptionbudgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { ...ref, labels }, spec: { minAvailable, selector: { matchLabels: labels } } });
  await untilProcessed(world);
}

const untilProcessed = (world: World, holds: (budget: PodDisruptionBudget) => boolean = () => true): Promise<PodDisruptionBudget> =>
  world.until('the budget to be processed', async () => {
    const now = await world.client.get(poddisruptionbudgets, ref);
    return (now.status?.observedGeneration ?? 0) >= (now.metadata.generation ?? 0) && holds(now) && now;
  });

const readyPods = async (world: World): Promise<readonly Pod[]> => (await world.podsOf(ns, { labelSelector: 'foo=bar' })).filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined);
const untilReady = (world: World, count: number): Promise<boolean> => world.until(`${count} ready pods`, async () => (await readyPods(world)).length >= count);
const evict = (world: World, pod: Pod): Promise<unknown> => world.client.createSubresource(pods, { namespace: ns, name: nameOf(pod) }, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace: ns, name: nameOf(pod) } });
const byBudget = (error: unknown): boolean => isReason(error, 'TooManyRequests') && (error as ApiError).details?.causes?.some(({ reason }) => reason === 'DisruptionBudget') === true;

test('[sig-apps] DisruptionController should create a PodDisruptionBudget [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  await createBudget(world, '1%');
  const updated = await world.retry(poddisruptionbudgets, ref, (budget) => ({ ...budget, spec: { ...budget.spec!, minAvailable: '2%' } }));
  assert.equal(updated.spec?.minAvailable, '2%');
  await untilProcessed(world);
  const patched = await world.client.patch(poddisruptionbudgets, ref, { type: 'merge', value: { spec: { minAvailable: '3%' } } });
  assert.equal(patched.spec?.minAvailable, '3%');
  await untilProcessed(world);
  await world.client.delete(poddisruptionbudgets, ref);
  assert.equal(await found(world.client.get(poddisruptionbudgets, ref)), undefined);
});

test('[sig-apps] DisruptionController should observe PodDisruptionBudget status updated [Conformance]', async () => {
  await using world = await World.start();
  await createBudget(world, 1);
  for (const name of ['pod-0', 'pod-1', 'pod-2']) await world.client.create(pods, podOf(ns, name, { labels }));
  const { status } = await untilProcessed(world, (budget) => budget.status?.currentHealthy === 3);
  assert.partialDeepStrictEqual(status, { disruptionsAllowed: 2, desiredHealthy: 1, expectedPods: 3 });
});

test('[sig-apps] DisruptionController should update/patch PodDisruptionBudget status [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await createBudget(world, 1);
  await world.runningPod(podOf(ns, 'pod-0', { labels }));
  await world.retry(poddisruptionbudgets, ref, (budget) => ({ ...budget, status: { ...budget.status!, disruptedPods: { 'pod-0': formatTime(world.clock.now()) } } }), 'status');
  await world.clock.settle();
  const told = await client.getSubresource<PodDisruptionBudget>(poddisruptionbudgets, ref, 'status');
  assert.ok('pod-0' in told.status!.disruptedPods!);
  const patched = await client.patch(poddisruptionbudgets, ref, { type: 'merge', value: { status: { disruptedPods: null } } }, { subresource: 'status' });
  assert.deepEqual(patched.status?.disruptedPods ?? {}, {});
});

test('[sig-apps] DisruptionController should block an eviction until the PDB is updated to allow it [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await createBudget(world, 3);
  await client.create(replicasets, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: ns, name: 'rs' }, spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container()] } } } });
  await untilReady(world, 3);
  const [pod] = await readyPods(world);
  await assert.rejects(evict(world, pod!), byBudget);
  await world.retry(poddisruptionbudgets, ref, (budget) => ({ ...budget, spec: { ...budget.spec!, minAvailable: 2 } }));
  await untilProcessed(world, ({ status }) => status?.currentHealthy === 3 && status.desiredHealthy === 2);
  await evict(world, pod!);
  await client.patch(poddisruptionbudgets, ref, { type: 'merge', value: { spec: { minAvailable: null, maxUnavailable: 0 } } });
  await untilProcessed(world);
  await untilReady(world, 3);
  const [another] = await readyPods(world);
  await assert.rejects(evict(world, another!), byBudget);
  await client.delete(poddisruptionbudgets, ref);
  await untilReady(world, 3);
  await evict(world, another!);
});

test('[sig-apps] DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.namespace('disruption-2');
  for (const [namespace, name] of [[ns, 'foo'], [ns, 'foo2'], ['disruption-2', 'foo3']] as const) await world.client.create(poddisruptionbudgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace, name, labels }, spec: { minAvailable: '1%', selector: { matchLabels: labels } } });
  assert.equal((await world.client.list(poddisruptionbudgets, {}, { labelSelector: 'foo=bar' })).items.length, 3);
  await world.client.deleteCollection(poddisruptionbudgets, { namespace: ns }, {});
  assert.deepEqual((await world.client.list(poddisruptionbudgets, {})).items.map(nameOf), ['foo3']);
});
