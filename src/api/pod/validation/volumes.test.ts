import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErrors, templateErrors, withVolume } from './fixtures.ts';

type Row = readonly [name: string, source: Record<string, unknown>, ...errors: string[]];

/** One volume `v` of the source, or the whole spec where `volumes` is given. Errors are told below `spec.volumes[0]`. */
function table(rows: readonly Row[]): void {
  for (const [name, source, ...errors] of rows) {
    test(name, () => assert.deepEqual(createErrors('volumes' in source ? source : withVolume(source)).map((text) => text.replace('spec.volumes[0]', '')), errors));
  }
}

const mode = 'must be a number between 0 and 0777 (octal), both inclusive';

table([
  ['no type is an empty directory', {}],
  ['two types', { volumes: [{ name: 'v', cephfs: { monitors: ['a'] }, emptyDir: {}, downwardAPI: {} }] }, '.cephFS: Forbidden: may not specify more than 1 volume type', '.downwarAPI: Forbidden: may not specify more than 1 volume type'],
  ['names', { volumes: [{}, { name: 'a' }, { name: 'a' }] }, '.name: Required value', 'spec.volumes[2].name: Duplicate value: "a"'],
  ['emptyDir', { emptyDir: { sizeLimit: '-1' } }, '.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity'],
  ['hostPath', { hostPath: { path: '/a/../b', type: 'x' } }, ".hostPath.path: Invalid value: \"/a/../b\": must not contain '..'", '.hostPath.type: Unsupported value: "x": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"'],
  ['hostPath without a path', { hostPath: {} }, '.hostPath.path: Required value'],
  ['gitRepo', { gitRepo: { directory: '/a' } }, '.gitRepo.repository: Required value', '.gitRepo.directory: Invalid value: "/a": must be a relative path'],
  ['gcePersistentDisk', { gcePersistentDisk: { partition: 256 } }, '.persistentDisk.pdName: Required value', '.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive'],
  ['awsElasticBlockStore', { awsElasticBlockStore: {} }, '.awsElasticBlockStore.volumeID: Required value'],
  ['secret', { secret: { defaultMode: 512, items: [{ key: '', path: '..a', mode: -1 }] } },
    '.secret.secretName: Required value', `.secret.defaultMode: Invalid value: 512: ${mode}`, '.secret.items[0].key: Required value', ".secret.items[0].path: Invalid value: \"..a\": must not start with '..'", `.secret.items[0].mode: Invalid value: -1: ${mode}`],
  ['configMap', { configMap: { items: [{ key: 'a' }] } }, '.configMap.name: Required value', '.configMap.items[0].path: Required value'],
  ['nfs', { nfs: { path: 'a' } }, '.nfs.server: Required value', '.nfs.path: Invalid value: "a": must be an absolute path'],
  ['iscsi', { iscsi: { iqn: 'iqn.x', lun: 256, chapAuthSession: true, initiatorName: 'x' } },
    '.iscsi.targetPortal: Required value', '.iscsi.iqn: Invalid value: "iqn.x": must be valid format', '.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive', '.iscsi.secretRef: Required value', '.iscsi.initiatorname: Invalid value: "x": must be valid format starting with iqn, eui, or naa'],
  ['iscsi, too long', { iscsi: { targetPortal: 'p'.repeat(64), iqn: 'eui.0123456789ABCDEF', initiatorName: 'iqn.2015-02.example.com:init' } }, '.name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'],
  ['glusterfs', { glusterfs: {} }, '.glusterfs.endpoints: Required value', '.glusterfs.path: Required value'],
  ['flocker', { flocker: {} }, '.flocker: Required value: one of datasetName and datasetUUID is required'],
  ['flocker, both', { flocker: { datasetName: 'a/b', datasetUUID: 'c' } }, '.flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously', ".flocker.datasetName: Invalid value: \"a/b\": must not contain '/'"],
  ['persistentVolumeClaim', { persistentVolumeClaim: {} }, '.persistentVolumeClaim.claimName: Required value'],
  ['rbd', { rbd: {} }, '.rbd.monitors: Required value', '.rbd.image: Required value'],
  ['cinder', { cinder: { secretRef: {} } }, '.cinder.volumeID: Required value', '.cinder.secretRef.name: Required value'],
  ['cephfs', { cephfs: {} }, '.cephfs.monitors: Required value'],
  ['quobyte', { quobyte: { registry: 'a' } }, '.quobyte.registry: Invalid value: "a": must be a host:port pair or multiple pairs separated by commas', '.quobyte.volume: Required value'],
  ['quobyte without a registry', { quobyte: { volume: 'v' } }, '.quobyte.registry: Required value: must be a host:port pair or multiple pairs separated by commas'],
  ['quobyte with a long tenant', { quobyte: { registry: 'a:1', volume: 'v', tenant: 't'.repeat(65) } }, '.quobyte.tenant: Required value: must be a UUID and may not exceed a length of 64 characters'],
  ['downwardAPI', { downwardAPI: { items: [{ path: '/a' }, { path: 'b', fieldRef: { fieldPath: 'status.podIP' }, resourceFieldRef: { resource: 'limits.cpu' } }, { path: 'c', resourceFieldRef: { resource: 'limits.cpu' }, mode: 1000 }] } },
    '.downwardAPI.path: Invalid value: "/a": must be a relative path', '.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
    '.downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"', '.downwardAPI: Invalid value: "resource": fieldRef and resourceFieldRef can not be specified simultaneously',
    '.downwardAPI.resourceFieldRef.containerName: Required value', `.downwardAPI.mode: Invalid value: 1000: ${mode}`],
  ['fc', { fc: { targetWWNs: ['a'], wwids: ['b'] } }, '.fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously', '.fc.lun: Required value: lun is required if targetWWNs is specified'],
  ['fc without names', { fc: {} }, '.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both'],
  ['flexVolume', { flexVolume: { options: { 'x.k8s.io/a': 'b' } } }, '.flexVolume.driver: Required value', '.flexVolume.options[x.k8s.io/a]: Invalid value: "x.k8s.io/a": kubernetes.io and k8s.io namespaces are reserved'],
  ['azureFile', { azureFile: {} }, '.azureFile.secretName: Required value', '.azureFile.shareName: Required value'],
  ['azureDisk', { azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed', cachingMode: 'x' } },
    '.azureDisk.cachingMode: Unsupported value: "x": supported values: "None", "ReadOnly", "ReadWrite"', '.azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"'],
  ['azureDisk, of another kind', { azureDisk: { kind: 'x' } }, '.azureDisk.diskName: Required value', '.azureDisk.diskURI: Required value', '.azureDisk.kind: Unsupported value: "x": supported values: "Dedicated", "Managed", "Shared"', '.azureDisk.diskURI: Unsupported value: "": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"'],
  ['vsphereVolume', { vsphereVolume: {} }, '.vsphereVolume.volumePath: Required value'],
  ['photonPersistentDisk', { photonPersistentDisk: {} }, '.photonPersistentDisk.pdID: Required value'],
  ['portworxVolume', { portworxVolume: {} }, '.portworxVolume.volumeID: Required value'],
  ['storageos', { storageos: { secretRef: {} } }, '.storageos.volumeName: Required value', '.storageos.secretRef.name: Required value'],
  ['scaleIO', { scaleIO: {} }, '.scaleIO.gateway: Required value', '.scaleIO.system: Required value', '.scaleIO.volumeName: Required value'],
  ['csi', { csi: { driver: 'd'.repeat(64), nodePublishSecretRef: {} } }, '.csi.driver: Too long: may not be more than 63 bytes', '.csi.nodePublishSecretRef.name: Required value'],
  ['ephemeral', { ephemeral: {} }, '.ephemeral.volumeClaimTemplate: Required value'],
  ['ephemeral: the claim', { ephemeral: { volumeClaimTemplate: { metadata: { name: 'n' }, spec: { accessModes: ['x', 'ReadWriteOncePod', 'ReadWriteOnce'], volumeMode: 'x', resources: { requests: { storage: '0' } } } } } },
    '.ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set', '.ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: "x": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
    '.ephemeral.volumeClaimTemplate.spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes', '.ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: "0": must be greater than zero', '.ephemeral.volumeClaimTemplate.spec.volumeMode: Unsupported value: "x": supported values: "Block", "Filesystem"'],
  ['ephemeral: an empty claim, with sources', { ephemeral: { volumeClaimTemplate: { spec: { dataSource: { kind: 'A', name: 'a' }, dataSourceRef: { kind: 'A', name: 'b' } } } } },
    '.ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required', '.ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
    ...['dataSource', 'dataSourceRef'].map((field) => `.ephemeral.volumeClaimTemplate.spec.${field}: Invalid value: "A": must be 'PersistentVolumeClaim' when referencing the default apiGroup`),
    '.ephemeral.volumeClaimTemplate.spec: Invalid value: {}: must match dataSourceRef'],
  ['a claim that an ephemeral volume makes', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'web-w' } }, { name: 'w', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } }] },
    '.persistentVolumeClaim.claimName: Invalid value: "web-w": must not reference a PVC that gets created for an ephemeral volume'],
  ['image', { image: { pullPolicy: 'x' } }, '.image.reference: Required value', '.image.pullPolicy: Unsupported value: "x": supported values: "Always", "IfNotPresent", "Never"'],
]);

const projected = (...sources: object[]): Record<string, unknown> => ({ projected: { sources } });
const keys = { name: 'n', items: [{ key: 'k', path: 'p' }] };

table([
  ['projected: names and paths', projected({ secret: {} }, { configMap: keys }, { secret: keys }), '.projected.sources[0].secret.name: Required value', '.projected: Invalid value: "n": conflicting duplicate paths'],
  ['projected: two types', projected({ secret: keys, serviceAccountToken: { path: 't' } }), '.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source'],
  ['projected: tokens', projected({ serviceAccountToken: { expirationSeconds: 599 } }, { serviceAccountToken: { path: '../a', expirationSeconds: 4294967297 } }),
    '.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes', '.projected.path: Required value',
    '.projected.sources[1].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds', ".projected.path: Invalid value: \"../a\": must not contain '..'"],
  ['projected: trust bundles', projected({ clusterTrustBundle: {} }, { clusterTrustBundle: { name: 'a', signerName: 'b', path: 'c' } }, { clusterTrustBundle: { name: 'a', labelSelector: {}, path: 'd' } }),
    '.projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified', '.projected.sources[0].clusterTrustBundle.path: Required value',
    '.projected.sources[1].clusterTrustBundle: Invalid value: {"name":"a","signerName":"b","path":"c"}: only one of name and signerName may be used', '.projected.sources[2].clusterTrustBundle.labelSelector: Invalid value: {}: labelSelector must be unset if name is specified'],
  ['projected: certificates', projected({ podCertificate: { signerName: 'example.com/s', keyType: 'x', maxExpirationSeconds: 1 } }),
    '.projected.sources[0].podCertificate.keyType: Unsupported value: "x": supported values: "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"',
    '.projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 1: if provided, maxExpirationSeconds must be >= 3600', '.projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath'],
  ['projected: the mode', { projected: { defaultMode: 1000 } }, `.projected.defaultMode: Invalid value: 1000: ${mode}`],
]);

test('a token needs a service account', () => {
  assert.deepEqual(createErrors({ serviceAccountName: '', ...withVolume(projected({ serviceAccountToken: { path: 't' } })) }), ['spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set']);
});

test('the claim of an ephemeral volume is called after the pod', () => {
  const spec = withVolume({ ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } });
  assert.match(createErrors(spec, { name: 'x'.repeat(252) })[0]!, /^spec\.volumes\[0\]\.name: Invalid value: "v": PVC name "x+-v": must be no more than 253 characters$/);
  assert.deepEqual(templateErrors(withVolume({ image: {} })), []);
});
