import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import { controllerOf } from '../../meta/object.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
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

function validateControllerRevision({ data, revision }: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  if ((revision ?? 0) < 0) errors.push(invalid('revision', revision, 'must be greater than or equal to 0'));
  return errors;
}

export const controllerRevisionDefinition: ResourceDefinition<ControllerRevision> = {
  type: controllerrevisions,
  allowUnconditionalUpdate: true,
  validate: validateControllerRevision,
  update: {
    validateUpdate: (object, old) => [...validateControllerRevision(object), ...validateImmutable('data', object.data, old.data)],
  },
  columns: [nameColumn, column('Controller', controllerText), column('Revision', ({ revision }) => revision), ageColumn],
};
