import { parseQuantity } from '../../../api/meta/quantity.ts';
import type { PersistentVolumeSpec, ProjectedVolumeSource, Volume } from '../../../api/types/core/v1.ts';
import type { Page } from './page.ts';
import { claimLines } from './claim.ts';
import { goList } from './page.ts';

/** A volume's title, and its fields with what stands for those that are not set. */
type Shown = readonly [type: string, fields: readonly (readonly [title: string, value: unknown])[]];
type Source = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (value === undefined ? '' : Array.isArray(value) ? goList(value) : String(value as string | number | boolean));
const no = (value: unknown): boolean => value === true;
/** A reference to a secret, as Go prints a pointer to one. */
const secretRef = (value: unknown): string => (value === undefined ? 'nil' : `&LocalObjectReference{Name:${text((value as Source)['name'])},}`);

const capacityOf = (value: unknown): string => (typeof value === 'string' && parseQuantity(value).nanos > 0n ? value : '<unset>');

/** Types whose fields are the same for volumes of pods and for persistent ones. */
const sources: Readonly<Record<string, (source: Source) => Shown>> = {
  hostPath: (s) => ['HostPath (bare host directory volume)', [['Path', s['path']], ['HostPathType', s['type'] ?? '<none>']]],
  emptyDir: (s) => ['EmptyDir (a temporary directory that shares a pod\'s lifetime)', [['Medium', s['medium']], ['SizeLimit', capacityOf(s['sizeLimit'])]]],
  gcePersistentDisk: (s) => ['GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)', [['PDName', s['pdName']], ['FSType', s['fsType']], ['Partition', s['partition'] ?? 0], ['ReadOnly', no(s['readOnly'])]]],
  awsElasticBlockStore: (s) => ['AWSElasticBlockStore (a Persistent Disk resource in AWS)', [['VolumeID', s['volumeID']], ['FSType', s['fsType']], ['Partition', s['partition'] ?? 0], ['ReadOnly', no(s['readOnly'])]]],
  gitRepo: (s) => ['GitRepo (a volume that is pulled from git when the pod is created)', [['Repository', s['repository']], ['Revision', s['revision']]]],
  secret: (s) => ['Secret (a volume populated by a Secret)', [['SecretName', s['secretName']], ['Optional', no(s['optional'])]]],
  configMap: (s) => ['ConfigMap (a volume populated by a ConfigMap)', [['Name', s['name']], ['Optional', no(s['optional'])]]],
  nfs: (s) => ['NFS (an NFS mount that lasts the lifetime of a pod)', [['Server', s['server']], ['Path', s['path']], ['ReadOnly', no(s['readOnly'])]]],
  glusterfs: (s) => ['Glusterfs (a Glusterfs mount on the host that shares a pod\'s lifetime)', [['EndpointsName', s['endpoints']], ...('endpointsNamespace' in s ? [['EndpointsNamespace', s['endpointsNamespace']] as const] : []), ['Path', s['path']], ['ReadOnly', no(s['readOnly'])]]],
  persistentVolumeClaim: (s) => ['PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)', [['ClaimName', s['claimName']], ['ReadOnly', no(s['readOnly'])]]],
  rbd: (s) => ['RBD (a Rados Block Device mount on the host that shares a pod\'s lifetime)', [['CephMonitors', s['monitors']], ['RBDImage', s['image']], ['FSType', s['fsType']], ['RBDPool', s['pool']], ['RadosUser', s['user']], ['Keyring', s['keyring']], ['SecretRef', secretRef(s['secretRef'])], ['ReadOnly', no(s['readOnly'])]]],
  quobyte: (s) => ['Quobyte (a Quobyte mount on the host that shares a pod\'s lifetime)', [['Registry', s['registry']], ['Volume', s['volume']], ['ReadOnly', no(s['readOnly'])]]],
  azureDisk: (s) => ['AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)', [['DiskName', s['diskName']], ['DiskURI', s['diskURI']], ['Kind', s['kind']], ['FSType', s['fsType']], ['CachingMode', s['cachingMode']], ['ReadOnly', no(s['readOnly'])]]],
  vsphereVolume: (s) => ['vSphereVolume (a Persistent Disk resource in vSphere)', [['VolumePath', s['volumePath']], ['FSType', s['fsType']], ['StoragePolicyName', s['storagePolicyName']]]],
  cinder: (s) => ['Cinder (a Persistent Disk resource in OpenStack)', [['VolumeID', s['volumeID']], ['FSType', s['fsType']], ['ReadOnly', no(s['readOnly'])], ['SecretRef', secretRef(s['secretRef'])]]],
  photonPersistentDisk: (s) => ['PhotonPersistentDisk (a Persistent Disk resource in photon platform)', [['PdID', s['pdID']], ['FSType', s['fsType']]]],
  portworxVolume: (s) => ['PortworxVolume (a Portworx Volume resource)', [['VolumeID', s['volumeID']]]],
  scaleIO: (s) => ['ScaleIO (a persistent volume backed by a block device in ScaleIO)', [['Gateway', s['gateway']], ['System', s['system']], ['Protection Domain', s['protectionDomain']], ['Storage Pool', s['storagePool']], ['Storage Mode', s['storageMode']], ['VolumeName', s['volumeName']], ['FSType', s['fsType']], ['ReadOnly', no(s['readOnly'])]]],
  local: (s) => ['LocalVolume (a persistent volume backed by local storage on a node)', [['Path', s['path']]]],
  cephfs: (s) => ['CephFS (a CephFS mount on the host that shares a pod\'s lifetime)', [['Monitors', s['monitors']], ['Path', s['path']], ['User', s['user']], ['SecretFile', s['secretFile']], ['SecretRef', secretRef(s['secretRef'])], ['ReadOnly', no(s['readOnly'])]]],
  storageos: (s) => ['StorageOS (a StorageOS Persistent Disk resource)', [['VolumeName', s['volumeName']], ['VolumeNamespace', s['volumeNamespace']], ['FSType', s['fsType']], ['ReadOnly', no(s['readOnly'])]]],
  fc: (s) => ['FC (a Fibre Channel disk)', [['TargetWWNs', ((s['targetWWNs'] as string[] | undefined) ?? []).join(', ')], ['LUN', s['lun'] ?? '<none>'], ['FSType', s['fsType']], ['ReadOnly', no(s['readOnly'])]]],
  azureFile: (s) => ['AzureFile (an Azure File Service mount on the host and bind mount to the pod)', [['SecretName', s['secretName']], ...('secretNamespace' in s ? [['SecretNamespace', s['secretNamespace']] as const] : []), ['ShareName', s['shareName']], ['ReadOnly', no(s['readOnly'])]]],
  flexVolume: (s) => ['FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)', [['Driver', s['driver']], ['FSType', s['fsType']], ['SecretRef', secretRef(s['secretRef'])], ['ReadOnly', no(s['readOnly'])], ['Options', `map[${Object.entries((s['options'] as Record<string, string> | undefined) ?? {}).sort().map(([key, value]) => `${key}:${value}`).join(' ')}]`]]],
  flocker: (s) => ['Flocker (a Flocker volume mounted by the Flocker agent)', [['DatasetName', s['datasetName']], ['DatasetUUID', s['datasetUUID']]]],
  image: (s) => ['Image (a container image or OCI artifact)', [['Reference', s['reference']], ['PullPolicy', s['pullPolicy']]]],
  iscsi: (s) => ['ISCSI (an ISCSI Disk resource that is attached to a kubelet\'s host machine and then exposed to the pod)', [['TargetPortal', s['targetPortal']], ['IQN', s['iqn']], ['Lun', s['lun']], ['ISCSIInterface', s['iscsiInterface']], ['FSType', s['fsType']], ['ReadOnly', no(s['readOnly'])], ['Portals', s['portals'] ?? []], ['DiscoveryCHAPAuth', no(s['chapAuthDiscovery'])], ['SessionCHAPAuth', no(s['chapAuthSession'])], ['SecretRef', secretRef(s['secretRef'])], ['InitiatorName', s['initiatorName'] ?? '<none>']]],
  csi: (s) => ['CSI (a Container Storage Interface (CSI) volume source)', [['Driver', s['driver']], ['FSType', s['fsType']], ...('volumeHandle' in s ? [['VolumeHandle', s['volumeHandle']] as const] : []), ['ReadOnly', no(s['readOnly'])]]],
};

function writeAttributes(page: Page, attributes: Readonly<Record<string, string>> = {}): void {
  const lines = Object.keys(attributes).sort().map((key) => `${key}=${attributes[key]!}`);
  if (lines.length === 0) page.raw('    VolumeAttributes:\t<none>\n');
  // Every piece of a line is indented on its own there.
  lines.forEach((line, i) => page.raw(`${i === 0 ? '    VolumeAttributes:\t' : '        \t'}    ${line.length > 140 ? `${line.slice(0, 140)}...` : line}\n`));
}

function writeProjected(page: Page, { sources: projections = [] }: ProjectedVolumeSource): void {
  page.field('Type', 'Projected (a volume that contains injected data from multiple sources)', 2);
  for (const { secret, configMap, downwardAPI, serviceAccountToken } of projections) {
    if (secret !== undefined) {
      page.field('SecretName', secret.name, 2);
      page.field('Optional', secret.optional === true, 2);
    } else if (downwardAPI !== undefined) page.field('DownwardAPI', 'true', 2);
    else if (configMap !== undefined) {
      page.field('ConfigMapName', configMap.name, 2);
      page.field('Optional', configMap.optional === true, 2);
    } else if (serviceAccountToken !== undefined) page.field('TokenExpirationSeconds', serviceAccountToken.expirationSeconds, 2);
  }
}

function writeDownward(page: Page, { downwardAPI }: Volume): void {
  page.raw('    Type:\tDownwardAPI (a volume populated by information about the pod)\n    Items:\n');
  for (const { fieldRef, resourceFieldRef, path } of downwardAPI?.items ?? []) {
    if (fieldRef !== undefined) page.line(3, `${fieldRef.fieldPath} -> ${path}`);
    if (resourceFieldRef !== undefined) page.line(3, `${resourceFieldRef.resource} -> ${path}`);
  }
}

/** What a volume is made of. */
export function writeVolumeSource(page: Page, volume: Volume | PersistentVolumeSpec): void {
  const name = Object.keys(sources).find((one) => (volume as unknown as Source)[one] !== undefined);
  if ('projected' in volume && volume.projected !== undefined) return writeProjected(page, volume.projected);
  if ('downwardAPI' in volume && volume.downwardAPI !== undefined) return writeDownward(page, volume);
  if ('ephemeral' in volume && volume.ephemeral !== undefined) {
    page.field('Type', 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)', 2);
    const template = volume.ephemeral.volumeClaimTemplate;
    if (template !== undefined) claimLines(page, template, { indent: 2 });
    return;
  }
  if (name === undefined) return page.line(1, '<unknown>');
  const source = (volume as unknown as Source)[name] as Source;
  const [type, fields] = sources[name]!(source);
  page.field('Type', type, 2);
  for (const [title, value] of fields) page.line(2, `${title}${title === 'ISCSIInterface' ? '' : ':'}${title === 'Kind' ? ' ' : ''}\t${text(value)}`);
  if (name === 'csi') writeAttributes(page, source['volumeAttributes'] as Record<string, string> | undefined);
}

/** The volumes of a pod or a template. */
export function writeVolumes(page: Page, volumes: readonly Volume[] = [], { inTemplate = false }: { readonly inTemplate?: boolean } = {}): void {
  const level = inTemplate ? 1 : 0;
  if (volumes.length === 0) return page.line(level, 'Volumes:\t<none>');
  page.line(level, 'Volumes:');
  for (const volume of volumes) {
    page.line(1, `${inTemplate ? ' ' : ''}${volume.name}:`);
    writeVolumeSource(page, volume);
  }
}
