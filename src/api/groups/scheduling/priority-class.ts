import type { FieldError } from '../../field-error.ts';
import { forbidden, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { priorityclasses } from '../../resources.ts';
import type { PriorityClass } from '../../types/scheduling/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

/** Above it are the priorities of the system. */
const highestUserPriority = 1_000_000_000;
const systemPrefix = 'system-';
/** The classes that every cluster has, and what they are worth. */
const systemPriorities: Readonly<Record<string, number>> = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 };
const preemptionPolicies = ['PreemptLowerPriority', 'Never'];

/** Why a class of the system's is not one that the system has; undefined: it is one. */
function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = Object.hasOwn(systemPriorities, name) ? systemPriorities[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validatePriorityClass({ metadata = {}, value = 0, globalDefault = false, preemptionPolicy }: Loose<PriorityClass>): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '' } = metadata;
  if (name.startsWith(systemPrefix)) {
    const problem = systemProblem(name, value, globalDefault);
    if (problem !== undefined) errors.push(forbidden('metadata.name', `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`));
  } else if (value > highestUserPriority) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`));
  }
  if (preemptionPolicy === '') errors.push(required('preemptionPolicy'));
  else if (preemptionPolicy !== undefined && !preemptionPolicies.includes(preemptionPolicy)) errors.push(notSupported('preemptionPolicy', preemptionPolicy, preemptionPolicies));
  return errors;
}

export const priorityClassDefinition: ResourceDefinition<PriorityClass> = {
  type: priorityclasses,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  validate: validatePriorityClass,
  update: {
    validateUpdate: (object, old) => [
      ...((object.value ?? 0) === (old.value ?? 0) ? [] : [forbidden('value', 'may not be changed in an update.')]),
      ...validateImmutable('preemptionPolicy', object.preemptionPolicy, old.preemptionPolicy),
    ],
  },
  columns: [
    nameColumn,
    column('Value', ({ value }) => value ?? 0, { type: 'integer' }),
    column('Global-Default', ({ globalDefault }) => globalDefault ?? false, { type: 'boolean' }),
    ageColumn,
    column('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy ?? ''),
  ],
};
