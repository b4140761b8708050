import { apiservices } from '../../resources.ts';
import type { APIService } from '../../types/apiregistration/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

function availabilityOf({ status }: APIService): string {
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  if (available === undefined) return 'Unknown';
  return available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`;
}

export const apiServiceDefinition: ResourceDefinition<APIService> = {
  type: apiservices,
  ...standardRules<APIService>({ status: true, generation: false }),
  applyDefaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  columns: [
    nameColumn,
    column('Service', ({ spec }) => (spec?.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`)),
    column('Available', availabilityOf),
    ageColumn,
  ],
};
