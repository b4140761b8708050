import type { FieldError } from '../../field-error.ts';
import { required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { controllerOf } from '../../meta/object.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { addNonNegative } from '../../pod/validation/rules.ts';
import { controllerrevisions } from '../../resources.ts';
import type { ControllerRevision } from '../../types/apps/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

/** `statefulset.apps/web`. */
function controllerText(object: ControllerRevision): string {
  const controller = controllerOf(object);
  if (controller === undefined) return '<none>';
  const group = controller.apiVersion.includes('/') ? `.${controller.apiVersion.split('/')[0]!}` : '';
  return `${`${controller.kind}${group}`.toLowerCase()}/${controller.name}`;
}

function validateRevision({ revision }: Loose<ControllerRevision>): FieldError[] {
  const errors: FieldError[] = [];
  addNonNegative(errors, 'revision', revision);
  return errors;
}

function validateControllerRevision(object: Loose<ControllerRevision>): FieldError[] {
  const data = object.data as unknown;
  const errors = validateRevision(object);
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  else if (typeof data !== 'object' || Array.isArray(data)) errors.push(required('data', 'data must be a valid JSON object'));
  return errors;
}

export const controllerRevisionDefinition: ResourceDefinition<ControllerRevision> = {
  type: controllerrevisions,
  allowUnconditionalUpdate: true,
  validate: validateControllerRevision,
  update: {
    validateUpdate: (object, old) => [...validateRevision(object), ...validateImmutable('data', object.data, old.data)],
  },
  columns: [nameColumn, column('Controller', controllerText), column('Revision', ({ revision }) => revision), ageColumn],
};
