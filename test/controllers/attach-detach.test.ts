import assert from 'node:assert/strict';
import { it } from 'node:test';
import { csidrivers, nodes, persistentvolumeclaims, persistentvolumes, pods, volumeattachments } from '../../src/api/resources.ts';
import type { Node, Pod } from '../../src/api/types/core/v1.ts';
import type { VolumeAttachment } from '../../src/api/types/storage/v1.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ns = 'default';
const driver = 'disk.example.com';
const unique = `kubernetes.io/csi/${driver}^handle-1`;
const start = (): Promise<Fixture> => startFixture({ kubelet: false, controllers: ['serviceaccount-controller', 'persistentvolume-attach-detach-controller'] });

async function node({ client }: Fixture, name: string): Promise<void> {
  await client.create(nodes, { metadata: { name, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } } });
  await client.patch(nodes, { name }, { type: 'merge', value: { status: { conditions: [{ type: 'Ready', status: 'True' }] } } }, { subresource: 'status' });
}

/** A volume `data` of the driver, bound to the claim `data`. */
async function volume({ client }: Fixture, mode = 'ReadWriteOnce'): Promise<void> {
  const resources = { requests: { storage: '1Gi' } };
  const claim = await client.create(persistentvolumeclaims, { metadata: { namespace: ns, name: 'data' }, spec: { accessModes: [mode], resources, volumeName: 'data', storageClassName: '' } });
  await client.create(persistentvolumes, { metadata: { name: 'data' }, spec: { accessModes: [mode], capacity: { storage: '1Gi' }, csi: { driver, volumeHandle: 'handle-1' }, claimRef: { namespace: ns, name: 'data', uid: claim.metadata.uid! } } });
  await client.patch(persistentvolumeclaims, { namespace: ns, name: 'data' }, { type: 'merge', value: { status: { phase: 'Bound' } } }, { subresource: 'status' });
}

const pod = (name: string, nodeName: string): Pod => ({ metadata: { namespace: ns, name }, spec: { nodeName, containers: [{ name: 'c', image: 'x' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } });
const attachments = async ({ client }: Fixture): Promise<readonly VolumeAttachment[]> => (await client.list(volumeattachments)).items;
const status = async ({ client }: Fixture, name: string): Promise<NonNullable<Node['status']>> => (await client.get(nodes, { name })).status ?? {};
const told = async (fixture: Fixture, name: string): Promise<string[]> => ((await status(fixture, name)).volumesAttached ?? []).map((one) => one.name);
const inUse = ({ client }: Fixture, name: string, ...names: string[]): Promise<unknown> => client.patch(nodes, { name }, { type: 'merge', value: { status: { volumesInUse: names } } }, { subresource: 'status' });
/** Plays the driver's attacher: says what became of every attachment. */
async function attacher({ client }: Fixture, said: object): Promise<void> {
  for (const { metadata } of (await client.list(volumeattachments)).items) {
    await client.patch(volumeattachments, { name: metadata.name! }, { type: 'merge', value: { metadata: { finalizers: ['external-attacher/disk'] } } });
    await client.patch(volumeattachments, { name: metadata.name! }, { type: 'merge', value: { status: said } }, { subresource: 'status' });
  }
}
const detached = ({ client }: Fixture, name: string): Promise<unknown> => client.patch(volumeattachments, { name }, { type: 'merge', value: { metadata: { finalizers: null } } });
const remove = ({ client }: Fixture, name: string): Promise<unknown> => client.delete(pods, { namespace: ns, name }, { gracePeriodSeconds: 0 });

it('a volume is attached for its pod, the node is told, and it is detached once the node has unmounted it', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await node(fixture, 'node-1');
  await client.create(pods, pod('web', 'node-1'));
  await clock.advance(1000);
  assert.deepEqual(await attachments(fixture), []);
  await volume(fixture);
  await clock.advance(1000);
  const [attachment] = await attachments(fixture);
  // sha256 of handle, driver and node.
  assert.equal(attachment!.metadata.name, 'csi-f2ffba6e20981f72b78b9e50cd085771d517bd3a42ac9bf192e80b5f3f5a65f1');
  assert.deepEqual(attachment!.spec, { attacher: driver, nodeName: 'node-1', source: { persistentVolumeName: 'data' } });
  assert.deepEqual(await told(fixture, 'node-1'), []);
  await attacher(fixture, { attached: true });
  await clock.advance(1000);
  assert.deepEqual((await status(fixture, 'node-1')).volumesAttached, [{ name: unique, devicePath: '' }]);
  assert.deepEqual(await fixture.eventsOn('web'), ['SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "data"  x1']);

  await inUse(fixture, 'node-1', unique);
  await remove(fixture, 'web');
  await clock.advance(60_000);
  assert.deepEqual(await told(fixture, 'node-1'), [unique]);
  await inUse(fixture, 'node-1');
  await clock.advance(1000);
  assert.deepEqual(await told(fixture, 'node-1'), []);
  assert.notEqual((await attachments(fixture))[0]!.metadata.deletionTimestamp, undefined);
  await detached(fixture, attachment!.metadata.name!);
  await clock.advance(1000);
  assert.deepEqual(await attachments(fixture), []);
  assert.deepEqual(fixture.complaints, []);
});

it('what the driver says of a failure is told the pod, and it is tried again', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await node(fixture, 'node-1');
  await volume(fixture);
  await client.create(pods, pod('web', 'node-1'));
  await clock.advance(1000);
  await attacher(fixture, { attached: false, attachError: { message: 'rpc error: no such disk' } });
  await clock.advance(700);
  assert.deepEqual(await fixture.eventsOn('web'), ['FailedAttachVolume AttachVolume.Attach failed for volume "data" : rpc error: no such disk x1']);
  await attacher(fixture, { attached: true, attachError: null });
  await clock.advance(2000);
  assert.deepEqual(await told(fixture, 'node-1'), [unique]);
});

it('a driver that says nothing has two minutes', async () => {
  await using fixture = await start();
  await node(fixture, 'node-1');
  await volume(fixture);
  await fixture.client.create(pods, pod('web', 'node-1'));
  await fixture.clock.advance(121_000);
  assert.deepEqual(await fixture.eventsOn('web'), [`FailedAttachVolume AttachVolume.Attach failed for volume "data" : timed out waiting for external-attacher of ${driver} CSI driver to attach volume handle-1 x1`]);
});

it('a volume of one node is not attached to another before it is free there', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  for (const name of ['node-1', 'node-2']) await node(fixture, name);
  await volume(fixture);
  await client.create(pods, pod('first', 'node-1'));
  await clock.advance(1000);
  await attacher(fixture, { attached: true });
  await clock.advance(1000);
  await inUse(fixture, 'node-1', unique);
  await client.create(pods, pod('second', 'node-2'));
  await clock.advance(30_000);
  assert.deepEqual(await fixture.eventsOn('second'), ['FailedAttachVolume Multi-Attach error for volume "data" Volume is already used by pod(s) first x1']);
  assert.equal((await attachments(fixture)).length, 1);
  // The manager restarts while the volume moves.
  await remove(fixture, 'first');
  await fixture.restart();
  await inUse(fixture, 'node-1');
  await clock.advance(1000);
  await detached(fixture, (await attachments(fixture))[0]!.metadata.name!);
  await clock.advance(1000);
  assert.deepEqual((await attachments(fixture)).map(({ spec }) => spec.nodeName), ['node-2']);
  await attacher(fixture, { attached: true });
  await clock.advance(1000);
  assert.deepEqual([await told(fixture, 'node-1'), await told(fixture, 'node-2')], [[], [unique]]);
});

it('a volume that many may have is attached to both nodes', async () => {
  await using fixture = await start();
  for (const name of ['node-1', 'node-2']) await node(fixture, name);
  await volume(fixture, 'ReadWriteMany');
  for (const [name, at] of [['first', 'node-1'], ['second', 'node-2']] as const) await fixture.client.create(pods, pod(name, at));
  await fixture.clock.advance(1000);
  assert.deepEqual((await attachments(fixture)).map(({ spec }) => spec.nodeName).sort(), ['node-1', 'node-2']);
});

const forcedDetaches = 'attach_detach_controller_attachdetach_controller_forced_detaches';

for (const [name, change, after, reason] of [
  ['of a node that is not ready, after six minutes', { conditions: [{ type: 'Ready', status: 'Unknown' }] }, [5 * 60_000, 61_000], 'timeout'],
  ['of a node that is out of service, at once', undefined, [0, 1000], 'out-of-service'],
] as const) {
  it(`a volume is taken away though it is mounted: ${name}`, async () => {
    await using fixture = await start();
    const { client, clock } = fixture;
    await node(fixture, 'node-1');
    await volume(fixture);
    await client.create(pods, pod('web', 'node-1'));
    await clock.advance(1000);
    await attacher(fixture, { attached: true });
    await clock.advance(1000);
    await inUse(fixture, 'node-1', unique);
    await remove(fixture, 'web');
    if (change !== undefined) await client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { status: change } }, { subresource: 'status' });
    await clock.advance(after[0]);
    assert.equal((await attachments(fixture))[0]!.metadata.deletionTimestamp, undefined);
    if (change === undefined) await client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } } });
    assert.deepEqual(await fixture.counted(forcedDetaches), []);
    await clock.advance(after[1]);
    assert.notEqual((await attachments(fixture))[0]!.metadata.deletionTimestamp, undefined);
    assert.deepEqual(await fixture.counted(forcedDetaches), [`${reason} 1`]);
    assert.deepEqual(await told(fixture, 'node-1'), []);
  });
}

it('a driver that attaches nothing, and volumes that nodes attach themselves', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await node(fixture, 'node-1');
  await client.create(csidrivers, { metadata: { name: driver }, spec: { attachRequired: false } });
  await volume(fixture);
  await client.create(pods, pod('web', 'node-1'));
  const own = pod('own', 'node-1');
  await client.create(pods, { ...own, spec: { ...own.spec!, volumes: [{ name: 'lun', iscsi: { targetPortal: '10.0.0.1:3260', iqn: 'iqn.2001-04.com.example:disk', lun: 0 } }] } });
  await clock.advance(1000);
  assert.deepEqual(await attachments(fixture), []);
  assert.deepEqual(await told(fixture, 'node-1'), ['kubernetes.io/iscsi/10.0.0.1:3260:iqn.2001-04.com.example:disk:0']);
  await remove(fixture, 'own');
  await clock.advance(1000);
  assert.deepEqual(await told(fixture, 'node-1'), []);
});

it('an attachment without a pod, left from before, is removed', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await node(fixture, 'node-1');
  await volume(fixture);
  await client.create(pods, pod('web', 'node-1'));
  await clock.advance(1000);
  const [left] = await attachments(fixture);
  await fixture.restart();
  await clock.advance(1000);
  assert.equal((await attachments(fixture))[0]!.metadata.uid, left!.metadata.uid);
  await client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { status: { volumesAttached: null } } }, { subresource: 'status' });
  await remove(fixture, 'web');
  await fixture.restart();
  await clock.advance(3000);
  assert.deepEqual(await attachments(fixture), []);
});
