import { formatLabels } from '../../meta/labels.ts';
import { componentstatuses, podtemplates } from '../../resources.ts';
import type { ComponentStatus, PodTemplate } from '../../types/core/v1.ts';
import { column, containerColumns, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

export const podTemplateDefinition: ResourceDefinition<PodTemplate> = {
  type: podtemplates,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  ...standardRules<PodTemplate>({ status: false, generation: true }),
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template?.spec?.containers, { wide: false }),
    column('Pod Labels', ({ template }) => formatLabels(template?.metadata?.labels)),
  ],
};

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
