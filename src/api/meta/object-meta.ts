import type { Loose } from './loose.ts';
import type { FieldError } from '../field-error.ts';
import { forbidden, invalid, required, tooLong } from '../field-error.ts';
import type { LabelSelector, ObjectMeta, OwnerReference } from '../types/meta/v1.ts';
import { semanticEqual } from './equal.ts';
import type { NameRule } from './validation.ts';
import { byteLength, labelValue, qualifiedName, validateName } from './validation.ts';

export const immutableMessage = 'field is immutable';
export const annotationsLimitBytes = 256 * 1024;

/** A value that must not change: `field is immutable`. */
export function validateImmutable(field: string, value: unknown, old: unknown): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalid(field, value, immutableMessage)];
}

/** Keys and values of a label map. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  // oxlint-disable-next-line guard-for-in -- JSON has own members only
  for (const key in labels) {
    const value = labels[key]!;
    for (const message of qualifiedName(key)) errors.push(invalid(path, key, message));
    for (const message of labelValue(value)) errors.push(invalid(path, value, message));
  }
  return errors;
}

/** Keys and total size of an annotation map. `keyErrors`: what is wrong with a key, in lower case; default: what a qualified name may not be. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string, keyErrors: (key: string) => string[] = qualifiedName): FieldError[] {
  const errors: FieldError[] = [];
  let totalBytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const message of keyErrors(key.toLowerCase())) errors.push(invalid(path, key, message));
    totalBytes += byteLength(key) + byteLength(value);
  }
  if (totalBytes > annotationsLimitBytes) errors.push(tooLong(path, annotationsLimitBytes));
  return errors;
}

function validateOwnerReferences(references: readonly Partial<OwnerReference>[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const reference of references ?? []) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = reference;
    const slash = apiVersion.lastIndexOf('/');
    // A group without a version, or more slashes than one, leaves no version to speak of.
    if (slash === apiVersion.length - 1 || slash !== apiVersion.indexOf('/')) errors.push(invalid(`${path}.apiVersion`, apiVersion, 'version must not be empty'));
    if (kind === '') errors.push(invalid(`${path}.kind`, kind, 'must not be empty'));
    if (name === '') errors.push(invalid(`${path}.name`, name, 'must not be empty'));
    if (uid === '') errors.push(invalid(`${path}.uid`, uid, 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event') errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
    if (reference.controller === true) {
      const current = `${kind}/${name}`;
      if (controller === '') controller = current;
      else errors.push(invalid(path, references, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`));
    }
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  const list = finalizers ?? [];
  const errors = list.flatMap((finalizer) => qualifiedName(finalizer).map((message) => invalid(path, finalizer, message)));
  if (list.includes('orphan') && list.includes('foregroundDeletion')) errors.push(invalid(path, list, 'finalizer orphan and foregroundDeletion cannot be both set'));
  return errors;
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

/**
 * The name of a finalizer of a built-in kind: one of Kubernetes' own, or one with a domain (upstream's
 * validateKubeFinalizerName). Custom resources may have any.
 */
export function validateFinalizerKind(finalizer: string, path: string): FieldError[] {
  return finalizer.includes('/') || standardFinalizers.includes(finalizer) ? [] : [invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

function validateManagedFields(entries: ObjectMeta['managedFields'], path: string): FieldError[] {
  const errors: FieldError[] = [];
  entries?.forEach((entry, i) => {
    const at = `${path}[${i}]`;
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') errors.push(invalid(`${at}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'));
    if (entry.fieldsType !== undefined && entry.fieldsType !== '' && entry.fieldsType !== 'FieldsV1') errors.push(invalid(`${at}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'));
    errors.push(...validateFieldManager(entry.manager ?? '', `${at}.manager`));
    if (byteLength(entry.subresource ?? '') > 256) errors.push(tooLong(`${at}.subresource`, 256));
  });
  return errors;
}

const printableAscii = /^[ -~]*$/;

/** The name of a field manager: at most 128 printable characters. */
export function validateFieldManager(manager: string, path: string): FieldError[] {
  if (manager.length <= 128 && printableAscii.test(manager)) return [];
  const errors: FieldError[] = [];
  if (byteLength(manager) > 128) errors.push(tooLong(path, 128));
  let position = 0;
  for (const character of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      errors.push(invalid(path, manager, `invalid character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} (at position ${position})`));
    }
    position += byteLength(character);
  }
  return errors;
}

/** What creation and update check alike. */
function validateCommon(meta: ObjectMeta, path: string, errors: FieldError[]): void {
  if (meta.labels !== undefined) errors.push(...validateLabels(meta.labels, `${path}.labels`));
  if (meta.annotations !== undefined) errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  if (meta.ownerReferences !== undefined) errors.push(...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`));
}

/** An object's metadata on creation, once a name was generated. `path` defaults to `metadata`. */
export function validateObjectMeta(meta: ObjectMeta, options: { readonly namespaced: boolean; readonly nameRule?: NameRule; readonly path?: string }): FieldError[] {
  const { namespaced, nameRule = 'dns-1123-subdomain', path = 'metadata' } = options;
  const errors: FieldError[] = [];
  const { generateName = '', name = '', namespace = '', generation = 0 } = meta;
  if (generateName !== '') for (const message of validateName(nameRule, generateName, { prefix: true })) errors.push(invalid(`${path}.generateName`, generateName, message));
  if (name === '') errors.push(required(`${path}.name`, 'name or generateName is required'));
  else for (const message of validateName(nameRule, name)) errors.push(invalid(`${path}.name`, name, message));
  if (namespaced) {
    if (namespace === '') errors.push(required(`${path}.namespace`));
    else for (const message of validateName('dns-1123-label', namespace)) errors.push(invalid(`${path}.namespace`, namespace, message));
  } else if (namespace !== '') {
    errors.push(forbidden(`${path}.namespace`, 'not allowed on this type'));
  }
  if (generation < 0) errors.push(invalid(`${path}.generation`, generation, 'must be greater than or equal to 0'));
  validateCommon(meta, path, errors);
  if (meta.finalizers !== undefined) errors.push(...validateFinalizers(meta.finalizers, `${path}.finalizers`));
  if (meta.managedFields !== undefined) errors.push(...validateManagedFields(meta.managedFields, `${path}.managedFields`));
  return errors;
}

const namingFields = ['name', 'namespace', 'uid'] as const;
const systemFields = ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/** What an update may not change about an object's metadata. `path` defaults to `metadata`. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = [...new Set(meta.finalizers ?? [])].filter((finalizer) => !(old.finalizers ?? []).includes(finalizer)).sort();
    if (added.length > 0) errors.push(forbidden(`${path}.finalizers`, `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(', ')}}`));
  }
  if ((meta.resourceVersion ?? '') === '') errors.push(invalid(`${path}.resourceVersion`, '', 'must be specified for an update'));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) errors.push(invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'));
  for (const field of namingFields) if (meta[field] !== old[field]) errors.push(...validateImmutable(`${path}.${field}`, meta[field] ?? '', old[field] ?? ''));
  for (const field of systemFields) if (meta[field] !== old[field]) errors.push(...validateImmutable(`${path}.${field}`, meta[field], old[field]));
  validateCommon(meta, path, errors);
  if (meta.managedFields !== undefined) errors.push(...validateManagedFields(meta.managedFields, `${path}.managedFields`));
  return errors;
}

/** A label selector's keys, operators and values, as `ValidateLabelSelector` words it. */
export function validateLabelSelector(selector: Loose<LabelSelector> | undefined, path: string, options: { readonly allowInvalidValues?: boolean } = {}): FieldError[] {
  if (selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels, `${path}.matchLabels`);
  selector.matchExpressions?.forEach(({ key = '', operator = '', values = [] }, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else {
      errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    }
    for (const message of qualifiedName(key)) errors.push(invalid(`${at}.key`, key, message));
    if (options.allowInvalidValues !== true) {
      values.forEach((value, j) => { for (const message of labelValue(value)) errors.push(invalid(`${at}.values[${j}]`, value, message)); });
    }
  });
  return errors;
}
