/** The rules of persistent volumes (upstream's ValidatePersistentVolume…). */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage, validateImmutable } from '../../meta/object-meta.ts';
import { compareQuantity, value } from '../../meta/quantity.ts';
import { dns1123Subdomain, labelValue } from '../../meta/validation.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { addInvalid, addOptionalEnum, notPositiveMessage } from '../../pod/validation/rules.ts';
import { specDiff } from '../../pod/validation/spec-diff.ts';
import { validateNodeSelector } from '../../pod/validation/validate-affinity.ts';
import { addAccessModes, volumeModes } from '../../pod/validation/validate-claim-spec.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from '../../types/core/v1.ts';
import { sortedLabels } from '../apps/validation.ts';
import type { PersistentVolumeType } from './persistent-volume-sources.ts';
import { persistentVolumeRules, persistentVolumeTypes } from './persistent-volume-sources.ts';

type Spec = Loose<PersistentVolumeSpec>;

export interface PersistentVolumeSpecOptions {
  /** The spec stands inside a volume attachment, where there is no persistent volume. */
  readonly inline?: boolean;
  /** What the volume is called. */
  readonly volumeName?: string;
  /** Label values that cannot be stood here before. */
  readonly allowInvalidLabelValues?: boolean;
}

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const notInline = 'may not be specified in the context of inline volumes';

function addCapacity(errors: Errors, path: string, capacity: Readonly<Record<string, string>> = {}): void {
  const entries = Object.entries(capacity);
  if (entries.length === 0) errors.push(required(path));
  if (capacity['storage'] === undefined || entries.length > 1) errors.push(notSupported(path, entries.length === 0 ? null : sortedLabels(capacity), ['storage']));
  for (const [name, quantity] of entries) {
    const amount = value(quantity);
    if (amount < 0) errors.push(invalid(`${path}[${name}]`, amount, 'must be a valid resource quantity'));
    if (compareQuantity(quantity, '0') <= 0) errors.push(invalid(`${path}[${name}]`, quantity, notPositiveMessage));
  }
}

/** Some types are called by another name in messages about what is inside, or about there being two. */
const pathsInside: Partial<Record<PersistentVolumeType, string>> = { gcePersistentDisk: 'persistentDisk' };
const pathsOfSecond: Partial<Record<PersistentVolumeType, string>> = { cephfs: 'cephFS' };

function addSources(errors: Errors, path: string, spec: Spec, volumeName: string): void {
  let found = 0;
  for (const type of persistentVolumeTypes) {
    const source = spec[type];
    if (source === undefined) continue;
    // Upstream lets a flex volume be beside another one.
    if (found > 0 && type !== 'flexVolume') {
      errors.push(forbidden(`${path}.${pathsOfSecond[type] ?? type}`, 'may not specify more than 1 volume type'));
      continue;
    }
    found++;
    const rule = persistentVolumeRules[type] as (source: unknown, path: string, errors: Errors, volumeName: string) => void;
    rule(source, `${path}.${pathsInside[type] ?? type}`, errors, volumeName);
    if (type === 'local' && spec.nodeAffinity === undefined) errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
  }
  if (found === 0) errors.push(required(path, 'must specify a volume type'));
}

/** `/`, however it is written. */
function isRoot(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth = Math.max(0, depth - 1);
    else if (part !== '' && part !== '.') depth++;
  }
  return path.startsWith('/') && depth === 0;
}

function addVolumeMode(errors: Errors, path: string, mode: string | undefined, inline: boolean): void {
  if (!inline) addOptionalEnum(errors, path, mode, volumeModes);
  else if (mode !== undefined && mode !== 'Filesystem') errors.push(forbidden(path, 'may not specify volumeMode other than Filesystem in the context of inline volumes'));
}

function addReclaimPolicy(errors: Errors, path: string, policy: string, inline: boolean): void {
  if (policy === '') return;
  if (!inline) addOptionalEnum(errors, path, policy, reclaimPolicies);
  else if (policy !== 'Retain') errors.push(forbidden(path, 'may only be Retain in the context of inline volumes'));
}

function addNodeAffinity(errors: Errors, path: string, affinity: Loose<VolumeNodeAffinity> | undefined, { inline = false, allowInvalidLabelValues = false }: PersistentVolumeSpecOptions): void {
  if (affinity === undefined) return;
  if (inline) errors.push(forbidden(path, notInline));
  else if (affinity.required === undefined) errors.push(required(`${path}.required`, 'must specify required node constraints'));
  else validateNodeSelector(affinity.required, `${path}.required`, errors, { allowInvalidValues: allowInvalidLabelValues });
}

function addAttributesClass(errors: Errors, path: string, { volumeAttributesClassName, csi }: Spec): void {
  if (volumeAttributesClassName === undefined) return;
  const at = `${path}.volumeAttributesClassName`;
  if (volumeAttributesClassName === '') errors.push(required(at, 'an empty string is disallowed'));
  else addInvalid(errors, at, volumeAttributesClassName, dns1123Subdomain(volumeAttributesClassName));
  if (csi === undefined) errors.push(required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName'));
}

/** The spec of a persistent volume, or of an inline one in a volume attachment. */
export function validatePersistentVolumeSpec(spec: Spec, path: string, errors: Errors, options: PersistentVolumeSpecOptions = {}): void {
  const { inline = false, volumeName = '' } = options;
  const { accessModes = [], persistentVolumeReclaimPolicy: policy = '', storageClassName = '' } = spec;
  if (inline) {
    if (spec.claimRef !== undefined) errors.push(forbidden(`${path}.claimRef`, notInline));
    if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(forbidden(`${path}.capacity`, notInline));
    if (spec.csi === undefined) errors.push(required(`${path}.csi`, 'has to be specified in the context of inline volumes'));
  }
  if (accessModes.length === 0) errors.push(required(`${path}.accessModes`));
  addAccessModes(errors, `${path}.accessModes`, accessModes);
  if (!inline) addCapacity(errors, `${path}.capacity`, spec.capacity);
  addReclaimPolicy(errors, `${path}.persistentVolumeReclaimPolicy`, policy, inline);
  addNodeAffinity(errors, `${path}.nodeAffinity`, spec.nodeAffinity, options);
  addSources(errors, path, spec, volumeName);
  if (policy === 'Recycle' && isRoot(spec.hostPath?.path ?? '')) errors.push(forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"));
  if (storageClassName !== '') {
    if (inline) errors.push(forbidden(`${path}.storageClassName`, notInline));
    else addInvalid(errors, `${path}.storageClassName`, storageClassName, dns1123Subdomain(storageClassName));
  }
  addVolumeMode(errors, `${path}.volumeMode`, spec.volumeMode, inline);
  addAttributesClass(errors, path, spec);
}

const mountOptionsKey = 'volume.beta.kubernetes.io/mount-options';
const mountable: readonly PersistentVolumeType[] = ['gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'nfs', 'rbd', 'quobyte', 'iscsi', 'cinder', 'cephfs', 'azureFile', 'vsphereVolume', 'azureDisk', 'photonPersistentDisk'];

/** Some types cannot be mounted with options of one's own. */
function validateMountOptions({ metadata = {}, spec = {} }: Loose<PersistentVolume>): FieldError[] {
  if (metadata.annotations?.[mountOptionsKey] === undefined || mountable.some((type) => spec[type] !== undefined)) return [];
  return [forbidden(`metadata.annotations.${mountOptionsKey}`, 'may not specify mount options for this volume type')];
}

function validateSpecOf({ metadata = {}, spec = {} }: Loose<PersistentVolume>, options: PersistentVolumeSpecOptions): FieldError[] {
  const errors: FieldError[] = [];
  validatePersistentVolumeSpec(spec, 'spec', errors, { ...options, volumeName: metadata.name ?? '' });
  return errors;
}

/** A new persistent volume. */
export function validatePersistentVolume(object: Loose<PersistentVolume>): FieldError[] {
  return [...validateSpecOf(object, {}), ...validateMountOptions(object)];
}

/** What the volume is made of; the secret for growing it may be added later. */
function sourcesOf(spec: Spec, old: Spec): Partial<Spec> {
  const sources: Partial<Record<PersistentVolumeType, unknown>> = {};
  for (const type of persistentVolumeTypes) if (spec[type] !== undefined) sources[type] = spec[type];
  if (spec.csi !== undefined && old.csi !== undefined && old.csi.controllerExpandSecretRef === undefined) {
    const { controllerExpandSecretRef: _, ...csi } = spec.csi;
    sources.csi = csi;
  }
  return sources as Partial<Spec>;
}

/** Labels that have a final name by now: a volume may move from the older one to it. */
const finalLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

type Requirements = readonly NodeSelectorRequirement[] | undefined;

function sameRequirements(list: Requirements = [], old: Requirements = []): boolean {
  return list.length === old.length && list.every((requirement, i) => {
    const before = old[i]!;
    const key = finalLabels[before.key] === requirement.key ? requirement.key : before.key;
    return semanticEqual(requirement, { ...before, key });
  });
}

function sameAffinity(affinity: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean {
  const terms: readonly NodeSelectorTerm[] | undefined = affinity?.required?.nodeSelectorTerms;
  const before = old.required?.nodeSelectorTerms;
  if (terms === undefined || before === undefined) return semanticEqual(affinity, old);
  return terms.length === before.length && terms.every((term, i) => sameRequirements(term.matchExpressions, before[i]!.matchExpressions) && sameRequirements(term.matchFields, before[i]!.matchFields));
}

/** As Go shows its internal type. */
function shownAffinity(affinity: VolumeNodeAffinity | undefined): unknown {
  if (affinity === undefined) return null;
  const shown = (list: Requirements): unknown => list?.map(({ key, operator, values }) => ({ Key: key, Operator: operator, Values: values ?? null })) ?? null;
  const terms = (affinity.required as VolumeNodeAffinity['required'] | undefined)?.nodeSelectorTerms;
  return { Required: affinity.required === undefined ? null : { NodeSelectorTerms: terms?.map(({ matchExpressions, matchFields }) => ({ MatchExpressions: shown(matchExpressions), MatchFields: shown(matchFields) })) ?? null } };
}

function hasInvalidLabelValue(affinity: VolumeNodeAffinity | undefined): boolean {
  return affinity?.required?.nodeSelectorTerms.some(({ matchExpressions = [] }) => matchExpressions.some(({ values = [] }) => values.some((one) => labelValue(one).length > 0))) ?? false;
}

/** An update: what the volume is made of stays, and where it can be reached. */
export function validatePersistentVolumeUpdate(object: PersistentVolume, old: PersistentVolume): FieldError[] {
  const { spec = {} } = object;
  const { spec: before = {} } = old;
  // Upstream looks at the new volume twice.
  const options = { allowInvalidLabelValues: hasInvalidLabelValue(before.nodeAffinity) };
  const errors = [...validateSpecOf(object, options), ...validateMountOptions(object), ...validateSpecOf(object, options)];
  const [sources, oldSources] = [sourcesOf(spec, before), sourcesOf(before, before)];
  if (!semanticEqual(sources, oldSources)) errors.push(forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${specDiff('core.PersistentVolumeSource', oldSources, sources)}`));
  errors.push(...validateImmutable('volumeMode', spec.volumeMode, before.volumeMode));
  if (before.nodeAffinity !== undefined && !sameAffinity(spec.nodeAffinity, before.nodeAffinity)) errors.push(invalid('nodeAffinity', shownAffinity(spec.nodeAffinity), `${immutableMessage}, except for updating from beta label to GA`));
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  return errors;
}
