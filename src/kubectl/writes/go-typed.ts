import { goFieldsOf, goZero } from '../../api/schema/go-fields.ts';
import type { ValueSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { AnyObject } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';

/**
 * An object as upstream shows it after it has been a Go struct: fields that nobody set but that Go writes nonetheless
 * are there (`status: {}`), and those that say nothing are not. An object of a kind that is not built in is left as it is.
 */
export function goTyped(object: AnyObject): AnyObject {
  const { apiVersion = '', kind = '' } = object;
  const schema = builtinSchema.kind(groupOf(apiVersion), apiVersion.slice(apiVersion.indexOf('/') + 1), kind);
  return schema === undefined ? object : shaped(object, schema) as AnyObject;
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean => value === null || value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0) || (isMap(value) && Object.keys(value).length === 0);

function shaped(value: unknown, schema: ValueSchema): unknown {
  if (Array.isArray(value)) return schema.kind === 'list' ? value.map((item) => shaped(item, schema.items)) : value;
  if (!isMap(value)) return value;
  if (schema.kind === 'map') return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shaped(child, schema.values)]));
  if (schema.kind !== 'object' || schema.fields.size === 0) return value;
  const go = goFieldsOf(schema.name);
  const result: Record<string, unknown> = {};
  for (const [name, field] of schema.fields) {
    const how = go.get(name);
    const child = value[name];
    const { kind } = field.value;
    if (child === undefined) {
      if (how?.always === true) result[name] = shaped(goZero(how, kind), field.value);
      continue;
    }
    const omits = how?.always !== true && how?.pointer !== true && kind !== 'object' && kind !== 'int-or-string' && kind !== 'quantity';
    if (child === null || (omits && isEmpty(child))) {
      if (how?.always === true) result[name] = shaped(goZero(how, kind), field.value);
      continue;
    }
    result[name] = shaped(child, field.value);
  }
  return result;
}
