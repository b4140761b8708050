import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { context, kindOf } from '../testing/kind.ts';
import { persistentVolumeClaimDefinition } from './persistent-volume-claim.ts';
import { persistentVolumeDefinition } from './persistent-volume.ts';

const now = '2026-01-01T01:00:00Z';
const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
const hostPath = { path: '/data' };
const volume = kindOf(persistentVolumeDefinition, { spec: { ...spec, hostPath } });

test('persistent volumes: defaults', () => {
  const made = volume.make({ spec: { ...spec, capacity: { storage: '1.0001m' }, hostPath: { path: '/a' } }, status: { phase: 'Bound' } });
  assert.deepEqual(made.spec, { capacity: { storage: '2m' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a', type: '' }, persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
  assert.deepEqual(made.status, { phase: 'Pending', lastPhaseTransitionTime: now });
  assert.deepEqual(volume.make({ spec: { rbd: {}, iscsi: {}, azureDisk: {}, scaleIO: {} } }).spec, {
    rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }, iscsi: { iscsiInterface: 'default' }, azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false }, scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
    persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
});

test('persistent volumes: validation of the spec', () => {
  const table: [Fields, string[]][] = [
    [{ hostPath }, []],
    [{ accessModes: ['ReadWriteOncePod', 'ReadOnlyMany', 'x'], hostPath }, ['spec.accessModes: Unsupported value: "x": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"', 'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes']],
    [{ accessModes: [], capacity: {}, hostPath }, ['spec.accessModes: Required value', 'spec.capacity: Required value', 'spec.capacity: Unsupported value: null: supported values: "storage"']],
    [{ capacity: { storage: '1', cpu: '1' }, hostPath }, ['spec.capacity: Unsupported value: {"cpu":"1","storage":"1"}: supported values: "storage"']],
    [{ capacity: { storage: '-2' }, hostPath }, ['spec.capacity[storage]: Invalid value: -2: must be a valid resource quantity', 'spec.capacity[storage]: Invalid value: "-2": must be greater than zero']],
    [{ persistentVolumeReclaimPolicy: 'x', volumeMode: 'y', storageClassName: 'A', hostPath }, ['spec.persistentVolumeReclaimPolicy: Unsupported value: "x": supported values: "Delete", "Recycle", "Retain"', `spec.storageClassName: Invalid value: "A": ${subdomain}`, 'spec.volumeMode: Unsupported value: "y": supported values: "Block", "Filesystem"']],
    [{ persistentVolumeReclaimPolicy: 'Recycle', hostPath: { path: '/./' } }, ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"]],
    [{ volumeAttributesClassName: '', hostPath }, ['spec.volumeAttributesClassName: Required value: an empty string is disallowed', 'spec.csi: Required value: has to be specified when using volumeAttributesClassName']],
    [{ nodeAffinity: {}, hostPath }, ['spec.nodeAffinity.required: Required value: must specify required node constraints']],
    [{ nodeAffinity: { required: { nodeSelectorTerms: [] } }, hostPath }, ['spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(volume.errors({ spec: { ...spec, ...fields } }), expected, JSON.stringify(fields));
  assert.deepEqual(volume.errors({ metadata: { annotations: { 'volume.beta.kubernetes.io/mount-options': 'ro' } } }), ['metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type']);
  assert.deepEqual(volume.errors({ metadata: { annotations: { 'volume.beta.kubernetes.io/mount-options': 'ro' } }, spec: { ...spec, nfs: { server: 's', path: '/' } } }), []);
});

test('persistent volumes: what each type must say', () => {
  const iqn = 'iqn.2001-04.com.example:storage';
  const table: [Fields, string[]][] = [
    [{}, ['spec: Required value: must specify a volume type']],
    [{ hostPath, nfs: { server: 's', path: '/' }, cephfs: { monitors: ['m'] }, flexVolume: { driver: 'd' } }, ['spec.nfs: Forbidden: may not specify more than 1 volume type', 'spec.cephFS: Forbidden: may not specify more than 1 volume type']],
    [{ local: {} }, ['spec.local.path: Required value', 'spec.nodeAffinity: Required value: Local volume requires node affinity']],
    [{ gcePersistentDisk: { pdName: '', partition: 256 } }, ['spec.persistentDisk.pdName: Required value', 'spec.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive']],
    [{ glusterfs: { endpoints: 'e', path: 'p', endpointsNamespace: '' } }, ['spec.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name']],
    [{ iscsi: { targetPortal: 'x'.repeat(63), iqn: 'x', lun: 256, chapAuthSession: true, initiatorName: 'iqn' } }, [
      `spec.iscsi.targetportal: Invalid value: "${'x'.repeat(63)}": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.`, 'spec.iscsi.iqn: Invalid value: "x": must be valid format', 'spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive', 'spec.iscsi.secretRef: Required value', 'spec.iscsi.initiatorname: Invalid value: "iqn": must be valid format']],
    [{ iscsi: { targetPortal: 'p', iqn, lun: 0, secretRef: {} } }, ['spec.iscsi.secretRef.name: Required value']],
    [{ cinder: { volumeID: 'v', secretRef: {} } }, ['spec.cinder.secretRef.name: Required value', 'spec.cinder.secretRef.namespace: Required value']],
    [{ azureFile: { secretName: '', shareName: 's', secretNamespace: '' } }, ['spec.azureFile.secretName: Required value', 'spec.azureFile.secretNamespace: Required value']],
    [{ storageos: { volumeName: 'A', secretRef: { name: 'n' } } }, [`spec.storageos.volumeName: Invalid value: "A": ${label}`, 'spec.storageos.secretRef.namespace: Required value']],
    [{ csi: { driver: '', volumeHandle: '', nodeStageSecretRef: {}, nodePublishSecretRef: { name: 'A', namespace: '' } } }, [
      'spec.csi.driver: Required value', 'spec.csi.volumeHandle: Required value', `spec.csi.nodePublishSecretRef.name: Invalid value: "A": ${subdomain}`, 'spec.csi.nodePublishSecretRef.namespace: Required value']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(volume.errors({ spec: { ...spec, ...fields } }), expected, JSON.stringify(fields));
});

test('persistent volumes: what an update may change', () => {
  const affinity = (key: string, value: string): Fields => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] } } });
  const csi = { driver: 'd', volumeHandle: 'h' };
  const update = (before: Fields, after: Fields): string[] => volume.update({ spec: { ...spec, ...before } }, { spec: { ...spec, ...after } });
  assert.deepEqual(update({ hostPath }, { hostPath: { path: '/other' } }), ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n  core.PersistentVolumeSource{\n  \tHostPath: {\n- \t\tPath: "/data",\n+ \t\tPath: "/other",\n  \t\t... // 1 identical field\n  \t},\n  }\n']);
  assert.deepEqual(update({ hostPath }, { hostPath, volumeMode: 'Block', ...affinity('zone', 'a') }), ['volumeMode: Invalid value: "Block": field is immutable']);
  assert.deepEqual(update({ hostPath, ...affinity('zone', 'a') }, { hostPath, ...affinity('zone', 'b') }), ['nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"zone","Operator":"In","Values":["b"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA']);
  assert.deepEqual(update({ hostPath, ...affinity('beta.kubernetes.io/os', 'linux') }, { hostPath, ...affinity('kubernetes.io/os', 'linux') }), []);
  assert.deepEqual(update({ csi }, { csi: { ...csi, controllerExpandSecretRef: { name: 'a', namespace: 'b' } } }), []);
  assert.deepEqual(update({ csi, volumeAttributesClassName: 'gold' }, { csi }), ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden']);
  assert.deepEqual(update({ hostPath }, { hostPath, capacity: { storage: '2Gi' }, claimRef: { name: 'c' }, persistentVolumeReclaimPolicy: 'Delete' }), []);
});

test('persistent volumes: when the phase changed', () => {
  const status = persistentVolumeDefinition.subresources!['status']!;
  const old = volume.make();
  old.status = { phase: 'Available', lastPhaseTransitionTime: '2026-01-01T00:10:00Z' };
  const after = (given: Fields): unknown => {
    const object = { ...structuredClone(old), status: given, spec: {} };
    status.prepareForUpdate!(object, old, context);
    assert.deepEqual(object.spec, old.spec);
    return object.status;
  };
  assert.deepEqual(after({ phase: 'Available' }), { phase: 'Available', lastPhaseTransitionTime: '2026-01-01T00:10:00Z' });
  assert.deepEqual(after({ phase: 'Bound' }), { phase: 'Bound', lastPhaseTransitionTime: now });
  assert.deepEqual(after({ phase: 'Bound', lastPhaseTransitionTime: '2026-01-01T00:10:00Z' }), { phase: 'Bound', lastPhaseTransitionTime: now });
  assert.deepEqual(after({ phase: 'Bound', lastPhaseTransitionTime: '2026-01-01T00:20:00Z' }), { phase: 'Bound', lastPhaseTransitionTime: '2026-01-01T00:20:00Z' });
});

test('persistent volumes: warnings and columns', () => {
  assert.deepEqual(volume.warnings({ metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 's' } }, spec: { ...spec, persistentVolumeReclaimPolicy: 'Recycle', storageos: {}, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }] } } } }), [
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
    'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.storageOS: deprecated in v1.22, non-functional in v1.25+']);
  assert.deepEqual(volume.cells({ spec: { ...spec, claimRef: { namespace: 'n', name: 'c' }, persistentVolumeReclaimPolicy: 'Retain', storageClassName: 's' }, status: { phase: 'Bound', reason: 'r' } }), ['a', '1Gi', 'RWO', 'Retain', 'Bound', 'n/c', 's', '<unset>', 'r', '60m', '<unset>']);
});

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const claim = kindOf(persistentVolumeClaimDefinition, { spec: claimSpec });

test('claims: defaults, and sources of contents', () => {
  assert.deepEqual(claim.make({ status: { phase: 'Bound' } }), { ...claim.make(), spec: { ...claimSpec, volumeMode: 'Filesystem' }, status: { phase: 'Pending' } });
  const sources = (fields: Fields): unknown => {
    const { dataSource, dataSourceRef } = claim.make({ spec: { ...claimSpec, ...fields } }).spec!;
    return [dataSource, dataSourceRef];
  };
  const own = { kind: 'PersistentVolumeClaim', name: 'c' };
  const snapshot = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
  const populator = { apiGroup: 'example.com', kind: 'Populator', name: 'p' };
  assert.deepEqual(sources({ dataSource: own }), [own, own]);
  assert.deepEqual(sources({ dataSource: snapshot }), [snapshot, snapshot]);
  assert.deepEqual(sources({ dataSource: populator }), [undefined, undefined]);
  assert.deepEqual(sources({ dataSourceRef: populator }), [populator, populator]);
  assert.deepEqual(sources({ dataSourceRef: { ...populator, namespace: 'other' } }), [undefined, undefined]);
  // An older client that leaves the newer field out does not change anything.
  assert.deepEqual(claim.update({ spec: { ...claimSpec, dataSourceRef: populator } }, { spec: { ...claimSpec, dataSource: populator } }), []);
});

test('claims: validation', () => {
  const table: [Fields, string[]][] = [
    [{}, []],
    [{ accessModes: [], resources: {} }, ['spec.accessModes: Required value: at least 1 access mode is required', 'spec.resources[storage]: Required value']],
    [{ resources: { requests: { storage: '0' } }, storageClassName: 'A', volumeMode: 'x' }, ['spec.resources[storage]: Invalid value: "0": must be greater than zero', `spec.storageClassName: Invalid value: "A": ${subdomain}`, 'spec.volumeMode: Unsupported value: "x": supported values: "Block", "Filesystem"']],
    [{ dataSourceRef: { kind: 'X', name: '' } }, ['spec.dataSource.name: Required value', "spec.dataSource: Invalid value: \"X\": must be 'PersistentVolumeClaim' when referencing the default apiGroup", 'spec.dataSourceRef.name: Required value', "spec.dataSourceRef: Invalid value: \"X\": must be 'PersistentVolumeClaim' when referencing the default apiGroup"]],
    [{ dataSource: { kind: 'PersistentVolumeClaim', name: 'a' }, dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' } }, ['spec: Invalid value: {}: must match dataSourceRef']],
    [{ volumeAttributesClassName: 'A' }, [`spec.volumeAttributesClassName: Invalid value: "A": ${subdomain}`]],
  ];
  for (const [fields, expected] of table) assert.deepEqual(claim.errors({ spec: { ...claimSpec, ...fields } }), expected, JSON.stringify(fields));
});

test('claims: what an update may change', () => {
  const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' }, currentVolumeAttributesClassName: 'gold' } };
  const update = (before: Fields, after: Fields, more: Fields = {}): string[] => claim.update({ spec: { ...claimSpec, ...before }, ...more }, { spec: { ...claimSpec, ...after } });
  const size = (storage: string): Fields => ({ resources: { requests: { storage } } });
  const immutable = 'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';
  assert.deepEqual(update({}, { volumeName: 'v' }), []);
  assert.deepEqual(update({ volumeName: 'v' }, { volumeName: 'w' }), [`${immutable}  core.PersistentVolumeClaimSpec{\n- \tVolumeName: "v",\n+ \tVolumeName: "w",\n  \t... // 3 identical fields\n  }\n`.replace('- \tVolumeName: "v",\n+ \tVolumeName: "w",\n  \t... // 3 identical fields', '  \t... // 2 identical fields\n- \tVolumeName: "v",\n+ \tVolumeName: "w",\n  \t... // 1 identical field')]);
  assert.match(update({}, size('2Gi'))[0]!, /^spec: Forbidden: spec is immutable after creation/);
  assert.deepEqual(update({ volumeName: 'v' }, { volumeName: 'v', ...size('2Gi'), volumeAttributesClassName: 'silver' }, bound), []);
  assert.deepEqual(update({ ...size('3Gi') }, size('2Gi'), bound), []);
  assert.deepEqual(update({ ...size('3Gi') }, size('1Gi'), bound), ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity']);
  assert.deepEqual(update({ volumeAttributesClassName: 'gold' }, {}, bound), ['spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil']);
  assert.deepEqual(update({ volumeAttributesClassName: 'gold' }, { volumeAttributesClassName: '' }, bound), ['spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil']);
  assert.deepEqual(update({}, { volumeMode: 'Block' }).slice(1), ['volumeMode: Invalid value: "Block": field is immutable']);
  // A claim without a class may get one.
  assert.deepEqual(update({}, { storageClassName: 's' }), []);
  assert.match(update({ storageClassName: 's' }, { storageClassName: 't' })[0]!, /StorageClassName: "t"/);
  const annotated = { metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 's' } } };
  assert.deepEqual(claim.update(annotated, { spec: { ...claimSpec, storageClassName: 's' } }), []);
  assert.deepEqual(claim.update(annotated, {}), ['metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "": field is immutable']);
});

test('claims: status, warnings and columns', () => {
  assert.deepEqual(claim.update({}, { status: { phase: 'Bound', capacity: { storage: '-1' }, allocatedResourceStatuses: { storage: 'x', cpu: 'NodeResizePending' }, allocatedResources: { 'a b': '1', storage: '-1' } } }, 'status'), [
    'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
    'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
    'status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "storage"',
    "status.allocatedResources: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'status.allocatedResources[storage]: Invalid value: -1: must be a valid resource quantity']);
  assert.deepEqual(claim.warnings({ spec: { ...claimSpec, resources: { requests: { storage: '1500m' } } } }), ['spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer']);
  assert.deepEqual(claim.cells({ metadata: { deletionTimestamp: now }, spec: { ...claimSpec, volumeName: 'v', volumeMode: 'Block' }, status: { accessModes: ['ReadWriteMany', 'ReadWriteOnce'] } }), ['a', 'Terminating', 'v', '0', 'RWO,RWX', '', '<unset>', '60m', 'Block']);
});
