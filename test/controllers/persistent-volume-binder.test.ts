import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { persistentvolumeclaims, persistentvolumes, pods, storageclasses } from '../../src/api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeSpec } from '../../src/api/types/core/v1.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ref = (name: string) => ({ namespace: 'default', name });
const controllers = ['serviceaccount-controller', 'persistentvolume-binder-controller', 'persistentvolumeclaim-protection-controller', 'persistentvolume-protection-controller', 'ephemeral-volume-controller', 'garbage-collector-controller'];
const volume = (name: string, storage: string, spec: Partial<PersistentVolumeSpec> = {}): PersistentVolume => ({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/data/${name}` }, storageClassName: 'manual', ...spec } });
const claim = (name: string, storage: string, spec: Partial<PersistentVolumeClaimSpec> = {}): PersistentVolumeClaim => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: ref(name), spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, storageClassName: 'manual', ...spec } });

async function started(...volumes: PersistentVolume[]): Promise<Fixture> {
  const fixture = await startFixture({ controllers });
  for (const one of volumes) await fixture.client.create(persistentvolumes, one);
  await fixture.clock.advance(1000);
  return fixture;
}

const volumeState = async ({ client }: Fixture, name: string): Promise<string> => {
  const { status, spec } = await client.get(persistentvolumes, { name });
  return `${status?.phase} ${spec?.claimRef?.name ?? '-'}`;
};
const claimState = async ({ client }: Fixture, name: string): Promise<string> => {
  const { status, spec } = await client.get(persistentvolumeclaims, ref(name));
  return `${status?.phase} ${spec?.volumeName ?? '-'} ${status?.capacity?.['storage'] ?? '-'}`;
};

describe('persistent volumes', () => {
  it('the smallest that is large enough is bound, and released when the claim goes', async () => {
    await using fixture = await started(volume('big', '10Gi'), volume('small', '2Gi'), volume('tiny', '1Gi'), volume('other', '2Gi', { storageClassName: 'fast' }));
    const { client, clock } = fixture;
    assert.equal(await volumeState(fixture, 'small'), 'Available -');
    await client.create(persistentvolumeclaims, claim('data', '1500Mi'));
    await clock.advance(1000);
    assert.deepEqual([await claimState(fixture, 'data'), await volumeState(fixture, 'small')], ['Bound small 2Gi', 'Bound data']);
    const bound = await client.get(persistentvolumeclaims, ref('data'));
    assert.partialDeepStrictEqual(bound.metadata.annotations, { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' });
    assert.partialDeepStrictEqual((await client.get(persistentvolumes, { name: 'small' })).spec?.claimRef, { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: 'default', name: 'data', uid: bound.metadata.uid });
    await client.delete(persistentvolumeclaims, ref('data'));
    await clock.advance(1000);
    assert.equal(await volumeState(fixture, 'small'), 'Released data');
    // It is not given to anybody else.
    await client.create(persistentvolumeclaims, claim('data', '1500Mi'));
    await clock.advance(1000);
    assert.equal(await claimState(fixture, 'data'), 'Bound big 10Gi');
    assert.deepEqual(fixture.complaints, []);
  });

  it('two claims do not get one volume; the second waits for the next', async () => {
    await using fixture = await started(volume('one', '1Gi'));
    const { client, clock } = fixture;
    await Promise.all([client.create(persistentvolumeclaims, claim('a', '1Gi')), client.create(persistentvolumeclaims, claim('b', '1Gi'))]);
    await clock.advance(1000);
    assert.deepEqual([await claimState(fixture, 'a'), await claimState(fixture, 'b')].toSorted(), ['Bound one 1Gi', 'Pending - -']);
    await client.create(persistentvolumes, volume('two', '1Gi'));
    await clock.advance(1000);
    assert.deepEqual([await claimState(fixture, 'a'), await claimState(fixture, 'b')].toSorted(), ['Bound one 1Gi', 'Bound two 1Gi']);
  });

  it('a claim may name its volume, and a volume its claim', async () => {
    await using fixture = await started(volume('asked', '5Gi'), volume('small', '1Gi'), volume('kept', '9Gi', { claimRef: { namespace: 'default', name: 'mine' } }));
    const { client, clock } = fixture;
    await client.create(persistentvolumeclaims, claim('asks', '1Gi', { volumeName: 'asked' }));
    await client.create(persistentvolumeclaims, claim('mine', '1Gi'));
    await client.create(persistentvolumeclaims, claim('wrong', '2Gi', { volumeName: 'small' }));
    await clock.advance(1000);
    assert.deepEqual([await claimState(fixture, 'asks'), await claimState(fixture, 'mine'), await claimState(fixture, 'wrong')], ['Bound asked 5Gi', 'Bound kept 9Gi', 'Pending small -']);
    assert.ok((await fixture.eventsOn('wrong')).some((event) => event.startsWith('VolumeMismatch Cannot bind to requested volume "small": requested PV is too small')));
  });

  const phases: readonly [policy: string, more: Partial<PersistentVolumeSpec>, phase: string, event: string | undefined][] = [
    ['Retain', {}, 'Released', undefined],
    ['Recycle', {}, 'Failed', 'VolumeFailedRecycle No recycler plugin found for the volume! x1'],
    ['Delete', {}, 'Failed', 'VolumeFailedDelete host_path deleter only supports /tmp/.+ but received provided /data/v x1'],
  ];
  for (const [policy, more, phase, event] of phases) {
    it(`the reclaim policy ${policy} leaves a volume ${phase}`, async () => {
      await using fixture = await started(volume('v', '1Gi', { persistentVolumeReclaimPolicy: policy, ...more }));
      const { client, clock } = fixture;
      await client.create(persistentvolumeclaims, claim('c', '1Gi'));
      await clock.advance(1000);
      await client.delete(persistentvolumeclaims, ref('c'));
      await clock.advance(1000);
      assert.equal(await volumeState(fixture, 'v'), `${phase} c`);
      assert.deepEqual(await fixture.eventsOn('v'), event === undefined ? [] : [event]);
    });
  }

  it('a claim says what it waits for', async () => {
    await using fixture = await started();
    const { client, clock } = fixture;
    await client.create(storageclasses, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'late' }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' });
    await client.create(storageclasses, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'csi', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'disk.example.com' });
    await client.create(persistentvolumeclaims, claim('late', '1Gi', { storageClassName: 'late' }));
    await client.create(persistentvolumeclaims, claim('csi', '1Gi', { storageClassName: 'csi' }));
    await client.create(persistentvolumeclaims, claim('none', '1Gi', { storageClassName: '' }));
    await client.create(persistentvolumeclaims, claim('missing', '1Gi'));
    await clock.advance(1000);
    const first = async (name: string) => (await fixture.eventsOn(name))[0]?.replace(/ x\d+$/, '');
    assert.equal(await first('late'), 'WaitForFirstConsumer waiting for first consumer to be created before binding');
    assert.equal(await first('none'), 'FailedBinding no persistent volumes available for this claim and no storage class is set');
    assert.equal(await first('missing'), 'ProvisioningFailed storageclass.storage.k8s.io "manual" not found');
    assert.match(await first('csi') ?? '', /^ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'disk\.example\.com' or manually/);
    assert.partialDeepStrictEqual((await client.get(persistentvolumeclaims, ref('csi'))).metadata.annotations, { 'volume.kubernetes.io/storage-provisioner': 'disk.example.com', 'volume.beta.kubernetes.io/storage-provisioner': 'disk.example.com' });
  });

  it('a bound claim whose volume disappears is lost', async () => {
    await using fixture = await startFixture({ controllers: ['persistentvolume-binder-controller'] });
    const { client, clock } = fixture;
    await client.create(persistentvolumes, volume('v', '1Gi'));
    await client.create(persistentvolumeclaims, claim('c', '1Gi'));
    await clock.advance(1000);
    // Nobody protects it in this cluster.
    await client.patch(persistentvolumes, { name: 'v' }, { type: 'merge', value: { metadata: { finalizers: null } } });
    await client.delete(persistentvolumes, { name: 'v' });
    await clock.advance(1000);
    assert.equal(await claimState(fixture, 'c'), 'Lost v -');
    assert.ok((await fixture.eventsOn('c')).includes('ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost! x1'));
  });

  it('generic ephemeral volumes get a claim that goes with the pod', async () => {
    await using fixture = await started();
    const { client, clock } = fixture;
    await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: ref('p'), spec: { containers: [{ name: 'c', image: 'x' }], volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } }] } });
    await clock.advance(1000);
    const made = await client.get(persistentvolumeclaims, ref('p-scratch'));
    assert.deepEqual([made.metadata.labels, made.metadata.ownerReferences?.[0]?.kind, made.metadata.ownerReferences?.[0]?.controller], [{ a: 'b' }, 'Pod', true]);
    await client.delete(pods, ref('p'));
    await clock.advance(5000);
    assert.equal((await client.list(persistentvolumeclaims)).items.length, 0);
  });
});
