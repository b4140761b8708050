import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/types/core/v1.ts';
import type { CSINode, StorageClass } from '../../../api/types/storage/v1.ts';
import { podInfoOf } from '../../cache/pod-info.ts';
import { mayHelp } from '../../framework/events.ts';
import { node, pod, TestCluster } from '../../testing/cluster.ts';

const claim = (name: string, spec: PersistentVolumeClaim['spec'] = {}, more: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
  ...more,
  metadata: { namespace: 'default', name, uid: `claim-${name}`, resourceVersion: '1', ...more.metadata },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const bound = (name: string, volumeName: string, spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim => claim(name, { volumeName, ...spec }, { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, status: { phase: 'Bound' } });
const volume = (name: string, spec: PersistentVolume['spec'] = {}, labels?: Record<string, string>): PersistentVolume => ({
  metadata: { name, resourceVersion: '1', ...(labels && { labels }) },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '10Gi' }, ...spec },
  status: { phase: 'Available' },
});
const inZone = (value: string): PersistentVolume['spec'] => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] }] } } });
const late = (provisioner: string, more: Partial<StorageClass> = {}): StorageClass => ({ metadata: { name: 'late' }, provisioner, volumeBindingMode: 'WaitForFirstConsumer', ...more });
const using = (...names: string[]): Pod => pod({ volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) });
const a = node('a', { labels: { zone: 'x' } });
const b = node('b', { labels: { zone: 'y' } });

interface World { readonly claims?: readonly PersistentVolumeClaim[]; readonly volumes?: readonly PersistentVolume[]; readonly classes?: readonly StorageClass[] }

function cluster({ claims = [], volumes = [], classes = [] }: World, nodes = [a, b]): TestCluster {
  const made = new TestCluster({ nodes });
  for (const one of claims) made.stores.persistentVolumeClaims.set(one);
  for (const one of volumes) made.stores.persistentVolumes.set(one);
  for (const one of classes) made.stores.storageClasses.set(one);
  return made;
}

describe('volumes of a new pod', () => {
  const nowhere = (reason: string): string => `0/2 nodes are available: ${reason}.`;
  const zoned = [node('a', { labels: { 'topology.kubernetes.io/zone': 'w' } }), node('b', { labels: { 'topology.kubernetes.io/zone': 's' } })];
  const rows: readonly (readonly [title: string, expected: string, world: World, waiting: Pod, nodes?: (typeof a)[]])[] = [
    ['must have a claim', nowhere('persistentvolumeclaim "data" not found'), {}, using('data')],
    ['wait for the controller to make ephemeral claims', nowhere('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"'), {}, { ...pod({ volumes: [{ name: 'scratch', ephemeral: {} }] }), metadata: { namespace: 'default', name: 'p', uid: 'p' } }],
    ['must not be lost', nowhere('persistentvolumeclaim "data" bound to non-existent persistentvolume "gone"'), { claims: [claim('data', { volumeName: 'gone', storageClassName: 'late' }, { status: { phase: 'Lost' } })], classes: [late('x')] }, using('data')],
    ['must not be on their way out', nowhere('persistentvolumeclaim "data" is being deleted'), { claims: [claim('data', {}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })] }, using('data')],
    ['are bound before, unless their class waits', nowhere('pod has unbound immediate PersistentVolumeClaims'), { claims: [claim('data')] }, using('data')],
    ['are where their nodes are', 'b', { claims: [bound('data', 'v')], volumes: [volume('v', inZone('y'))] }, using('data')],
    ['may be out of reach', nowhere("2 node(s) didn't match PersistentVolume's node affinity"), { claims: [bound('data', 'v')], volumes: [volume('v', inZone('z'))] }, using('data')],
    ['may be gone', nowhere('persistentvolume "v" not found'), { claims: [bound('data', 'v')] }, using('data')],
    ['are in their zone', 'b', { claims: [bound('data', 'v')], volumes: [volume('v', {}, { 'topology.kubernetes.io/zone': 'n__s' })] }, using('data'), zoned],
    ['may be in a zone without nodes', nowhere('2 node(s) had no available volume zone'), { claims: [bound('data', 'v')], volumes: [volume('v', {}, { 'topology.kubernetes.io/zone': 'n' })] }, using('data'), zoned],
    ['are found among those that are there', 'b', { claims: [claim('data', { storageClassName: 'late' })], volumes: [volume('v', { storageClassName: 'late', ...inZone('y') })], classes: [late('kubernetes.io/no-provisioner')] }, using('data')],
    ['are not found', nowhere("2 node(s) didn't find available persistent volumes to bind"), { claims: [claim('data', { storageClassName: 'late', accessModes: ['ReadWriteMany'] })], volumes: [volume('v', { storageClassName: 'late' })], classes: [late('kubernetes.io/no-provisioner')] }, using('data')],
    ['can be made where their class allows', 'b', { claims: [claim('data', { storageClassName: 'late' })], classes: [late('csi.example.com', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['y'] }] }] })] }, using('data')],
    ['are made where they were promised', 'b', { claims: [claim('data', { storageClassName: 'late' }, { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'b' } } })], classes: [late('csi.example.com')] }, using('data')],
    ['two claims do not get one volume', nowhere("2 node(s) didn't find available persistent volumes to bind"), { claims: [claim('one', { storageClassName: 'late' }), claim('two', { storageClassName: 'late' })], volumes: [volume('v', { storageClassName: 'late' })], classes: [late('kubernetes.io/no-provisioner')] }, using('one', 'two')],
  ];
  for (const [title, expected, world, waiting, nodes] of rows) it(title, () => assert.equal(cluster(world, nodes).outcome(waiting), expected));

  it('need room where the driver counts it', () => {
    const made = cluster({ claims: [claim('data', { storageClassName: 'late' })], classes: [late('csi.example.com')] });
    made.stores.csiDrivers.set({ metadata: { name: 'csi.example.com' }, spec: { storageCapacity: true } } as never);
    assert.equal(made.outcome(using('data')), nowhere('2 node(s) did not have enough free storage'));
    const capacity = { metadata: { namespace: 'default', name: 'c' }, storageClassName: 'late', capacity: '5Gi', nodeTopology: { matchLabels: { zone: 'x' } } };
    made.stores.csiStorageCapacities.set(capacity as never);
    assert.equal(made.outcome(using('data')), 'a');
  });

  it('a volume that is promised is not promised again', () => {
    const made = cluster({ claims: [claim('one', { storageClassName: 'late' }), claim('two', { storageClassName: 'late' })], volumes: [volume('v', { storageClassName: 'late' })], classes: [late('kubernetes.io/no-provisioner')] });
    const first = made.place(using('one'));
    assert.ok(first.kind === 'placed');
    const plugin = made.profile.byName.get('VolumeBinding')!;
    plugin.reserve!(first.cycle.pod, first.node.name, first.cycle.stateOf(plugin));
    assert.equal(made.outcome(using('two')), nowhere("2 node(s) didn't find available persistent volumes to bind"));
    plugin.unreserve!(first.cycle.pod, first.node.name, first.cycle.stateOf(plugin));
    assert.equal(made.place(using('two')).kind, 'placed');
  });

  it('a claim for one pod alone has one', () => {
    const made = cluster({ claims: [bound('data', 'v', { accessModes: ['ReadWriteOncePod'] })], volumes: [volume('v')] });
    assert.equal(made.place(using('data')).kind, 'placed');
    made.run(using('data'), 'a');
    assert.equal(made.outcome(using('data')), nowhere('2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod'));
  });

  it('a node takes as many as its driver says', () => {
    const csi = (handle: string): PersistentVolume['spec'] => ({ csi: { driver: 'csi.example.com', volumeHandle: handle } });
    const made = cluster({ claims: [bound('one', 'v1'), bound('two', 'v2'), bound('three', 'v3')], volumes: [volume('v1', csi('1')), volume('v2', csi('2')), volume('v3', csi('3'))] }, [a]);
    made.stores.csiNodes.set({ metadata: { name: 'a' }, spec: { drivers: [{ name: 'csi.example.com', nodeID: 'a', allocatable: { count: 2 } }] } } as never);
    made.run(using('one'), 'a');
    assert.equal(made.outcome(using('one', 'two')), 'a');
    assert.equal(made.outcome(using('two', 'three')), '0/1 nodes are available: 1 node(s) exceed max volume count.');
    made.stores.volumeAttachments.set({ metadata: { name: 'x' }, spec: { attacher: 'csi.example.com', nodeName: 'a', source: { persistentVolumeName: 'v3' } } } as never);
    assert.equal(made.outcome(using('two')), '0/1 nodes are available: 1 node(s) exceed max volume count.');
    assert.equal(made.outcome(using('three')), '0/1 nodes are available: 1 node(s) exceed max volume count.', 'as upstream counts what is attached and no pod uses');
  });

  it('are looked for again when a driver takes over volumes of an old kind', () => {
    const { byName } = cluster({}).profile;
    const csiNode = (plugins: string): CSINode => ({ metadata: { name: 'a', annotations: { 'storage.alpha.kubernetes.io/migrated-plugins': plugins } }, spec: { drivers: [] } });
    const helps = (before: string, after: string): boolean => mayHelp(byName.get('VolumeBinding')!.wakes, podInfoOf(using('data')), { label: 'CSINodeUpdate', old: csiNode(before), object: csiNode(after) });
    assert.deepEqual([helps('', 'kubernetes.io/gce-pd'), helps('kubernetes.io/gce-pd', 'kubernetes.io/gce-pd')], [true, false]);
  });
});
