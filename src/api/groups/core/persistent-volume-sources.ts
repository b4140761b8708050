/** What each type of persistent volume must say, by the name of its field. Most are as in pods; secrets are anybody's here. */
import { invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength, dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { addDriverName, addInvalid, addNoBacksteps, addRequired } from '../../pod/validation/rules.ts';
import { addIscsiName, validateIscsiTarget, volumeSourceRules } from '../../pod/validation/validate-volume-sources.ts';
import type { CSIPersistentVolumeSource, GlusterfsPersistentVolumeSource, ISCSIPersistentVolumeSource, PersistentVolumeSpec, SecretReference } from '../../types/core/v1.ts';

type NotSources = 'accessModes' | 'capacity' | 'claimRef' | 'mountOptions' | 'nodeAffinity' | 'persistentVolumeReclaimPolicy' | 'storageClassName' | 'volumeAttributesClassName' | 'volumeMode';
export type PersistentVolumeType = Exclude<keyof PersistentVolumeSpec, NotSources>;
type Source<Type extends PersistentVolumeType> = NonNullable<Loose<PersistentVolumeSpec>[Type]>;
/** `volumeName`: what the whole persistent volume is called; empty where it has no name. */
type Rule<Type extends PersistentVolumeType> = (source: Source<Type>, path: string, errors: Errors, volumeName: string) => void;

/** A secret that must be named in full; undefined: none is used. */
function addSecret(errors: Errors, path: string, reference: Loose<SecretReference> | undefined): void {
  if (reference === undefined) return;
  addRequired(errors, `${path}.name`, reference.name);
  addRequired(errors, `${path}.namespace`, reference.namespace);
}

/** As above, and its names must be such as secrets and namespaces can have. */
function addWellNamedSecret(errors: Errors, path: string, reference: Loose<SecretReference> | undefined): void {
  if (reference === undefined) return;
  const { name = '', namespace = '' } = reference;
  if (name === '') errors.push(required(`${path}.name`));
  else addInvalid(errors, `${path}.name`, name, dns1123Subdomain(name));
  if (namespace === '') errors.push(required(`${path}.namespace`));
  else addInvalid(errors, `${path}.namespace`, namespace, dns1123Label(namespace));
}

const maxIscsiNameBytes = 64;

function validateIscsi(iscsi: Loose<ISCSIPersistentVolumeSource>, path: string, errors: Errors, volumeName: string): void {
  const { targetPortal = '', iqn = '', secretRef, initiatorName } = iscsi;
  addRequired(errors, `${path}.targetPortal`, targetPortal);
  if (initiatorName !== undefined && byteLength(`${volumeName}:${targetPortal}`) > maxIscsiNameBytes) {
    errors.push(invalid(`${path}.targetportal`, targetPortal, 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'));
  }
  if (iqn === '') errors.push(required(`${path}.iqn`));
  else addIscsiName(errors, `${path}.iqn`, iqn, 'must be valid format');
  validateIscsiTarget(iscsi, path, errors);
  if (secretRef !== undefined) addRequired(errors, `${path}.secretRef.name`, secretRef.name);
  if (initiatorName !== undefined) addIscsiName(errors, `${path}.initiatorname`, initiatorName, 'must be valid format');
}

function validateGlusterfs({ endpoints, path: target, endpointsNamespace }: Loose<GlusterfsPersistentVolumeSource>, path: string, errors: Errors): void {
  addRequired(errors, `${path}.endpoints`, endpoints);
  addRequired(errors, `${path}.path`, target);
  if (endpointsNamespace === '') errors.push(invalid(`${path}.endpointsNamespace`, '', 'if the endpointnamespace is set, it must be a valid namespace name'));
  else if (endpointsNamespace !== undefined) addInvalid(errors, `${path}.endpointsNamespace`, endpointsNamespace, dns1123Label(endpointsNamespace));
}

function validateCsi(csi: Loose<CSIPersistentVolumeSource>, path: string, errors: Errors): void {
  addDriverName(errors, `${path}.driver`, csi.driver ?? '');
  addRequired(errors, `${path}.volumeHandle`, csi.volumeHandle);
  for (const field of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const) addWellNamedSecret(errors, `${path}.${field}`, csi[field]);
}

/** The rule that volumes of pods follow, too. */
const asInPods = <S>(rule: (source: S, path: string, errors: Errors, context: { readonly isPod: boolean }) => void) => (source: S, path: string, errors: Errors): void => rule(source, path, errors, { isPod: false });

/** In upstream's order, which decides whose error it is when a volume has several types. */
export const persistentVolumeRules: { readonly [Type in PersistentVolumeType]: Rule<Type> } = {
  hostPath: asInPods(volumeSourceRules.hostPath),
  gcePersistentDisk: asInPods(volumeSourceRules.gcePersistentDisk),
  awsElasticBlockStore: asInPods(volumeSourceRules.awsElasticBlockStore),
  glusterfs: validateGlusterfs,
  flocker: asInPods(volumeSourceRules.flocker),
  nfs: asInPods(volumeSourceRules.nfs),
  rbd: asInPods(volumeSourceRules.rbd),
  quobyte: asInPods(volumeSourceRules.quobyte),
  cephfs: asInPods(volumeSourceRules.cephfs),
  iscsi: validateIscsi,
  cinder({ volumeID, secretRef }, path, errors) {
    addRequired(errors, `${path}.volumeID`, volumeID);
    addSecret(errors, `${path}.secretRef`, secretRef);
  },
  fc: asInPods(volumeSourceRules.fc),
  flexVolume: asInPods(volumeSourceRules.flexVolume),
  azureFile(source, path, errors) {
    asInPods(volumeSourceRules.azureFile)(source, path, errors);
    if (source.secretNamespace === '') errors.push(required(`${path}.secretNamespace`));
  },
  vsphereVolume: asInPods(volumeSourceRules.vsphereVolume),
  photonPersistentDisk: asInPods(volumeSourceRules.photonPersistentDisk),
  portworxVolume: asInPods(volumeSourceRules.portworxVolume),
  azureDisk: asInPods(volumeSourceRules.azureDisk),
  scaleIO: asInPods(volumeSourceRules.scaleIO),
  local({ path: target = '' }, path, errors) {
    if (target === '') errors.push(required(`${path}.path`));
    else addNoBacksteps(errors, `${path}.path`, target);
  },
  storageos({ volumeName, volumeNamespace, secretRef }, path, errors) {
    asInPods(volumeSourceRules.storageos)({ volumeName, volumeNamespace }, path, errors);
    addSecret(errors, `${path}.secretRef`, secretRef);
  },
  csi: validateCsi,
};

export const persistentVolumeTypes = Object.keys(persistentVolumeRules) as PersistentVolumeType[];
