import { limitranges, resourcequotas } from '../../resources.ts';
import type { LimitRange, ResourceQuota } from '../../types/core/v1.ts';
import { ageColumn, column, createdAtColumns, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

/** `cpu: 1/4, pods: 2/10` of the resources that are limits, or of those that are not. */
function formatUsage({ status = {} }: ResourceQuota, limits: boolean): string {
  const { hard = {}, used = {} } = status;
  return Object.keys(hard).sort().filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]!}`).join(', ');
}

export const resourceQuotaDefinition: ResourceDefinition<ResourceQuota> = {
  type: resourcequotas,
  allowUnconditionalUpdate: true,
  ...standardRules<ResourceQuota>({ status: true, generation: false }),
  columns: [nameColumn, column('Request', (quota) => formatUsage(quota, false)), column('Limit', (quota) => formatUsage(quota, true)), ageColumn],
};

export const limitRangeDefinition: ResourceDefinition<LimitRange> = {
  type: limitranges,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  columns: createdAtColumns,
};
