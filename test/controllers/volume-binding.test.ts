/** The binder, the scheduler, attach/detach and the kubelets together: what a volume goes through that waits for its pod. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { events, nodes, persistentvolumeclaims, persistentvolumes, pods, storageclasses, volumeattachments } from '../../src/api/resources.ts';
import type { PersistentVolumeClaim, PersistentVolumeSpec } from '../../src/api/types/core/v1.ts';
import { World, container } from '../conformance/world.ts';

const ns = 'default';
const ref = { namespace: ns, name: 'data' };
const driver = 'disk.example.com';
const selectedNode = 'volume.kubernetes.io/selected-node';

const claim = (storageClassName: string): PersistentVolumeClaim => ({ metadata: ref, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName } });
const onNode = (name: string): Pick<PersistentVolumeSpec, 'nodeAffinity'> => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] }] } } });
const eventsOn = async ({ client }: World, kind: string, name: string): Promise<string[]> => (await client.list(events, { namespace: ns })).items.filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name).map(({ reason, message }) => `${reason} ${message}`);
const annotations = async ({ client }: World): Promise<Readonly<Record<string, string>>> => (await client.get(persistentvolumeclaims, ref)).metadata.annotations ?? {};

async function lateClass({ client }: World, provisioner: string): Promise<void> {
  await client.create(storageclasses, { metadata: { name: 'late' }, provisioner, volumeBindingMode: 'WaitForFirstConsumer' });
}
async function pod({ client }: World, nodeSelector: Record<string, string> = {}): Promise<void> {
  await client.create(pods, { metadata: { namespace: ns, name: 'web' }, spec: { containers: [container()], nodeSelector, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } });
}
const nodeOf = async ({ client }: World): Promise<string | undefined> => (await client.get(pods, { namespace: ns, name: 'web' })).spec?.nodeName;

it('a claim waits for its pod, is provisioned for the pod\'s node by somebody else, bound, and its volume attached there', async () => {
  await using world = await World.start();
  const { client } = world;
  await lateClass(world, driver);
  await client.create(persistentvolumeclaims, claim('late'));
  await world.until('the claim to say what it waits for', async () => (await eventsOn(world, 'PersistentVolumeClaim', 'data')).includes('WaitForFirstConsumer waiting for first consumer to be created before binding'));
  assert.deepEqual(await annotations(world), {});

  await pod(world, { 'kubernetes.io/hostname': 'node-2' });
  await world.until('the provisioner to be asked', async () => (await annotations(world))['volume.kubernetes.io/storage-provisioner']);
  assert.deepEqual(await annotations(world), { [selectedNode]: 'node-2', 'volume.kubernetes.io/storage-provisioner': driver, 'volume.beta.kubernetes.io/storage-provisioner': driver });
  assert.ok((await eventsOn(world, 'PersistentVolumeClaim', 'data')).includes(`ExternalProvisioning Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`));
  assert.equal(await nodeOf(world), undefined);

  // What the external provisioner does.
  const { uid } = (await client.get(persistentvolumeclaims, ref)).metadata;
  await client.create(persistentvolumes, {
    metadata: { name: 'pvc-1', annotations: { 'pv.kubernetes.io/provisioned-by': driver } },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'late', csi: { driver, volumeHandle: 'h' }, claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...ref, uid: uid! }, ...onNode('node-2') },
  });
  await world.until('the pod to be scheduled', async () => (await nodeOf(world)) === 'node-2');
  const bound = await client.get(persistentvolumeclaims, ref);
  assert.equal(bound.status?.phase, 'Bound');
  assert.equal(bound.spec?.volumeName, 'pvc-1');
  assert.equal(bound.metadata.annotations?.['pv.kubernetes.io/bind-completed'], 'yes');
  const attachment = await world.until('the attachment', async () => (await client.list(volumeattachments)).items[0]);
  assert.deepEqual(attachment.spec, { attacher: driver, nodeName: 'node-2', source: { persistentVolumeName: 'pvc-1' } });
  await client.patch(volumeattachments, { name: attachment.metadata.name! }, { type: 'merge', value: { status: { attached: true } } }, { subresource: 'status' });
  await world.until('the pod to hear of it', async () => (await eventsOn(world, 'Pod', 'web')).includes('SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "pvc-1" '));
  // The node goes on reporting itself, and leaves what it was told alone.
  await world.clock.advance(10 * 60_000);
  assert.deepEqual((await client.get(nodes, { name: 'node-2' })).status?.volumesAttached, [{ name: `kubernetes.io/csi/${driver}^h`, devicePath: '' }]);
});

it('a provisioner that cannot serve a node takes the choice back, and another node is chosen', async () => {
  await using world = await World.start();
  const { client } = world;
  await lateClass(world, driver);
  await client.create(persistentvolumeclaims, claim('late'));
  await pod(world);
  const first = await world.until('a node to be selected', async () => (await annotations(world))[selectedNode]);
  await client.patch(persistentvolumeclaims, ref, { type: 'merge', value: { metadata: { annotations: { [selectedNode]: null } } } });
  await world.until('a node to be selected again', async () => (await annotations(world))[selectedNode]);
  assert.ok(['node-1', 'node-2'].includes(first));
  assert.equal(await nodeOf(world), undefined);
});

it('a local volume takes its pod to its node; who comes second waits', async () => {
  await using world = await World.start();
  const { client } = world;
  await lateClass(world, 'kubernetes.io/no-provisioner');
  await client.create(persistentvolumes, { metadata: { name: 'local-1' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'late', local: { path: '/mnt/one' }, ...onNode('node-2') } });
  await client.create(persistentvolumeclaims, claim('late'));
  await pod(world);
  await world.until('the pod to be scheduled', async () => (await nodeOf(world)) === 'node-2');
  const volume = await client.get(persistentvolumes, { name: 'local-1' });
  assert.equal(volume.status?.phase, 'Bound');
  assert.equal(volume.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], 'yes');
  await client.create(persistentvolumeclaims, { ...claim('late'), metadata: { namespace: ns, name: 'more' } });
  await client.create(pods, { metadata: { namespace: ns, name: 'second' }, spec: { containers: [container()], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'more' } }] } });
  await world.until('the second pod to say why', async () => (await eventsOn(world, 'Pod', 'second')).some((event) => event.startsWith("FailedScheduling 0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.")));
  await world.until('its claim to say what it waits for', async () => (await eventsOn(world, 'PersistentVolumeClaim', 'more')).includes('WaitForPodScheduled waiting for pod second to be scheduled'));
});
