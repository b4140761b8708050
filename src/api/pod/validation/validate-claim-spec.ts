/** The claim that an ephemeral volume makes (upstream's ValidatePersistentVolumeClaimTemplate). */
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateAnnotations, validateLabels, validateLabelSelector } from '../../meta/object-meta.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, TypedObjectReference } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { Errors } from './rules.ts';
import { addInvalid, addOptionalEnum, addRequired, notPositiveMessage } from './rules.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

/** How a volume may be used; `ReadWriteOncePod` excludes every other mode. */
export function addAccessModes(errors: Errors, path: string, modes: readonly string[]): void {
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(path, mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}

/** What is let pass because it stood before. */
export interface ClaimSpecOptions {
  readonly allowInvalidSelectorValues?: boolean;
  readonly allowInvalidApiGroup?: boolean;
}

function validateDataSource({ name = '', kind = '', apiGroup = '', namespace = '' }: Loose<TypedObjectReference>, path: string, errors: Errors, options: ClaimSpecOptions): void {
  addRequired(errors, `${path}.name`, name);
  addRequired(errors, `${path}.kind`, kind);
  if (apiGroup !== '') addInvalid(errors, `${path}.apiGroup`, apiGroup, options.allowInvalidApiGroup === true ? [] : dns1123Subdomain(apiGroup));
  else if (kind !== 'PersistentVolumeClaim') errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (namespace !== '') addInvalid(errors, `${path}.namespace`, namespace, dns1123Label(namespace));
}

/** What a claim asks for. */
export function validateClaimSpec(spec: Loose<PersistentVolumeClaimSpec>, path: string, errors: Errors, options: ClaimSpecOptions = {}): void {
  const { accessModes: modes = [], dataSource, dataSourceRef, storageClassName = '', volumeAttributesClassName = '' } = spec;
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  if (spec.selector !== undefined) errors.push(...validateLabelSelector(spec.selector as LabelSelector, `${path}.selector`, { allowInvalidValues: options.allowInvalidSelectorValues === true }));
  addAccessModes(errors, `${path}.accessModes`, modes);
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else if (compareQuantity(storage, '0') <= 0) errors.push(invalid(`${path}.resources[storage]`, storage, notPositiveMessage));
  if (storageClassName !== '') addInvalid(errors, `${path}.storageClassName`, storageClassName, dns1123Subdomain(storageClassName));
  addOptionalEnum(errors, `${path}.volumeMode`, spec.volumeMode, volumeModes);
  if (dataSource !== undefined) validateDataSource(dataSource, `${path}.dataSource`, errors, options);
  if (dataSourceRef !== undefined) validateDataSource(dataSourceRef, `${path}.dataSourceRef`, errors, options);
  if (dataSource !== undefined && dataSourceRef !== undefined) {
    // Upstream shows the path of a field as a value, of which nothing is left in JSON.
    if ((dataSourceRef.namespace ?? '') !== '') errors.push(invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified'));
    else if (dataSource.apiGroup !== dataSourceRef.apiGroup || dataSource.kind !== dataSourceRef.kind || dataSource.name !== dataSourceRef.name) {
      errors.push(invalid(path, {}, 'must match dataSourceRef'));
    }
  }
  if (volumeAttributesClassName !== '') addInvalid(errors, `${path}.volumeAttributesClassName`, volumeAttributesClassName, dns1123Subdomain(volumeAttributesClassName));
}

/** A claim's labels, annotations and spec; nothing else of its metadata may be set. */
export function validateClaimTemplate(template: Loose<PersistentVolumeClaimTemplate>, path: string, errors: Errors): void {
  const { metadata = {}, spec = {} } = template;
  errors.push(...validateAnnotations(metadata.annotations, `${path}.metadata.annotations`), ...validateLabels(metadata.labels, `${path}.metadata.labels`));
  for (const field of Object.keys(metadata)) if (field !== 'annotations' && field !== 'labels' && field !== 'creationTimestamp') errors.push(forbidden(`${path}.metadata.${field}`, 'cannot be set'));
  validateClaimSpec(spec, `${path}.spec`, errors);
}
