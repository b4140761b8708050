import assert from 'node:assert/strict';
import { it } from 'node:test';
import { persistentvolumeclaims, persistentvolumes, storageclasses } from '../../src/api/resources.ts';
import type { PersistentVolumeSpec } from '../../src/api/types/core/v1.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ref = { namespace: 'default', name: 'data' };
const annotation = 'volume.kubernetes.io/storage-resizer';

/** A bound claim of 1Gi over a volume of this kind, whose class allows expansion. */
async function bound({ client }: Fixture, source: Partial<PersistentVolumeSpec>): Promise<void> {
  await client.create(storageclasses, { metadata: { name: 'grows' }, provisioner: 'x.example.com', allowVolumeExpansion: true });
  const claim = await client.create(persistentvolumeclaims, { metadata: ref, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName: 'data', storageClassName: 'grows' } });
  await client.create(persistentvolumes, { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, storageClassName: 'grows', claimRef: { ...ref, uid: claim.metadata.uid! }, ...source } });
  await client.patch(persistentvolumeclaims, ref, { type: 'merge', value: { status: { phase: 'Bound', capacity: { storage: '1Gi' } } } }, { subresource: 'status' });
}
const ask = ({ client }: Fixture, storage: string): Promise<unknown> => client.patch(persistentvolumeclaims, ref, { type: 'merge', value: { spec: { resources: { requests: { storage } } } } });
const start = (): Promise<Fixture> => startFixture({ kubelet: false, controllers: ['persistentvolume-expander-controller'] });

it('a claim that grows waits for the resizer of its driver; one that fits is left alone', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await bound(fixture, { csi: { driver: 'disk.example.com', volumeHandle: 'h' } });
  await clock.advance(1000);
  assert.deepEqual(await fixture.eventsOn('data'), []);
  await ask(fixture, '2Gi');
  await clock.advance(1000);
  assert.deepEqual(await fixture.eventsOn('data'), ['ExternalExpanding waiting for an external controller to expand this PVC x1']);
  assert.equal((await client.get(persistentvolumeclaims, ref)).metadata.annotations?.[annotation], undefined);
  assert.deepEqual(fixture.complaints, []);
});

it('what a former in-tree kind was is resized by its CSI driver, by name; a manager that restarts says so again', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await bound(fixture, { awsElasticBlockStore: { volumeID: 'v', fsType: 'ext4' } });
  await ask(fixture, '2Gi');
  await clock.advance(1000);
  assert.equal((await client.get(persistentvolumeclaims, ref)).metadata.annotations?.[annotation], 'ebs.csi.aws.com');
  await fixture.restart();
  await clock.advance(1000);
  const said = await fixture.eventsOn('data');
  assert.match(said.at(-1) ?? '', /^ExternalExpanding CSI migration enabled for kubernetes.io\/aws-ebs; waiting for external resizer to expand the pvc x\d$/);
});

it('an expansion that cannot be had is recovered from: the request may shrink again, as long as it is more than there is', async () => {
  await using fixture = await start();
  const { client } = fixture;
  await bound(fixture, { csi: { driver: 'disk.example.com', volumeHandle: 'h' } });
  await ask(fixture, '100Gi');
  // What the resizer writes while it tries, and when it cannot.
  const allocatedResources = { storage: '100Gi' };
  await client.patch(persistentvolumeclaims, ref, { type: 'merge', value: { status: { allocatedResources, allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' }, conditions: [{ type: 'Resizing', status: 'True' }] } } }, { subresource: 'status' });
  await ask(fixture, '5Gi');
  await assert.rejects(ask(fixture, '1Gi'), /field can not be less than status\.capacity/);
  await assert.rejects(ask(fixture, '512Mi'), /field can not be less than status\.capacity/);
  const { spec, status } = await client.get(persistentvolumeclaims, ref);
  assert.deepEqual([spec?.resources?.requests?.['storage'], status?.allocatedResources, status?.allocatedResourceStatuses], ['5Gi', allocatedResources, { storage: 'ControllerResizeInfeasible' }]);
});
