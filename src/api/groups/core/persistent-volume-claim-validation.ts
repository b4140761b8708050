/** The rules of persistent volume claims (upstream's ValidatePersistentVolumeClaim…). */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage, validateImmutable, validateLabelSelector } from '../../meta/object-meta.ts';
import { compareQuantity, value } from '../../meta/quantity.ts';
import { qualifiedName } from '../../meta/validation.ts';
import { isNativeResource } from '../../pod/validation/resource-names.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { specDiff } from '../../pod/validation/spec-diff.ts';
import type { ClaimSpecOptions } from '../../pod/validation/validate-claim-spec.ts';
import { validateClaimSpec } from '../../pod/validation/validate-claim-spec.ts';
import { validateResourceQuantity } from '../../pod/validation/validate-resources.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types/core/v1.ts';
import { betaStorageClassKey } from './persistent-volume-columns.ts';

type Claim = Loose<PersistentVolumeClaim>;

/** A new claim, or a changed one: what stood before that could not is let pass. */
export function validatePersistentVolumeClaim({ spec = {} }: Claim, _context?: unknown, options: ClaimSpecOptions = {}): FieldError[] {
  const errors: FieldError[] = [];
  validateClaimSpec(spec, 'spec', errors, options);
  return errors;
}

/** May the class be named now? When nothing named it so far, or the old annotation named the same. */
function maySetClass(object: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const annotation = old.metadata.annotations?.[betaStorageClassKey];
  const name = object.spec?.storageClassName;
  return old.spec?.storageClassName === undefined && name !== undefined && (annotation === undefined || annotation === name);
}

/** Does the class move from the old annotation to its field? The annotation may go then. */
function movesClass(object: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = old.metadata.annotations?.[betaStorageClassKey];
  return before !== undefined && maySetClass(object, old) && [undefined, before].includes(object.metadata.annotations?.[betaStorageClassKey]);
}

/** The spec with everything that may change put back to what it was. */
function withoutAllowedChanges(object: PersistentVolumeClaim, old: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const before = old.spec ?? {};
  const spec: PersistentVolumeClaimSpec = { ...object.spec };
  const restore = (field: 'storageClassName' | 'volumeAttributesClassName'): void => {
    if (before[field] === undefined) delete spec[field];
    else spec[field] = before[field];
  };
  // The volume may be named once.
  if ((before.volumeName ?? '') === '') delete spec.volumeName;
  if (maySetClass(object, old)) restore('storageClassName');
  if (object.status?.phase === 'Bound') {
    const size = before.resources?.requests?.['storage'];
    if (spec.resources?.requests !== undefined && size !== undefined) spec.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage: size } };
    restore('volumeAttributesClassName');
  }
  return spec;
}

function addSizes(errors: Errors, object: PersistentVolumeClaim, old: PersistentVolumeClaim): void {
  const size = object.spec?.resources?.requests?.['storage'] ?? '0';
  if (compareQuantity(size, old.spec?.resources?.requests?.['storage'] ?? '0') >= 0) return;
  // A wish that proved too large may be taken back, down to what there is already.
  if (compareQuantity(size, old.status?.capacity?.['storage'] ?? '0') <= 0) errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
}

function addAttributesClass(errors: Errors, name: string | undefined, current: string | undefined): void {
  if (current === undefined || (name ?? '') !== '') return;
  errors.push(forbidden('spec.volumeAttributesClassName', `update to ${name === undefined ? 'nil' : 'empty string'} is forbidden when status.currentVolumeAttributesClassName is not nil`));
}

/** An update: what was asked for stays, but for the size and attributes of bound claims. */
export function validatePersistentVolumeClaimUpdate(object: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const before = old.spec ?? {};
  const options: ClaimSpecOptions = {
    allowInvalidSelectorValues: validateLabelSelector(before.selector, '').length > 0,
    allowInvalidApiGroup: (before.dataSource ?? before.dataSourceRef)?.apiGroup !== undefined,
  };
  const errors = validatePersistentVolumeClaim(object, undefined, options);
  const annotation = object.metadata.annotations?.[betaStorageClassKey] ?? '';
  if (!movesClass(object, old) && annotation !== (old.metadata.annotations?.[betaStorageClassKey] ?? '')) errors.push(invalid(`metadata.annotations.${betaStorageClassKey}`, annotation, immutableMessage));
  const rest = withoutAllowedChanges(object, old);
  const { volumeName = '', ...unnamed } = before;
  const fixed = volumeName === '' ? unnamed : before;
  if (!semanticEqual(rest, fixed)) errors.push(forbidden('spec', `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${specDiff('core.PersistentVolumeClaimSpec', fixed, rest)}`));
  addSizes(errors, object, old);
  errors.push(...validateImmutable('volumeMode', object.spec?.volumeMode, before.volumeMode));
  if (object.spec?.volumeAttributesClassName !== before.volumeAttributesClassName) addAttributesClass(errors, object.spec?.volumeAttributesClassName, old.status?.currentVolumeAttributesClassName);
  return errors;
}

const resizeStatuses = ['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending'];

/** What can be resized: storage, and what others made up. False: it cannot. */
function addResourceKey(errors: Errors, path: string, name: string): boolean {
  const wrong = qualifiedName(name);
  addInvalid(errors, path, name, wrong);
  if (wrong.length > 0) return false;
  if (!isNativeResource(name) || name === 'storage') return true;
  errors.push(notSupported(path, name, ['storage']));
  return false;
}

/** Not negative. False: it is. */
function addBasicQuantity(errors: Errors, path: string, quantity: string): boolean {
  const amount = value(quantity);
  if (amount < 0) errors.push(invalid(path, amount, 'must be a valid resource quantity'));
  return amount >= 0;
}

/** What the volume of a claim is and becomes. */
export function validatePersistentVolumeClaimStatus({ status = {} }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, quantity] of Object.entries(status.capacity ?? {})) addBasicQuantity(errors, `status.capacity[${name}]`, quantity);
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    addResourceKey(errors, 'status.allocatedResourceStatuses', name);
    // Upstream shows the resource where it means its state.
    if (!resizeStatuses.includes(state)) errors.push(notSupported('status.allocatedResourceStatuses', name, resizeStatuses));
  }
  for (const [name, quantity] of Object.entries(status.allocatedResources ?? {})) {
    const at = `status.allocatedResources[${name}]`;
    if (addResourceKey(errors, 'status.allocatedResources', name) && addBasicQuantity(errors, at, quantity)) validateResourceQuantity('storage', quantity, at, errors);
  }
  return errors;
}
