import { poddisruptionbudgets } from '../../resources.ts';
import type { PodDisruptionBudget } from '../../types/policy/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

export const podDisruptionBudgetDefinition: ResourceDefinition<PodDisruptionBudget> = {
  type: poddisruptionbudgets,
  ...standardRules<PodDisruptionBudget>({ status: true, generation: true }),
  columns: [
    nameColumn,
    column('Min Available', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    column('Max Unavailable', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    column('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0, { type: 'integer' }),
    ageColumn,
  ],
};
