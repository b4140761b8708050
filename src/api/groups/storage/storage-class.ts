import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required } from '../../field-error.ts';
import { mapsEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage, validateImmutable } from '../../meta/object-meta.ts';
import { qualifiedName } from '../../meta/validation.ts';
import { deprecatedNodeLabels } from '../../pod/node-labels.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { storageclasses } from '../../resources.ts';
import type { TopologySelectorTerm } from '../../types/core/v1.ts';
import type { StorageClass } from '../../types/storage/v1.ts';
import { sortedLabels } from '../apps/validation.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { addParameters, addProvisioner, isDefaultClass } from './class-rules.ts';

const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];

/** Checks one term. Answers a text that is the same for terms that ask for the same values. */
function validateTerm({ matchLabelExpressions = [] }: Loose<TopologySelectorTerm>, path: string, errors: FieldError[]): string {
  const topology = new Map<string, readonly string[]>();
  matchLabelExpressions.forEach(({ key = '', values = [] }, i) => {
    const at = `${path}.matchLabelExpressions[${i}]`;
    if (values.length === 0) errors.push(required(`${at}.values`));
    values.forEach((value, j) => {
      if (values.indexOf(value) < j) errors.push(duplicate(`${at}.values[${j}]`, value));
    });
    addInvalid(errors, `${at}.key`, key, qualifiedName(key));
    if (topology.has(key)) errors.push(duplicate(`${at}.key`, key));
    topology.set(key, [...new Set(values)].sort());
  });
  return JSON.stringify([...topology].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addTopologies(errors: FieldError[], path: string, terms: readonly Loose<TopologySelectorTerm>[]): void {
  // Upstream compares each term with as many empty ones first as there are terms: an empty term always repeats one.
  const seen = terms.map(() => '[]');
  terms.forEach((term, i) => {
    const topology = validateTerm(term, `${path}[${i}]`, errors);
    for (const other of seen) if (topology === other) errors.push(duplicate(`${path}[${i}].matchLabelExpressions`, ''));
    seen.push(topology);
  });
}

function validateStorageClass(object: Loose<StorageClass>): FieldError[] {
  const errors: FieldError[] = [];
  const { reclaimPolicy = '', volumeBindingMode } = object;
  addProvisioner(errors, 'provisioner', object.provisioner);
  addParameters(errors, 'parameters', object.parameters);
  if (reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy)) errors.push(notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies));
  if (volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (!bindingModes.includes(volumeBindingMode)) errors.push(notSupported('volumeBindingMode', volumeBindingMode, bindingModes));
  addTopologies(errors, 'allowedTopologies', object.allowedTopologies ?? []);
  return errors;
}

function validateUpdate(object: Loose<StorageClass>, old: StorageClass): FieldError[] {
  const errors = validateStorageClass(object);
  if (!mapsEqual(object.parameters, old.parameters)) errors.push(invalid('parameters', sortedLabels(object.parameters), immutableMessage));
  for (const field of ['provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) errors.push(...validateImmutable(field, object[field], old[field]));
  return errors;
}

function warnings({ allowedTopologies = [] }: StorageClass): string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) => matchLabelExpressions.flatMap(({ key }, j) => {
    const message = deprecatedNodeLabels[key];
    return message === undefined ? [] : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${message}`];
  }));
}

export const storageClassDefinition: ResourceDefinition<StorageClass> = {
  type: storageclasses,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate: validateStorageClass,
  update: { validateUpdate },
  warnings,
  columns: [
    { ...nameColumn, cell: (object: StorageClass) => `${object.metadata.name ?? ''}${isDefaultClass(object) ? ' (default)' : ''}` },
    column('Provisioner', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false),
    ageColumn,
  ],
};
