import { componentstatuses } from '../../resources.ts';
import type { ComponentStatus } from '../../types/core/v1.ts';
import { column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

export const componentStatusDefinition: ResourceDefinition<ComponentStatus> = {
  type: componentstatuses,
  columns: [
    nameColumn,
    column('Status', ({ conditions = [] }) => {
      const healthy = conditions.find(({ type }) => type === 'Healthy');
      if (healthy === undefined) return 'Unknown';
      return healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
    }),
    column('Message', ({ conditions = [] }) => conditions.find(({ type }) => type === 'Healthy')?.message ?? ''),
    column('Error', ({ conditions = [] }) => conditions.find(({ type }) => type === 'Healthy')?.error ?? ''),
  ],
};
