import { formatLabels } from '../../meta/labels.ts';
import { podtemplates } from '../../resources.ts';
import type { PodTemplate } from '../../types/core/v1.ts';
import { column, containerColumns, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { applyPodTemplateDefaults } from './pod-defaults.ts';

export const podTemplateDefinition: ResourceDefinition<PodTemplate> = {
  type: podtemplates,
  allowUnconditionalUpdate: true,
  ...standardRules<PodTemplate>({ status: false, generation: true }),
  applyDefaults: (object) => applyPodTemplateDefaults((object.template ??= {})),
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template?.spec?.containers, { wide: false }),
    column('Pod Labels', ({ template }) => formatLabels(template?.metadata?.labels)),
  ],
};
