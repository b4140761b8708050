import type { FieldError } from '../../field-error.ts';
import { invalid } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { validateConditions } from '../../meta/validate-conditions.ts';
import { addOptionalEnum } from '../../pod/validation/rules.ts';
import { poddisruptionbudgets } from '../../resources.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../types/policy/v1.ts';
import { addAtMost100Percent, addCounters, addIntOrPercent } from '../apps/validation.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

/** `allowInvalidValues`: label values that cannot be stood in the selector before. */
function validateSpec(spec: Loose<PodDisruptionBudgetSpec>, options: { readonly allowInvalidValues?: boolean } = {}): FieldError[] {
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = { MinAvailable: minAvailable, Selector: selector ?? null, MaxUnavailable: maxUnavailable, UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null };
    errors.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const amount = spec[field];
    if (amount === undefined) continue;
    addIntOrPercent(errors, `spec.${field}`, amount);
    addAtMost100Percent(errors, `spec.${field}`, amount);
  }
  errors.push(...validateLabelSelector(selector as LabelSelector | undefined, 'spec.selector', options));
  addOptionalEnum(errors, 'spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, evictionPolicies);
  return errors;
}

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  const errors = validateConditions(status?.conditions, 'status.conditions');
  if (status !== undefined) addCounters(errors, status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']);
  return errors;
}

const rules = standardRules<PodDisruptionBudget>({ status: true, generation: true });

export const podDisruptionBudgetDefinition: ResourceDefinition<PodDisruptionBudget> = {
  type: poddisruptionbudgets,
  // Upstream forgets to check names here: what a path can hold is well.
  nameRule: 'path-segment',
  ...rules,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
  validate: ({ spec = {} }: Loose<PodDisruptionBudget>) => validateSpec(spec),
  update: {
    ...rules.update,
    validateUpdate: ({ spec = {} }: Loose<PodDisruptionBudget>, old) => validateSpec(spec, { allowInvalidValues: validateLabelSelector(old.spec?.selector, '').length > 0 }),
  },
  subresources: { status: statusRules<PodDisruptionBudget>(validateStatus) },
  columns: [
    nameColumn,
    column('Min Available', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    column('Max Unavailable', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    column('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0, { type: 'integer' }),
    ageColumn,
  ],
};
