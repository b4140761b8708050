import type { FieldError } from '../../field-error.ts';
import { duplicate, required, tooMany } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1123Label, dns1123Subdomain, pathSegment } from '../../meta/validation.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { workloads } from '../../resources.ts';
import type { PodGroupTemplate, TypedLocalObjectReference, Workload } from '../../types/scheduling/v1alpha2.ts';
import { ageColumn, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { addFixed, addFormatted, dropAlphaFields, validateSchedulingPolicy } from './pod-group-rules.ts';

const maxTemplates = 8;

function validateReference({ apiGroup = '', kind, name }: Loose<TypedLocalObjectReference>, path: string, errors: Errors): void {
  if (apiGroup !== '') addInvalid(errors, `${path}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup));
  addFormatted(errors, `${path}.kind`, kind, pathSegment);
  addFormatted(errors, `${path}.name`, name, pathSegment);
}

function addCount(errors: Errors, path: string, templates: readonly unknown[]): void {
  if (templates.length > maxTemplates) errors.push(tooMany(path, templates.length, maxTemplates));
  else if (templates.length === 0) errors.push(required(path));
}

function validateTemplates(templates: readonly Loose<PodGroupTemplate>[], path: string, errors: Errors): void {
  addCount(errors, path, templates);
  if (templates.length === 0 || templates.length > maxTemplates) return;
  templates.forEach(({ name = '', schedulingPolicy = {} }, i) => {
    // The whole template is shown, as Go writes it.
    if (templates.findIndex((other) => other.name === name) < i) errors.push(duplicate(`${path}[${i}]`, { name, schedulingPolicy, schedulingConstraints: null }));
  });
  templates.forEach(({ name, schedulingPolicy = {} }, i) => {
    addFormatted(errors, `${path}[${i}].name`, name, dns1123Label);
    validateSchedulingPolicy(schedulingPolicy, `${path}[${i}].schedulingPolicy`, errors);
  });
}

function validateWorkload({ spec = {} }: Loose<Workload>): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.controllerRef !== undefined) validateReference(spec.controllerRef, 'spec.controllerRef', errors);
  validateTemplates(spec.podGroupTemplates ?? [], 'spec.podGroupTemplates', errors);
  return errors;
}

function dropAlpha({ spec }: Loose<Workload>, old?: Loose<Workload>): void {
  spec?.podGroupTemplates?.forEach((template, i) => dropAlphaFields(template, old?.spec?.podGroupTemplates?.[i]));
}

export const workloadDefinition: ResourceDefinition<Workload> = {
  type: workloads,
  allowUnconditionalUpdate: true,
  prepareForCreate: (object) => dropAlpha(object),
  validate: validateWorkload,
  update: {
    prepareForUpdate: dropAlpha,
    validateUpdate({ spec = {} }: Loose<Workload>, { spec: old = {} }: Loose<Workload>) {
      const errors: FieldError[] = [];
      addFixed(errors, 'spec.controllerRef', spec.controllerRef, old.controllerRef);
      addFixed(errors, 'spec.podGroupTemplates', spec.podGroupTemplates, old.podGroupTemplates);
      if (!semanticEqual(spec.podGroupTemplates, old.podGroupTemplates)) addCount(errors, 'spec.podGroupTemplates', spec.podGroupTemplates ?? []);
      return errors;
    },
  },
  columns: [nameColumn, ageColumn],
};
