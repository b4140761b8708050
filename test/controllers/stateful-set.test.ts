import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { controllerrevisions, persistentvolumeclaims, pods, statefulsets } from '../../src/api/resources.ts';
import type { StatefulSet, StatefulSetSpec } from '../../src/api/types/apps/v1.ts';
import type { Fixture, FixtureOptions } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ref = (name = 'web') => ({ namespace: 'default', name });
const labels = { app: 'web' };
const image = (value: string) => ({ type: 'strategic' as const, value: { spec: { template: { spec: { containers: [{ name: 'web', image: value }] } } } } });
const merge = (value: unknown) => ({ type: 'merge' as const, value });

function setOf(spec: Partial<StatefulSetSpec> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace: 'default', name: 'web', annotations: { note: 'x' } },
    spec: { replicas: 2, serviceName: 'nginx', selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } }, ...spec },
  };
}

const claimTemplate = { metadata: { name: 'data', labels: { tier: 'db' } }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };

async function started(spec: Partial<StatefulSetSpec> = {}, options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await startFixture({ controllers: ['serviceaccount-controller', 'statefulset-controller', 'garbage-collector-controller', 'persistentvolumeclaim-protection-controller'], ...options });
  await fixture.client.create(statefulsets, setOf(spec));
  await fixture.clock.advance(2000);
  return fixture;
}

const names = async (fixture: Fixture): Promise<string[]> => (await fixture.pods()).map(nameOf).toSorted();
const claims = async ({ client }: Fixture): Promise<Record<string, string[]>> => Object.fromEntries((await client.list(persistentvolumeclaims)).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  .map((claim) => [nameOf(claim), (claim.metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${name}`)]));

describe('stateful set', () => {
  it('makes pods one after the other, each with an identity, and says so', async () => {
    await using fixture = await started();
    const { client } = fixture;
    const set = await client.get(statefulsets, ref());
    const [revision] = (await client.list(controllerrevisions)).items;
    const name = nameOf(revision!);
    assert.match(name, /^web-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    assert.deepEqual(set.status, { observedGeneration: 1, replicas: 2, readyReplicas: 2, currentReplicas: 2, updatedReplicas: 2, currentRevision: name, updateRevision: name, collisionCount: 0, availableReplicas: 2 });
    assert.deepEqual(revision!.metadata.labels, { app: 'web', 'controller.kubernetes.io/hash': name.slice(4) });
    assert.deepEqual(revision!.metadata.annotations, { note: 'x' });
    assert.equal(revision!.revision, 1);
    assert.equal((revision!.data as { spec: { template: { $patch: string } } }).spec.template.$patch, 'replace');
    const second = await client.get(pods, ref('web-1'));
    assert.partialDeepStrictEqual(second, {
      metadata: { generateName: 'web-', labels: { app: 'web', 'statefulset.kubernetes.io/pod-name': 'web-1', 'apps.kubernetes.io/pod-index': '1', 'controller-revision-hash': name } },
      spec: { hostname: 'web-1', subdomain: 'nginx' },
    });
    assert.partialDeepStrictEqual(second.metadata.ownerReferences, [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true }]);
    assert.deepEqual(await fixture.eventsOn('web'), ['SuccessfulCreate Create Pod web-0 in StatefulSet web successful x1', 'SuccessfulCreate Create Pod web-1 in StatefulSet web successful x1']);
    assert.deepEqual(fixture.complaints, []);
  });

  it('waits for a pod that is not ready, unless pods are made in parallel', async () => {
    await using ordered = await started({}, { kubelet: { ready: () => false } });
    assert.deepEqual(await names(ordered), ['web-0']);
    await using parallel = await started({ podManagementPolicy: 'Parallel', replicas: 5 }, { kubelet: { ready: () => false } });
    assert.deepEqual(await names(parallel), ['web-0', 'web-1', 'web-2', 'web-3', 'web-4']);
  });

  it('starts at the ordinal that it is told, and moves with it', async () => {
    await using fixture = await started({ ordinals: { start: 3 } });
    assert.deepEqual(await names(fixture), ['web-3', 'web-4']);
    await fixture.client.patch(statefulsets, ref(), merge({ spec: { ordinals: { start: 4 } } }));
    await fixture.clock.advance(2000);
    assert.deepEqual(await names(fixture), ['web-4', 'web-5']);
  });

  it('counts pods as available after minReadySeconds, and goes on then', async () => {
    await using fixture = await started({ minReadySeconds: 10 });
    assert.deepEqual(await names(fixture), ['web-0']);
    const status = async () => (await fixture.client.get(statefulsets, ref())).status!;
    assert.deepEqual([(await status()).readyReplicas, (await status()).availableReplicas], [1, 0]);
    await fixture.clock.advance(9000);
    assert.deepEqual(await names(fixture), ['web-0', 'web-1']);
    await fixture.clock.advance(11_000);
    assert.equal((await status()).availableReplicas, 2);
  });

  it('updates the highest first, replaces what fails, keeps its history short, and finds old revisions again', async () => {
    await using fixture = await started({ revisionHistoryLimit: 1 });
    const { client, clock } = fixture;
    const revisions = async () => Object.fromEntries((await client.list(controllerrevisions)).items.map((one) => [one.revision, nameOf(one)]));
    const first = (await revisions())[1];
    for (const value of ['nginx:2', 'nginx:3']) {
      await client.patch(statefulsets, ref(), image(value));
      await clock.advance(5000);
      assert.deepEqual((await fixture.pods()).map(({ spec }) => spec!.containers[0]!.image), [value, value]);
    }
    const kept = await revisions();
    assert.deepEqual(Object.keys(kept), ['2', '3']);
    assert.equal(kept[1], undefined);
    await client.patch(statefulsets, ref(), image('nginx:2'));
    await clock.advance(5000);
    assert.deepEqual(await revisions(), { 3: kept[3], 4: kept[2] });
    const { status } = await client.get(statefulsets, ref());
    assert.deepEqual([status!.currentRevision, status!.updateRevision], [kept[2], kept[2]]);
    assert.notEqual(kept[2], first);

    const victim = await client.get(pods, ref('web-0'));
    await client.update(pods, { ...victim, status: { ...victim.status, phase: 'Failed' } }, { subresource: 'status' });
    await clock.advance(5000);
    assert.notEqual((await client.get(pods, ref('web-0'))).metadata.uid, victim.metadata.uid);
    assert.deepEqual(fixture.complaints, []);
  });

  it('replaces nothing by itself when told to wait for deletions', async () => {
    await using fixture = await started({ updateStrategy: { type: 'OnDelete' } });
    await fixture.client.patch(statefulsets, ref(), image('nginx:2'));
    await fixture.clock.advance(5000);
    await fixture.client.delete(pods, ref('web-0'));
    await fixture.clock.advance(5000);
    assert.deepEqual((await fixture.pods()).map(({ spec }) => spec!.containers[0]!.image), ['nginx:2', 'nginx:1']);
  });

  it('adopts orphans of its names and releases what does not match', async () => {
    await using fixture = await started();
    const { client, clock } = fixture;
    const { uid } = (await client.get(statefulsets, ref())).metadata;
    await client.patch(pods, ref('web-0'), merge({ metadata: { ownerReferences: null } }));
    await clock.advance(1000);
    assert.equal((await client.get(pods, ref('web-0'))).metadata.ownerReferences?.[0]?.uid, uid);
    await client.patch(pods, ref('web-1'), merge({ metadata: { labels: { app: null } } }));
    await clock.advance(1000);
    assert.deepEqual((await client.get(pods, ref('web-1'))).metadata.ownerReferences ?? [], []);
  });

  it('keeps claims by default', async () => {
    await using fixture = await started({ volumeClaimTemplates: [claimTemplate] });
    const { client, clock } = fixture;
    assert.deepEqual(await claims(fixture), { 'data-web-0': [], 'data-web-1': [] });
    assert.partialDeepStrictEqual(await client.get(persistentvolumeclaims, ref('data-web-0')), { metadata: { labels: { app: 'web', tier: 'db' } } });
    assert.deepEqual((await client.get(pods, ref('web-0'))).spec!.volumes![0], { name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } });
    assert.deepEqual((await fixture.eventsOn('web')).slice(0, 2), ['SuccessfulCreate Create Claim data-web-0 Pod web-0 in StatefulSet web success x1', 'SuccessfulCreate Create Pod web-0 in StatefulSet web successful x1']);
    await client.patch(statefulsets, ref(), merge({ spec: { replicas: 1 } }));
    await clock.advance(2000);
    await client.delete(statefulsets, ref());
    await clock.advance(5000);
    assert.deepEqual(await claims(fixture), { 'data-web-0': [], 'data-web-1': [] });
  });

  it('lets claims go with the set or with pods that are scaled away, as told', async () => {
    await using fixture = await started({ volumeClaimTemplates: [claimTemplate], persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } });
    const { client, clock } = fixture;
    assert.deepEqual(await claims(fixture), { 'data-web-0': ['StatefulSet/web'], 'data-web-1': ['StatefulSet/web'] });
    await client.patch(statefulsets, ref(), merge({ spec: { replicas: 1 } }));
    await clock.advance(5000);
    assert.deepEqual(await claims(fixture), { 'data-web-0': ['StatefulSet/web'] });
    await client.patch(statefulsets, ref(), merge({ spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' } } }));
    await clock.advance(2000);
    assert.deepEqual(await claims(fixture), { 'data-web-0': [] });
    await client.patch(statefulsets, ref(), merge({ spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } } }));
    await clock.advance(2000);
    await client.delete(statefulsets, ref());
    await clock.advance(5000);
    assert.deepEqual(await claims(fixture), {});
    assert.deepEqual(fixture.complaints, []);
  });
});
