import { isMap } from '../../base/is-map.ts';
import { goFieldsOf, goZero, isEmptyValue } from './go-fields.ts';
import type { ValueSchema } from './schema.ts';

/**
 * A value as it is after it has been a Go struct: fields that nobody set but that Go writes nonetheless are there
 * (`resources: {}`), and those that say nothing are not.
 */
export function goShaped(value: unknown, schema: ValueSchema): unknown {
  if (Array.isArray(value)) return schema.kind === 'list' ? value.map((item) => goShaped(item, schema.items)) : value;
  if (!isMap(value)) return value;
  if (schema.kind === 'map') return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, goShaped(child, schema.values)]));
  if (schema.kind !== 'object' || schema.fields.size === 0) return value;
  const go = goFieldsOf(schema.name);
  const result: Record<string, unknown> = {};
  for (const [name, field] of schema.fields) {
    const how = go.get(name);
    const child = value[name];
    const { kind } = field.value;
    if (child === undefined) {
      if (how?.always === true) result[name] = goShaped(goZero(how, kind), field.value);
      continue;
    }
    const omits = how?.always !== true && how?.pointer !== true && kind !== 'object' && kind !== 'int-or-string' && kind !== 'quantity';
    if (child === null || (omits && isEmptyValue(child))) {
      if (how?.always === true) result[name] = goShaped(goZero(how, kind), field.value);
      continue;
    }
    result[name] = goShaped(child, field.value);
  }
  return result;
}
