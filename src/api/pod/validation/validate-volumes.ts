/** A pod's volumes: unique names, and exactly one source each. */
import { duplicate, forbidden, invalid, required } from '../../field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import type { Errors, LooseVolume, Volumes } from './rules.ts';
import { addInvalid } from './rules.ts';
import type { VolumeType } from './validate-volume-sources.ts';
import { volumeSourceRules, volumeTypes } from './validate-volume-sources.ts';

export interface VolumeContext {
  readonly isPod: boolean;
  /** The pod's name, where there is one: ephemeral volumes make claims of it. */
  readonly podName: string;
}

/** Where upstream's paths differ from the field's name. */
const sourcePaths: Partial<Record<VolumeType, string>> = { gcePersistentDisk: 'persistentDisk' };
const conflictPaths: Partial<Record<VolumeType, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

const maxIscsiNameLength = 64;

function validateSource(volume: LooseVolume, type: VolumeType, path: string, context: VolumeContext, errors: Errors): void {
  const rule = volumeSourceRules[type] as (source: unknown, path: string, errors: Errors, context: VolumeContext) => void;
  rule(volume[type], `${path}.${sourcePaths[type] ?? type}`, errors, context);
}

function validateClaimName(volumeName: string, path: string, podName: string, errors: Errors): void {
  if (podName === '' || volumeName === '') return;
  const claim = `${podName}-${volumeName}`;
  addInvalid(errors, `${path}.name`, volumeName, dns1123Subdomain(claim).map((message) => `PVC name ${JSON.stringify(claim)}: ${message}`));
}

/** The types that a volume claims to be, in upstream's order: one, if all is well. */
function typesOf(volume: LooseVolume): VolumeType[] {
  const fields = Object.keys(volume) as (keyof LooseVolume)[];
  const types = fields.filter((field) => field !== 'name' && volume[field] !== undefined) as VolumeType[];
  return types.length < 2 ? types : volumeTypes.filter((type) => types.includes(type));
}

function validateVolume(volume: LooseVolume, path: string, context: VolumeContext, errors: Errors): void {
  const { name = '' } = volume;
  const types = typesOf(volume);
  types.forEach((type, i) => {
    if (i === 0) validateSource(volume, type, path, context, errors);
    else errors.push(forbidden(`${path}.${conflictPaths[type] ?? type}`, 'may not specify more than 1 volume type'));
  });
  if (types.length === 0) errors.push(required(path, 'must specify a volume type'));
  if (types[0] === 'ephemeral') validateClaimName(name, path, context.podName, errors);
  const { iscsi } = volume;
  if (iscsi?.initiatorName !== undefined && `${name}:${iscsi.targetPortal ?? ''}`.length > maxIscsiNameLength) {
    errors.push(invalid(`${path}.name`, name, 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'));
  }
  if (name === '') errors.push(required(`${path}.name`));
  else addInvalid(errors, `${path}.name`, name, dns1123Label(name));
}

const noVolumes: Volumes = new Map();

/** Checks the volumes and answers those that are well-formed, by name; `path` is that of the list. */
export function validateVolumes(volumes: readonly LooseVolume[] | undefined, path: string, context: VolumeContext, errors: Errors): Volumes {
  if (volumes === undefined || volumes.length === 0) return noVolumes;
  const good = new Map<string, LooseVolume>();
  volumes.forEach((volume, i) => {
    const at = `${path}[${i}]`;
    const { name = '', persistentVolumeClaim } = volume;
    const before = errors.length;
    validateVolume(volume, at, context, errors);
    if (good.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (errors.length === before) good.set(name, volume);
    const claim = persistentVolumeClaim?.claimName ?? '';
    if (claim !== '' && context.podName !== '' && volumes.some((other) => other.ephemeral !== undefined && claim === `${context.podName}-${other.name ?? ''}`)) {
      errors.push(invalid(`${at}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume'));
    }
  });
  return good;
}
