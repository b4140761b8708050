import assert from 'node:assert/strict';
import test from 'node:test';
import { configmaps, csidrivers, csinodes, csistoragecapacities, pods, secrets, storageclasses, volumeattachments, volumeattributesclasses } from '../../src/api/resources.ts';
import { apiOperations, podOf, refusal, World } from './world.ts';

const ns = 'default';

for (const [type, kind, text] of [[configmaps, 'ConfigMap', 'ConfigMap'], [secrets, 'Secret', 'Secrets']] as const) {
  test(`[sig-storage] ${text} should be immutable if \`immutable\` field is set [Conformance]`, async () => {
    await using world = await World.start({ controllers: false });
    const { client } = world;
    const data = (value: string) => ({ data: { 'data-1': kind === 'Secret' ? Buffer.from(value).toString('base64') : value } });
    const created = await client.create(type as typeof configmaps, { apiVersion: 'v1', kind, metadata: { namespace: ns, name: 'immutable' }, ...data('value-1') });
    const updated = await client.update(type as typeof configmaps, { ...created, ...data('value-2') });
    const fixed = await client.update(type as typeof configmaps, { ...updated, immutable: true });
    await assert.rejects(client.update(type as typeof configmaps, { ...fixed, ...data('value-3') }), refusal('Invalid', 'data: Forbidden: field is immutable when `immutable` is set'));
    await assert.rejects(client.update(type as typeof configmaps, { ...fixed, immutable: false }), refusal('Invalid', 'immutable: Forbidden: field is immutable when `immutable` is set'));
    // Metadata may change all the same.
    const labelled = await client.update(type as typeof configmaps, { ...fixed, metadata: { ...fixed.metadata, labels: { label1: 'label1' } } });
    assert.equal(labelled.metadata.labels?.['label1'], 'label1');
    await client.delete(type, { namespace: ns, name: 'immutable' });
  });
}

test('[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, csidrivers, (name) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name }, spec: { volumeLifecycleModes: ['Ephemeral'] } }));
});

test('[sig-storage] CSIInlineVolumes should support CSIVolumeSource in Pod API [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const volumes = [{ name: 'pod-csi-inline-volume', csi: { driver: 'e2e.example.com', readOnly: false } }];
  await client.create(pods, podOf(ns, 'pod-csi-inline-volumes', { spec: { volumes } }));
  const pod = await client.get(pods, { namespace: ns, name: 'pod-csi-inline-volumes' });
  assert.equal(pod.spec?.volumes?.find(({ csi }) => csi !== undefined)?.csi?.driver, 'e2e.example.com');
  await client.delete(pods, { namespace: ns, name: 'pod-csi-inline-volumes' }, { gracePeriodSeconds: 0 });
  assert.equal((await client.list(pods, { namespace: ns })).items.length, 0);
});

test('[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, csinodes, (name) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers: [{ name: 'e2e-driver', nodeID: name, topologyKeys: [] }] } }));
});

test('[sig-storage] CSIStorageCapacity should support CSIStorageCapacities API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, csistoragecapacities, (name) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIStorageCapacity', metadata: { name }, storageClassName: 'fast-storage', maximumVolumeSize: '1Gi' }), { namespace: ns });
});

test('[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a StorageClass [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, storageclasses, (name) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, provisioner: 'e2e-fake-provisioner', reclaimPolicy: 'Delete', parameters: { foo: 'bar' } }));
});

test('[sig-storage] VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through the lifecycle of a VolumeAttributesClass [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, volumeattributesclasses, (name) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttributesClass', metadata: { name }, driverName: 'e2e-fake-csi-driver', parameters: { iops: '100' } }));
});

const attachment = (name: string) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name }, spec: { attacher: 'e2e-test.storage.k8s.io', nodeName: 'node-1', source: { persistentVolumeName: 'pv' } } });

test('[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, volumeattachments, attachment);
});

test('[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(volumeattachments, attachment('va'));
  const patched = await client.patch(volumeattachments, { name: 'va' }, { type: 'merge', value: { status: { attached: true, attachmentMetadata: { 'va-example-com': '1' } } } }, { subresource: 'status' });
  assert.equal(patched.status?.attached, true);
  const updated = await world.retry(volumeattachments, { name: 'va' }, (object) => ({ ...object, status: { ...object.status!, attached: false } }), 'status');
  assert.equal(updated.status?.attached, false);
});
