/** What each type of volume must say, by the name of its field. */
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { dns1123Label, dns1123Subdomain, rangeMessage } from '../../meta/validation.ts';
import type { AzureDiskVolumeSource, CSIVolumeSource, FCVolumeSource, FlexVolumeSource, FlockerVolumeSource, HostPathVolumeSource, ISCSIVolumeSource, LocalObjectReference, QuobyteVolumeSource, StorageOSVolumeSource, Volume } from '../../types/core/v1.ts';
import type { Errors } from './rules.ts';
import { addDescendingPath, addDriverName, addEnum, addFileMode, addInvalid, addNoBacksteps, addOptionalEnum, addRequired } from './rules.ts';
import { validateClaimTemplate } from './validate-claim-spec.ts';
import { validateDownwardFile, validateItems, validateProjected } from './validate-projected-volume.ts';

export type VolumeType = Exclude<keyof Volume, 'name'>;

type Source<Type extends VolumeType> = NonNullable<Loose<Volume>[Type]>;
interface SourceContext {
  /** A pod, not a template. */
  readonly isPod: boolean;
}
type Rule<Type extends VolumeType> = (source: Source<Type>, path: string, errors: Errors, context: SourceContext) => void;

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

function validateHostPath({ path: target = '', type }: Loose<HostPathVolumeSource>, path: string, errors: Errors): void {
  if (target === '') return void errors.push(required(`${path}.path`));
  addNoBacksteps(errors, `${path}.path`, target);
  addOptionalEnum(errors, `${path}.type`, type, hostPathTypes);
}

function addPartition(errors: Errors, path: string, partition = 0): void {
  if (partition < 0 || partition > 255) errors.push(invalid(path, partition, rangeMessage(1, 255)));
}

function addLun(errors: Errors, path: string, lun: number): void {
  if (lun < 0 || lun > 255) errors.push(invalid(path, lun, rangeMessage(0, 255)));
}

function addSecretName(errors: Errors, path: string, reference: Loose<LocalObjectReference> | undefined): void {
  if (reference !== undefined) addRequired(errors, `${path}.secretRef.name`, reference.name);
}

const iscsiNames: readonly (readonly [string, RegExp])[] = [
  ['iqn', /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/],
  ['eui', /^eui.[A-Za-z0-9]{16}$/],
  ['naa', /^naa.[A-Za-z0-9]{32}$/],
];

/** The name of an iSCSI target or initiator; `otherwise`: what is said of one that is of no known kind. */
export function addIscsiName(errors: Errors, path: string, name: string, otherwise = 'must be valid format starting with iqn, eui, or naa'): void {
  const kind = iscsiNames.find(([prefix]) => name.startsWith(prefix));
  if (kind === undefined) errors.push(invalid(path, name, otherwise));
  else if (!kind[1].test(name)) errors.push(invalid(path, name, 'must be valid format'));
}

/** Which of the target's disks, and the secret without which no password can be given. */
export function validateIscsiTarget({ lun = 0, chapAuthDiscovery, chapAuthSession, secretRef }: { readonly lun?: number | undefined; readonly chapAuthDiscovery?: boolean | undefined; readonly chapAuthSession?: boolean | undefined; readonly secretRef?: object | undefined }, path: string, errors: Errors): void {
  addLun(errors, `${path}.lun`, lun);
  if ((chapAuthDiscovery === true || chapAuthSession === true) && secretRef === undefined) errors.push(required(`${path}.secretRef`));
}

function validateIscsi(iscsi: Loose<ISCSIVolumeSource>, path: string, errors: Errors): void {
  addRequired(errors, `${path}.targetPortal`, iscsi.targetPortal);
  const { iqn = '', initiatorName } = iscsi;
  if (iqn === '') errors.push(required(`${path}.iqn`));
  else addIscsiName(errors, `${path}.iqn`, iqn);
  validateIscsiTarget(iscsi, path, errors);
  if (initiatorName !== undefined) addIscsiName(errors, `${path}.initiatorname`, initiatorName);
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: Loose<FCVolumeSource>, path: string, errors: Errors): void {
  if (targetWWNs.length === 0 && wwids.length === 0) errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length === 0) return;
  if (wwids.length > 0) errors.push(invalid(`${path}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  if (lun === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  else addLun(errors, `${path}.lun`, lun);
}

function validateQuobyte({ registry = '', tenant = '', volume }: Loose<QuobyteVolumeSource>, path: string, errors: Errors): void {
  const pairs = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') errors.push(required(`${path}.registry`, pairs));
  else if (tenant.length >= 65) errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else for (const pair of registry.split(',')) if (!/^(\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair)) errors.push(invalid(`${path}.registry`, registry, pairs));
  addRequired(errors, `${path}.volume`, volume);
}

function validateFlocker({ datasetName = '', datasetUUID = '' }: Loose<FlockerVolumeSource>, path: string, errors: Errors): void {
  if (datasetName === '' && datasetUUID === '') errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  if (datasetName !== '' && datasetUUID !== '') errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (datasetName.includes('/')) errors.push(invalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
}

function validateFlexVolume({ driver, options = {} }: Loose<FlexVolumeSource>, path: string, errors: Errors): void {
  addRequired(errors, `${path}.driver`, driver);
  for (const key of Object.keys(options)) {
    const namespace = `.${key.split('/')[0]!.toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io')) errors.push(invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
}

const managedDiskUris = ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'];
const blobDiskUris = ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];

function validateAzureDisk({ diskName, diskURI = '', cachingMode, kind }: Loose<AzureDiskVolumeSource>, path: string, errors: Errors): void {
  addRequired(errors, `${path}.diskName`, diskName);
  addRequired(errors, `${path}.diskURI`, diskURI);
  addOptionalEnum(errors, `${path}.cachingMode`, cachingMode, ['None', 'ReadOnly', 'ReadWrite']);
  addOptionalEnum(errors, `${path}.kind`, kind, ['Dedicated', 'Managed', 'Shared']);
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) errors.push(notSupported(`${path}.diskURI`, diskURI, managedDiskUris));
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://')) errors.push(notSupported(`${path}.diskURI`, diskURI, blobDiskUris));
}

function validateStorageOs({ volumeName = '', volumeNamespace = '', secretRef }: Loose<StorageOSVolumeSource>, path: string, errors: Errors): void {
  if (volumeName === '') errors.push(required(`${path}.volumeName`));
  else addInvalid(errors, `${path}.volumeName`, volumeName, dns1123Label(volumeName));
  if (volumeNamespace !== '') addInvalid(errors, `${path}.volumeNamespace`, volumeNamespace, dns1123Label(volumeNamespace));
  addSecretName(errors, path, secretRef);
}

function validateCsi({ driver = '', nodePublishSecretRef }: Loose<CSIVolumeSource>, path: string, errors: Errors): void {
  addDriverName(errors, `${path}.driver`, driver);
  if (nodePublishSecretRef === undefined) return;
  const { name = '' } = nodePublishSecretRef;
  if (name === '') errors.push(required(`${path}.nodePublishSecretRef.name`));
  else addInvalid(errors, `${path}.name`, name, dns1123Subdomain(name));
}

/** In upstream's order, which decides whose error it is when a volume has several types. */
export const volumeSourceRules: { readonly [Type in VolumeType]: Rule<Type> } = {
  emptyDir({ sizeLimit }, path, errors) {
    if (sizeLimit !== undefined && compareQuantity(sizeLimit, '0') < 0) errors.push(forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  },
  hostPath: validateHostPath,
  gitRepo({ repository, directory = '' }, path, errors) {
    addRequired(errors, `${path}.repository`, repository);
    addDescendingPath(errors, `${path}.directory`, directory);
  },
  gcePersistentDisk({ pdName, partition }, path, errors) {
    addRequired(errors, `${path}.pdName`, pdName);
    addPartition(errors, `${path}.partition`, partition);
  },
  awsElasticBlockStore({ volumeID, partition }, path, errors) {
    addRequired(errors, `${path}.volumeID`, volumeID);
    addPartition(errors, `${path}.partition`, partition);
  },
  secret({ secretName, defaultMode, items }, path, errors) {
    addRequired(errors, `${path}.secretName`, secretName);
    addFileMode(errors, `${path}.defaultMode`, defaultMode);
    validateItems(items, `${path}.items`, errors);
  },
  nfs({ server, path: target = '' }, path, errors) {
    addRequired(errors, `${path}.server`, server);
    addRequired(errors, `${path}.path`, target);
    if (!target.startsWith('/')) errors.push(invalid(`${path}.path`, target, 'must be an absolute path'));
  },
  iscsi: validateIscsi,
  glusterfs({ endpoints, path: target }, path, errors) {
    addRequired(errors, `${path}.endpoints`, endpoints);
    addRequired(errors, `${path}.path`, target);
  },
  flocker: validateFlocker,
  persistentVolumeClaim({ claimName }, path, errors) {
    addRequired(errors, `${path}.claimName`, claimName);
  },
  rbd({ monitors = [], image }, path, errors) {
    if (monitors.length === 0) errors.push(required(`${path}.monitors`));
    addRequired(errors, `${path}.image`, image);
  },
  cinder({ volumeID, secretRef }, path, errors) {
    addRequired(errors, `${path}.volumeID`, volumeID);
    addSecretName(errors, path, secretRef);
  },
  cephfs({ monitors = [] }, path, errors) {
    if (monitors.length === 0) errors.push(required(`${path}.monitors`));
  },
  quobyte: validateQuobyte,
  downwardAPI({ defaultMode, items }, path, errors) {
    addFileMode(errors, `${path}.defaultMode`, defaultMode);
    for (const file of items ?? []) validateDownwardFile(file, path, errors);
  },
  fc: validateFibreChannel,
  flexVolume: validateFlexVolume,
  configMap({ name, defaultMode, items }, path, errors) {
    addRequired(errors, `${path}.name`, name);
    addFileMode(errors, `${path}.defaultMode`, defaultMode);
    validateItems(items, `${path}.items`, errors);
  },
  azureFile({ secretName, shareName }, path, errors) {
    addRequired(errors, `${path}.secretName`, secretName);
    addRequired(errors, `${path}.shareName`, shareName);
  },
  vsphereVolume({ volumePath }, path, errors) {
    addRequired(errors, `${path}.volumePath`, volumePath);
  },
  photonPersistentDisk({ pdID }, path, errors) {
    addRequired(errors, `${path}.pdID`, pdID);
  },
  portworxVolume({ volumeID }, path, errors) {
    addRequired(errors, `${path}.volumeID`, volumeID);
  },
  azureDisk: validateAzureDisk,
  storageos: validateStorageOs,
  projected: validateProjected,
  scaleIO({ gateway, system, volumeName }, path, errors) {
    addRequired(errors, `${path}.gateway`, gateway);
    addRequired(errors, `${path}.system`, system);
    addRequired(errors, `${path}.volumeName`, volumeName);
  },
  csi: validateCsi,
  ephemeral({ volumeClaimTemplate }, path, errors) {
    if (volumeClaimTemplate === undefined) errors.push(required(`${path}.volumeClaimTemplate`));
    else validateClaimTemplate(volumeClaimTemplate, `${path}.volumeClaimTemplate`, errors);
  },
  image({ reference, pullPolicy }, path, errors, { isPod }) {
    // A template may leave the image to whoever makes pods of it.
    if (isPod) addRequired(errors, `${path}.reference`, reference);
    addEnum(errors, `${path}.pullPolicy`, pullPolicy, ['Always', 'IfNotPresent', 'Never']);
  },
};

export const volumeTypes = Object.keys(volumeSourceRules) as VolumeType[];
