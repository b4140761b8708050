import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, tooLong } from '../../field-error.ts';
import { mapsEqual } from '../../meta/equal.ts';
import { byteLength, configMapKey } from '../../meta/validation.ts';
import { configmaps } from '../../resources.ts';
import type { ConfigMap } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

/** The values of a ConfigMap or a Secret, all together. */
export const maxDataBytes = 1024 * 1024;

export const immutableDataMessage = 'field is immutable when `immutable` is set';

/** How many bytes a base64 text stands for. */
export function decodedLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : Number(base64.endsWith('='));
  return Math.floor((base64.length * 3) / 4) - padding;
}

function validateConfigMap(object: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let totalBytes = 0;
  const { data = {}, binaryData = {} } = object;
  for (const [key, value] of Object.entries(data)) {
    for (const message of configMapKey(key)) errors.push(invalid(`data[${key}]`, key, message));
    if (Object.hasOwn(binaryData, key)) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    totalBytes += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    for (const message of configMapKey(key)) errors.push(invalid(`binaryData[${key}]`, key, message));
    totalBytes += decodedLength(value);
  }
  // Upstream's path for the whole object is the empty one, which prints as [].
  if (totalBytes > maxDataBytes) errors.push(tooLong('[]', maxDataBytes));
  return errors;
}

export const configMapDefinition: ResourceDefinition<ConfigMap> = {
  type: configmaps,
  allowUnconditionalUpdate: true,
  validate: validateConfigMap,
  update: {
    validateUpdate(object, old) {
      const errors: FieldError[] = [];
      if (old.immutable === true) {
        if (object.immutable !== true) errors.push(forbidden('immutable', immutableDataMessage));
        if (!mapsEqual(object.data, old.data)) errors.push(forbidden('data', immutableDataMessage));
        if (!mapsEqual(object.binaryData, old.binaryData)) errors.push(forbidden('binaryData', immutableDataMessage));
      }
      return [...errors, ...validateConfigMap(object)];
    },
  },
  columns: [
    nameColumn,
    column('Data', ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length),
    ageColumn,
  ],
};
