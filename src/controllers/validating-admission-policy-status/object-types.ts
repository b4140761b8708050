import type { CelType } from '../../api/cel/language/types.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, STRING, TIMESTAMP } from '../../api/cel/language/types.ts';
import type { ObjectSchema, ValueSchema } from '../../api/schema/schema.ts';
import { escapeName } from '../../api/cel/schema/escaping.ts';

/** By schema: types that contain themselves are made once. */
const made = new WeakMap<ObjectSchema, CelType>();

/** The type that expressions see of objects of a schema, as upstream declares it from its OpenAPI document. */
export function objectType(schema: ObjectSchema): CelType {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const fields = new Map<string, CelType>();
  const type: CelType = { kind: 'object', name: schema.name, params: [], fields };
  made.set(schema, type);
  for (const { name, value } of schema.fields.values()) {
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, valueType(value));
  }
  return type;
}

function valueType(schema: ValueSchema): CelType {
  switch (schema.kind) {
    case 'object': return objectType(schema);
    case 'map': return mapOf(STRING, valueType(schema.values));
    case 'list': return listOf(valueType(schema.items));
    case 'string': case 'quantity': return STRING;
    case 'bytes': return BYTES;
    case 'int32': case 'int64': return INT;
    case 'number': return DOUBLE;
    case 'boolean': return BOOL;
    case 'time': case 'micro-time': return TIMESTAMP;
    case 'duration': return DURATION;
    case 'int-or-string': case 'any': return DYN;
  }
}
