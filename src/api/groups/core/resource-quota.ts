import type { Loose } from '../../meta/loose.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { resourcequotas } from '../../resources.ts';
import type { ResourceQuota } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { roundQuantities } from './container-defaults.ts';
import { validateResourceQuota, validateResourceQuotaStatus, validateResourceQuotaUpdate } from './resource-quota-validation.ts';

function applyDefaults({ spec, status }: Loose<ResourceQuota>): void {
  roundQuantities(spec?.hard);
  roundQuantities(status?.hard);
  roundQuantities(status?.used);
}

/** `cpu: 1/4, pods: 2/10` of the resources that are limits, or of those that are not. */
function formatUsage({ status = {} }: ResourceQuota, limits: boolean): string {
  const { hard = {}, used = {} } = status;
  return Object.keys(hard).sort().filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]!}`).join(', ');
}

const measured = ['cpu', 'memory', 'storage', 'ephemeral-storage'];

/** A new quota that lets more be asked for than be used. Of cpu and memory the bare name means requests. */
function warnings({ spec }: ResourceQuota, old: ResourceQuota | undefined): string[] {
  const hard = spec?.hard ?? {};
  if (old !== undefined) return [];
  return measured.flatMap((name) => {
    const request = hard[`requests.${name}`] === undefined && (name === 'cpu' || name === 'memory') ? name : `requests.${name}`;
    const [asked, limit] = [hard[request], hard[`limits.${name}`]];
    if (asked === undefined || limit === undefined || compareQuantity(asked, limit) <= 0) return [];
    return [`ResourceQuota ${request} (${asked}) should be less than limits.${name} (${limit})`];
  });
}

const rules = standardRules<ResourceQuota>({ status: true, generation: false });

export const resourceQuotaDefinition: ResourceDefinition<ResourceQuota> = {
  type: resourcequotas,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults,
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateResourceQuota,
  update: { ...rules.update, validateUpdate: validateResourceQuotaUpdate },
  subresources: { status: statusRules<ResourceQuota>(validateResourceQuotaStatus) },
  warnings,
  columns: [nameColumn, column('Request', (quota) => formatUsage(quota, false)), column('Limit', (quota) => formatUsage(quota, true)), ageColumn],
};
