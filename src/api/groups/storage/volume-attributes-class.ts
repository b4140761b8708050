import type { FieldError } from '../../field-error.ts';
import { forbidden, required } from '../../field-error.ts';
import { mapsEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { volumeattributesclasses } from '../../resources.ts';
import type { VolumeAttributesClass } from '../../types/storage/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { addParameters, addProvisioner } from './class-rules.ts';

function validateVolumeAttributesClass({ driverName, parameters = {} }: Loose<VolumeAttributesClass>): FieldError[] {
  const errors: FieldError[] = [];
  addProvisioner(errors, 'driverName', driverName);
  addParameters(errors, 'parameters', parameters);
  if (Object.keys(parameters).length === 0) errors.push(required('parameters', 'must contain at least one key/value pair'));
  return errors;
}

function validateUpdate(object: Loose<VolumeAttributesClass>, old: VolumeAttributesClass): FieldError[] {
  const errors: FieldError[] = [];
  if (object.driverName !== old.driverName) errors.push(forbidden('driverName', 'updates to driverName are forbidden.'));
  if (!mapsEqual(object.parameters, old.parameters)) errors.push(forbidden('parameters', 'updates to parameters are forbidden.'));
  return [...errors, ...validateVolumeAttributesClass(object)];
}

export const volumeAttributesClassDefinition: ResourceDefinition<VolumeAttributesClass> = {
  type: volumeattributesclasses,
  allowUnconditionalUpdate: true,
  validate: validateVolumeAttributesClass,
  update: { validateUpdate },
  columns: [nameColumn, column('DriverName', ({ driverName }) => driverName), ageColumn],
};
