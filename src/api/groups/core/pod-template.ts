import type { FieldError } from '../../field-error.ts';
import { formatLabels } from '../../meta/labels.ts';
import { podTemplateWarnings } from '../../pod/pod-warnings.ts';
import { validatePodTemplateSpec } from '../../pod/validation/validate-pod.ts';
import { podtemplates } from '../../resources.ts';
import type { PodTemplate } from '../../types/core/v1.ts';
import { asksForMore } from '../apps/warnings.ts';
import { column, containerColumns, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { applyPodTemplateDefaults } from './pod-defaults.ts';

function validatePodTemplate({ template = {} }: PodTemplate): FieldError[] {
  const errors: FieldError[] = [];
  validatePodTemplateSpec(template, 'template', errors);
  return errors;
}

const rules = standardRules<PodTemplate>({ status: false, generation: true });

export const podTemplateDefinition: ResourceDefinition<PodTemplate> = {
  type: podtemplates,
  allowUnconditionalUpdate: true,
  ...rules,
  validate: validatePodTemplate,
  update: { ...rules.update, validateUpdate: validatePodTemplate },
  warnings: (object, old) => (asksForMore(object, old) ? podTemplateWarnings(object.template, 'template') : []),
  applyDefaults: (object) => applyPodTemplateDefaults((object.template ??= {})),
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template?.spec?.containers, { wide: false }),
    column('Pod Labels', ({ template }) => formatLabels(template?.metadata?.labels)),
  ],
};
