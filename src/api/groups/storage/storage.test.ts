import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { csiDriverDefinition, csiNodeDefinition, csiStorageCapacityDefinition, storageClassDefinition, volumeAttachmentDefinition, volumeAttributesClassDefinition } from './storage.ts';

const qualified = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const storageClass = kindOf(storageClassDefinition, { provisioner: 'Example.com/p' });

test('storage classes: defaults and validation', () => {
  assert.deepEqual([storageClass.make().reclaimPolicy, storageClass.make().volumeBindingMode], ['Delete', 'Immediate']);
  const expression = { key: 'zone', values: ['a', 'b'] };
  const many = Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`k${i}`, '']));
  const table: [Fields, string[]][] = [
    [{}, []],
    [{ provisioner: '' }, ['provisioner: Required value']],
    [{ provisioner: 'A b' }, [`provisioner: Invalid value: "a b": ${qualified}`]],
    [{ parameters: { '': 'x' } }, ['parameters: Invalid value: "": field can not be empty.']],
    [{ parameters: many }, ['parameters: Too long: may not be more than 512 bytes']],
    [{ parameters: { a: 'x'.repeat(256 * 1024) } }, ['parameters: Too long: may not be more than 262144 bytes']],
    [{ reclaimPolicy: 'Recycle', volumeBindingMode: 'Later' }, ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"', 'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"']],
    [{ allowedTopologies: [{ matchLabelExpressions: [{ key: 'a/b/c' }] }] }, ['allowedTopologies[0].matchLabelExpressions[0].values: Required value', `allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "a/b/c": a valid label key ${qualified.slice('name part '.length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]],
    [{ allowedTopologies: [{ matchLabelExpressions: [expression, { key: 'zone', values: ['a', 'a'] }] }] }, ['allowedTopologies[0].matchLabelExpressions[1].values[1]: Duplicate value: "a"', 'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"']],
    [{ allowedTopologies: [{ matchLabelExpressions: [expression] }, { matchLabelExpressions: [{ key: 'zone', values: ['b', 'a'] }] }] }, ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""']],
    [{ allowedTopologies: [{}] }, ['allowedTopologies[0].matchLabelExpressions: Duplicate value: ""']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(storageClass.errors(fields), expected, JSON.stringify(fields).slice(0, 200));
});

test('storage classes: what an update may change, warnings, columns', () => {
  assert.deepEqual(storageClass.update({}, { parameters: { a: 'b' }, provisioner: 'q', reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' }), [
    'parameters: Invalid value: {"a":"b"}: field is immutable', 'provisioner: Invalid value: "q": field is immutable', 'reclaimPolicy: Invalid value: "Retain": field is immutable', 'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable']);
  assert.deepEqual(storageClass.update({}, { allowVolumeExpansion: true, mountOptions: ['ro'] }), []);
  assert.deepEqual(storageClass.warnings({ allowedTopologies: [{ matchLabelExpressions: [{ key: 'beta.kubernetes.io/arch', values: ['x'] }] }] }), ['allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use "kubernetes.io/arch" instead']);
  assert.deepEqual(storageClass.cells({ metadata: { annotations: { 'storageclass.beta.kubernetes.io/is-default-class': 'true' } } }), ['a (default)', 'Example.com/p', 'Delete', 'Immediate', false, '60m']);
});

test('volume attributes classes', () => {
  const kind = kindOf(volumeAttributesClassDefinition, { driverName: 'd', parameters: { iops: '1' } });
  assert.deepEqual(kind.errors(), []);
  assert.deepEqual(kind.errors({ driverName: '', parameters: {} }), ['driverName: Required value', 'parameters: Required value: must contain at least one key/value pair']);
  assert.deepEqual(kind.update({}, { driverName: 'e', parameters: { iops: '2' } }), ['driverName: Forbidden: updates to driverName are forbidden.', 'parameters: Forbidden: updates to parameters are forbidden.']);
  assert.deepEqual(kind.cells({ metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } }), ['a', 'd', '60m']);
});

test('CSI drivers', () => {
  const kind = kindOf(csiDriverDefinition, { spec: {} });
  assert.deepEqual(kind.make().spec, { attachRequired: true, podInfoOnMount: false, storageCapacity: false, fsGroupPolicy: 'ReadWriteOnceWithFSType', volumeLifecycleModes: ['Persistent'], requiresRepublish: false, seLinuxMount: false });
  const table: [Fields, string[]][] = [
    [{}, []],
    [{ fsGroupPolicy: 'x' }, ['spec.fsGroupPolicy: Unsupported value: "x": supported values: "File", "None", "ReadWriteOnceWithFSType"']],
    [{ volumeLifecycleModes: ['Persistent', 'x'] }, ['spec.volumeLifecycleModes: Unsupported value: "x": supported values: "Persistent", "Ephemeral"']],
    [{ tokenRequests: [{ audience: 'a', expirationSeconds: 599 }, { audience: 'a', expirationSeconds: 1 }, { audience: '', expirationSeconds: 2 ** 32 + 1 }] }, [
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes', 'spec.tokenRequests[1].audience: Duplicate value: "a"', 'spec.tokenRequests[2].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds']],
    [{ nodeAllocatableUpdatePeriodSeconds: 9, serviceAccountTokenInSecrets: false }, ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds', 'spec.serviceAccountTokenInSecrets: Invalid value: false: serviceAccountTokenInSecrets is set but no tokenRequests are specified']],
    [{ serviceAccountTokenInSecrets: true, tokenRequests: [{ audience: 'a' }] }, []],
  ];
  for (const [spec, expected] of table) assert.deepEqual(kind.errors({ spec }), expected, JSON.stringify(spec));
  assert.deepEqual(kind.update({}, { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } }), ['spec.attachedRequired: Invalid value: false: field is immutable', 'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable']);
  assert.deepEqual(kind.update({}, { spec: { podInfoOnMount: true } }), []);
  // Upstream counts generations from the first change on.
  assert.deepEqual([kind.make().metadata.generation, kind.updated({}, { spec: { podInfoOnMount: true } }).metadata.generation], [undefined, 1]);
  const recommended = 'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';
  const asking = { spec: { tokenRequests: [{ audience: 'a' }] } };
  assert.deepEqual([kind.warnings(asking), kind.warnings(asking, {}), kind.warnings(asking, asking), kind.warnings({}), kind.warnings({ spec: { ...asking.spec, serviceAccountTokenInSecrets: false } })], [[recommended], [recommended], [], [], []]);
  // An alpha feature: dropped.
  assert.equal(kind.make({ spec: { preventPodSchedulingIfMissing: true } }).spec.preventPodSchedulingIfMissing, undefined);
  assert.deepEqual(kind.cells({ spec: { tokenRequests: [{ audience: 'x' }, { audience: 'y' }] } }), ['a', true, false, false, 'x,y', false, '<none>', '60m']);
});

test('CSI nodes', () => {
  const kind = kindOf(csiNodeDefinition, { spec: { drivers: [] } });
  const driver = { name: 'd.example.com', nodeID: 'n' };
  const table: [Fields[], string[]][] = [
    [[{ ...driver, topologyKeys: ['zone'], allocatable: { count: 0 } }], []],
    [[{}], ['spec.drivers[0].name: Required value', 'spec.drivers[0].nodeID: Required value']],
    [[{ ...driver, name: 'x'.repeat(64) }], ['spec.drivers[0].name: Too long: may not be more than 63 bytes']],
    [[{ ...driver, nodeID: 'x'.repeat(257) }], [`spec.drivers[0].nodeID: Invalid value: "${'x'.repeat(257)}": must be 256 characters or less`]],
    [[{ ...driver, allocatable: { count: -1 } }, driver], ['spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0', 'spec.drivers[1].name: Duplicate value: "d.example.com"']],
    [[{ ...driver, topologyKeys: ['', 'a', 'a'] }], ['spec.drivers[0]: Required value', 'spec.drivers[0]: Invalid value: "": name part must be non-empty', `spec.drivers[0]: Invalid value: "": ${qualified}`, 'spec.drivers[0]: Duplicate value: "a"']],
  ];
  for (const [drivers, expected] of table) assert.deepEqual(kind.errors({ spec: { drivers } }), expected, JSON.stringify(drivers).slice(0, 200));
  assert.deepEqual(kind.update({ spec: { drivers: [driver] } }, { spec: { drivers: [{ ...driver, nodeID: 'm', topologyKeys: ['zone'] }] } }), ['spec.drivers: Invalid value: {"Name":"d.example.com","NodeID":"m","TopologyKeys":["zone"],"Allocatable":null}: field is immutable']);
  assert.deepEqual(kind.update({ spec: { drivers: [driver] } }, { spec: { drivers: [{ ...driver, allocatable: { count: 3 } }, { ...driver, name: 'e' }] } }), []);
  assert.deepEqual(kind.cells({ spec: { drivers: [driver] } }), ['a', 1, '60m']);
});

test('CSI storage capacities', () => {
  const kind = kindOf(csiStorageCapacityDefinition, { storageClassName: 'fast' });
  assert.deepEqual(kind.errors(), []);
  assert.deepEqual(kind.errors({ storageClassName: 'A', capacity: '-1', nodeTopology: { matchExpressions: [{ key: 'a', operator: 'In' }] } }), [
    "nodeTopology.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'", `storageClassName: Invalid value: "A": ${subdomain}`, 'capacity: Invalid value: "-1": must be greater than or equal to 0']);
  assert.deepEqual(kind.update({ nodeTopology: { matchLabels: { a: 'b' } } }, { storageClassName: 'slow', nodeTopology: { matchLabels: { a: 'c' } } }), ['nodeTopology: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable', 'storageClassName: Invalid value: "slow": field is immutable']);
  assert.deepEqual(kind.update({}, { capacity: '2Gi' }), []);
  assert.deepEqual(kind.warnings({ nodeTopology: { matchLabels: { 'node-role.kubernetes.io/master': '' } } }), ['nodeTopology.matchLabels.node-role.kubernetes.io/master: use "node-role.kubernetes.io/control-plane" instead']);
  assert.deepEqual(kind.cells({ capacity: '1Gi' }), ['a', 'fast', '1Gi']);
});

test('volume attachments', () => {
  const spec = { attacher: 'd.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' } };
  const kind = kindOf(volumeAttachmentDefinition, { spec });
  const oneSource = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  const inline = { accessModes: ['ReadWriteOnce'], csi: { driver: 'd', volumeHandle: 'h' } };
  const table: [Fields, string[]][] = [
    [spec, []],
    [{ ...spec, attacher: '' }, ['spec.attacher: Required value']],
    [{ ...spec, source: {} }, [`spec.source: Required value: ${oneSource}`]],
    [{ ...spec, source: { persistentVolumeName: 'pv', inlineVolumeSpec: inline } }, [`spec.source: Forbidden: ${oneSource}`]],
    [{ ...spec, source: { persistentVolumeName: '' } }, ['spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName', `spec.source.persistentVolumeName: Invalid value: "": ${subdomain}`]],
    [{ ...spec, nodeName: 'A' }, [`spec.nodeName: Invalid value: "A": ${subdomain}`]],
    [{ ...spec, source: { inlineVolumeSpec: inline } }, []],
    [{ ...spec, source: { inlineVolumeSpec: { accessModes: [], capacity: { storage: '1' }, claimRef: {}, nfs: { server: 's', path: '/' }, storageClassName: 's', volumeMode: 'Block', persistentVolumeReclaimPolicy: 'Delete', nodeAffinity: {} } } }, [
      'claimRef: Forbidden: may not be specified in the context of inline volumes', 'capacity: Forbidden: may not be specified in the context of inline volumes', 'csi: Required value: has to be specified in the context of inline volumes', 'accessModes: Required value',
      'persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes', 'nodeAffinity: Forbidden: may not be specified in the context of inline volumes',
      'storageClassName: Forbidden: may not be specified in the context of inline volumes', 'volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes',
    ].map((text) => `spec.source.inlineVolumeSpec.${text}`)],
  ];
  for (const [fields, expected] of table) assert.deepEqual(kind.errors({ spec: fields }), expected, JSON.stringify(fields));
  assert.deepEqual(kind.make({ status: { attached: true } }).status, { attached: false });
  assert.deepEqual(kind.update({}, { spec: { ...spec, nodeName: 'm' } }), ['spec: Invalid value: {"Attacher":"d.example.com","Source":{"PersistentVolumeName":"pv","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable']);
  assert.deepEqual(kind.update({}, { status: { attached: true, attachmentMetadata: { a: 'x'.repeat(256 * 1024) }, attachError: { message: 'x'.repeat(1025) }, detachError: { errorCode: -1 } } }, 'status'), [
    'status.attachmentMetadata: Too long: may not be more than 262144 bytes', 'status.attachError.message: Too long: may not be more than 262144 bytes', 'status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive']);
  const { metadata, status } = kind.updated({ metadata: { labels: { a: 'b' } } }, { metadata: { labels: { c: 'd' } }, status: { attached: true } }, 'status');
  assert.deepEqual([metadata.labels, status], [{ a: 'b' }, { attached: true }]);
  assert.deepEqual(kind.cells(), ['a', 'd.example.com', 'pv', 'n', false, '60m']);
});
