/** Conformance of kinds whose rules are all there is to them: CronJobs as objects, LimitRanges, volumes and claims. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { cronjobs, limitranges, persistentvolumeclaims, persistentvolumes, pods } from '../../src/api/resources.ts';
import type { LimitRange, PersistentVolume, PersistentVolumeClaim, ResourceRequirements } from '../../src/api/types/core/v1.ts';
import { apiOperations, container, podOf, refusal, World } from './world.ts';

const ns = 'default';

test('[sig-apps] CronJob should support CronJob API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const make = (name: string) => ({
    apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name },
    spec: { schedule: '* */1 * * ?', concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [container({ command: ['sleep', '300'] })] } } } } },
  });
  await apiOperations(world, cronjobs, make, { namespace: ns, status: true, statusPatch: { status: { lastScheduleTime: '2026-01-01T00:00:00Z' } } });
});

test('[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const list = (cpu: string, memory: string, storage: string) => ({ cpu, memory, 'ephemeral-storage': storage });
  const [min, max] = [list('50m', '100Mi', '100Gi'), list('500m', '500Mi', '500Gi')];
  const [defaultLimit, defaultRequest] = [list('500m', '500Mi', '500Gi'), list('100m', '200Mi', '200Gi')];
  const range: LimitRange = { apiVersion: 'v1', kind: 'LimitRange', metadata: { namespace: ns, name: 'limit-range' }, spec: { limits: [{ type: 'Container', min, max, default: defaultLimit, defaultRequest }] } };
  const ref = { namespace: ns, name: 'limit-range' };

  const watched = await world.watch(limitranges, { namespace: ns });
  await client.create(limitranges, range);
  await world.until('the creation to be seen', () => watched.events.some(({ type, object }) => type === 'ADDED' && nameOf(object) === ref.name));
  assert.deepEqual((await client.get(limitranges, ref)).spec, range.spec);

  const create = async (name: string, resources: ResourceRequirements) => (await client.create(pods, podOf(ns, name, { spec: { containers: [container({ resources })] } }))).spec?.containers[0]?.resources;
  assert.deepEqual(await create('pod-no-resources', {}), { limits: defaultLimit, requests: defaultRequest });
  // A limit given is the request, too; what is not given comes from the range.
  assert.deepEqual(await create('pod-partial-resources', { limits: { cpu: '300m' }, requests: { memory: '150Mi', 'ephemeral-storage': '150Gi' } }), {
    limits: list('300m', '500Mi', '500Gi'), requests: list('300m', '150Mi', '150Gi'),
  });
  const little = list('10m', '50Mi', '50Gi');
  await assert.rejects(create('pod-too-little', { limits: little, requests: little }), refusal('Forbidden', /minimum cpu usage per Container is 50m/));
  const much = list('600m', '600Mi', '600Gi');
  await assert.rejects(create('pod-too-much', { limits: much, requests: much }), refusal('Forbidden', /maximum cpu usage per Container is 500m/));

  const lower = list('9m', '49Mi', '49Gi');
  await world.retry(limitranges, ref, (object) => ({ ...object, spec: { limits: [{ ...object.spec!.limits[0]!, min: lower }] } }));
  assert.deepEqual((await client.get(limitranges, ref)).spec?.limits[0]?.min, lower);
  await world.clock.settle();
  assert.deepEqual(await create('pod-little', { limits: little, requests: little }), { limits: little, requests: little });
  await assert.rejects(create('pod-too-much', { limits: much, requests: much }), refusal('Forbidden', /maximum cpu usage per Container is 500m/));

  await client.delete(limitranges, ref);
  await world.untilGone(limitranges, ref);
  await world.clock.settle();
  assert.deepEqual(await create('pod-much', { limits: much, requests: much }), { limits: much, requests: much });
  watched.stop();
});

const volume: PersistentVolume = {
  apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv', labels: { 'e2e-pv-pool': 'status' } },
  spec: { capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: 'status', csi: { driver: 'e2e-driver', volumeHandle: 'e2e-volume' } },
};
const claim: PersistentVolumeClaim = {
  apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: ns, name: 'pvc' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'status', resources: { requests: { storage: '1Gi' } } },
};

test('[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await apiOperations(world, persistentvolumes, () => volume, { status: true, statusPatch: { status: { message: 'StatusPatched' } } });
  await apiOperations(world, persistentvolumeclaims, () => claim, { namespace: ns, status: true, statusPatch: { status: { phase: 'Pending' } } });
  await client.create(persistentvolumes, volume);
  const patched = await client.patch(persistentvolumes, { name: 'pv' }, { type: 'merge', value: { metadata: { labels: { pv: 'patched' } } } });
  assert.equal(patched.metadata.labels?.['pv'], 'patched');
  const retained = await client.update(persistentvolumes, { ...patched, spec: { ...patched.spec!, persistentVolumeReclaimPolicy: 'Delete' } });
  assert.equal(retained.spec?.persistentVolumeReclaimPolicy, 'Delete');
});

const conditions = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E Status', message: 'Set from e2e test', lastProbeTime: null, lastTransitionTime: null }];

test('[sig-storage] PersistentVolumes CSI Conformance should apply changes to a pv/pvc status [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(persistentvolumes, volume);
  await client.create(persistentvolumeclaims, claim);
  const [pv, pvc] = [{ name: 'pv' }, { namespace: ns, name: 'pvc' }];

  assert.equal((await client.getSubresource<PersistentVolumeClaim>(persistentvolumeclaims, pvc, 'status')).status?.phase, 'Pending');
  const claimPatched = await client.patch(persistentvolumeclaims, pvc, { type: 'merge', value: { status: { conditions: [{ ...conditions[0], type: 'StatusPatched' }] } } }, { subresource: 'status' });
  assert.equal(claimPatched.status?.conditions?.[0]?.type, 'StatusPatched');
  const claimUpdated = await world.retry(persistentvolumeclaims, pvc, (object) => ({ ...object, status: { ...object.status, conditions: [...(object.status?.conditions ?? []), { type: 'StatusUpdated', status: 'True', reason: 'E2E updateStatus', message: 'Set from e2e test' }] } }), 'status');
  assert.deepEqual(claimUpdated.status?.conditions?.map(({ type }) => type), ['StatusPatched', 'StatusUpdated']);

  assert.equal((await client.getSubresource<PersistentVolume>(persistentvolumes, pv, 'status')).status?.phase, 'Pending');
  const volumePatched = await client.patch(persistentvolumes, pv, { type: 'merge', value: { metadata: { annotations: { patched: 'status' } }, status: { message: 'StatusPatched', reason: 'E2E patchStatus' } } }, { subresource: 'status' });
  assert.deepEqual([volumePatched.status?.message, volumePatched.status?.reason], ['StatusPatched', 'E2E patchStatus']);
  const volumeUpdated = await world.retry(persistentvolumes, pv, (object) => ({ ...object, status: { ...object.status, message: 'StatusUpdated', reason: 'E2E updateStatus' } }), 'status');
  assert.deepEqual([volumeUpdated.status?.message, volumeUpdated.status?.reason, volumeUpdated.spec?.capacity], ['StatusUpdated', 'E2E updateStatus', { storage: '2Gi' }]);
});
