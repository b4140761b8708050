/** The kinds of scheduling.k8s.io: defaults, generations and columns. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid } from '../../field-error.ts';
import { podgroups, priorityclasses, workloads } from '../../resources.ts';
import type { PriorityClass } from '../../types/scheduling/v1.ts';
import type { PodGroup, Workload } from '../../types/scheduling/v1alpha2.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

export const priorityClassDefinition: ResourceDefinition<PriorityClass> = {
  type: priorityclasses,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  update: {
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      if ((object.value ?? 0) !== (old.value ?? 0)) errors.push(forbidden('value', 'may not be changed in an update.'));
      if (object.preemptionPolicy !== old.preemptionPolicy) errors.push(invalid('preemptionPolicy', object.preemptionPolicy, 'field is immutable'));
      return errors;
    },
  },
  columns: [
    nameColumn,
    column('Value', ({ value }) => value ?? 0, { type: 'integer' }),
    column('Global-Default', ({ globalDefault }) => globalDefault ?? false, { type: 'boolean' }),
    ageColumn,
    column('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy ?? ''),
  ],
};

export const workloadDefinition: ResourceDefinition<Workload> = {
  type: workloads,
  columns: [nameColumn, ageColumn],
};

export const podGroupDefinition: ResourceDefinition<PodGroup> = {
  type: podgroups,
  ...standardRules<PodGroup>({ status: true, generation: false }),
  columns: [nameColumn, ageColumn],
};
