import { itemsOf, valuesOf, type Schema } from '../../groups/apiextensions/json-schema.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, STRING, TIMESTAMP, type CelType } from '../language/types.ts';
import { escapeName, isReserved } from './escaping.ts';
import { withObjectMeta } from './shape.ts';

/** The size of the largest request, which bounds what no schema bounds. */
export const maxRequestBytes = 3 * 1024 * 1024;

/** What a schema tells about one place: its type in CEL, and how large values can be. */
export interface DeclType {
  readonly type: CelType;
  /** Of lists and maps their entries, of strings their characters or bytes. */
  readonly maxElements: number;
  /** The fewest bytes of JSON it takes. */
  readonly minBytes: number;
  readonly items?: DeclType;
  readonly keys?: DeclType;
  /** By the names that expressions use. */
  readonly fields?: ReadonlyMap<string, DeclType>;
}

/** The declaration of a schema; undefined for what expressions do not see. `name` is what its objects are called. */
export function declTypeOf(schema: Schema, name: string, isResource: boolean): DeclType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return scalar(DYN, 1, schema.maxLength === undefined ? maxRequestBytes - 2 : atLeastZero(schema.maxLength) * 4);
  switch (schema.type) {
    case 'array':
      return list(schema, name);
    case 'object':
      return (isResource ? undefined : map(schema, name)) ?? (isResource || valuesOf(schema) === undefined ? object(isResource ? withObjectMeta(schema) : schema, name) : undefined);
    case 'string':
      return text(schema);
    case 'boolean':
      return scalar(BOOL, 4, 0);
    case 'number':
      return scalar(DOUBLE, 1, 0);
    case 'integer':
      return scalar(INT, 1, 0);
    default:
      return undefined;
  }
}

const isResourceSchema = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true;
const scalar = (type: CelType, minBytes: number, maxElements: number): DeclType => ({ type, minBytes, maxElements });
const atLeastZero = (value: number): number => Math.max(0, value);
/** No schema bounds the keys of maps, and upstream's estimates take them for empty. */
const keys = scalar(STRING, 2, 0);

function list(schema: Schema, name: string): DeclType | undefined {
  const inner = itemsOf(schema);
  const items = inner === undefined ? undefined : declTypeOf(inner, `${name}.@idx`, isResourceSchema(inner));
  if (items === undefined) return undefined;
  const maxElements = schema.maxItems === undefined ? Math.floor((maxRequestBytes - 2) / (items.minBytes + 1)) : atLeastZero(schema.maxItems);
  return { type: listOf(items.type), items, maxElements, minBytes: 2 };
}

function map(schema: Schema, name: string): DeclType | undefined {
  const inner = valuesOf(schema);
  const items = inner === undefined ? undefined : declTypeOf(inner, `${name}.@elem`, isResourceSchema(inner));
  if (items === undefined) return undefined;
  const maxElements = schema.maxProperties === undefined ? Math.floor((maxRequestBytes - 2) / (items.minBytes + 6)) : atLeastZero(schema.maxProperties);
  return { type: mapOf(STRING, items.type), keys, items, maxElements, minBytes: 2 };
}

function object(schema: Schema, name: string): DeclType {
  const fields = new Map<string, DeclType>();
  let minBytes = 2;
  for (const [property, inner] of Object.entries(schema.properties ?? {})) {
    if (inner === undefined) continue;
    const escaped = escapeName(property);
    const field = declTypeOf(inner, `${name}.${escaped ?? property}`, isResourceSchema(inner));
    if (field === undefined) continue;
    if (escaped !== undefined) fields.set(escaped, field);
    if (schema.required?.includes(property) === true && inner.default === undefined) minBytes += property.length + field.minBytes + 4;
  }
  const types = new Map([...fields].map(([field, { type }]) => [field, type]));
  for (const property of Object.keys(schema.properties ?? {})) {
    const type = isReserved(property) && !types.has(property) ? types.get(escapeName(property) ?? '') : undefined;
    if (type !== undefined) types.set(property, type);
  }
  return { type: { kind: 'object', name, params: [], fields: types }, fields, maxElements: 0, minBytes };
}

const timeBytes = 32;

function text(schema: Schema): DeclType {
  switch (schema.format) {
    case 'byte':
      return scalar(BYTES, 2, schema.maxLength === undefined ? maxRequestBytes - 2 : atLeastZero(schema.maxLength));
    case 'duration':
      return scalar(DURATION, 3, timeBytes);
    case 'date':
      return scalar(TIMESTAMP, 12, 12);
    case 'date-time':
      return scalar(TIMESTAMP, 21, timeBytes);
    default:
      return plainText(schema);
  }
}

function plainText(schema: Schema): DeclType {
  if (schema.maxLength !== undefined) return scalar(STRING, 2, atLeastZero(schema.maxLength) * 4);
  const values = (schema.enum ?? []) as readonly unknown[];
  if (values.length === 0) return scalar(STRING, 2, maxRequestBytes - 2);
  return scalar(STRING, 2, Math.max(0, ...values.map((value) => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0))));
}
