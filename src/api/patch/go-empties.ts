/**
 * A JSON Patch is applied to what Go would have written: a struct that is no pointer is there for its paths to lead into,
 * even when nothing is in it (`status: {}`). Ours leave such structs away, so they are put in for the patch and taken out
 * again where it left them as they were. Custom resources have none.
 */
import { goFieldsOf } from '../schema/go-fields.ts';
import type { ObjectSchema, ValueSchema } from '../schema/schema.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What `change` makes of an object of this type, as it would be if Go had written it. */
export function amongGoEmpties(object: unknown, schema: ObjectSchema, change: (object: unknown) => unknown): unknown {
  return isBuiltin(schema) ? withoutGoEmpties(change(withGoEmpties(object, schema)), object, schema) : change(object);
}

const isBuiltin = ({ name }: ObjectSchema): boolean => name.startsWith('io.k8s.');

/** A copy of the value with the empty structs that Go would write. */
export function withGoEmpties(value: unknown, schema: ValueSchema): unknown {
  switch (schema.kind) {
    case 'object': return isObject(value) ? structOf(value, schema) : value;
    case 'list': return Array.isArray(value) ? value.map((item) => withGoEmpties(item, schema.items)) : value;
    case 'map': return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withGoEmpties(item, schema.values)])) : value;
    default: return value;
  }
}

function structOf(value: Json, schema: ObjectSchema): Json {
  if (schema.fields.size === 0) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const [name, item] of Object.entries(value)) {
    const field = schema.fields.get(name);
    if (field !== undefined) copy[name] = withGoEmpties(item, field.value);
  }
  for (const [name, inner] of emptiesOf(schema)) if (copy[name] === undefined) copy[name] = structOf({}, inner);
  return copy;
}

/** The value without structs that hold nothing and were not in `before` either. */
export function withoutGoEmpties(value: unknown, before: unknown, schema: ValueSchema): unknown {
  switch (schema.kind) {
    case 'object': return isObject(value) ? strippedOf(value, before, schema) : value;
    case 'list': return Array.isArray(value) ? value.map((item, i) => withoutGoEmpties(item, Array.isArray(before) ? before[i] : undefined, schema.items)) : value;
    case 'map': return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutGoEmpties(item, isObject(before) ? before[key] : undefined, schema.values)])) : value;
    default: return value;
  }
}

function strippedOf(value: Json, before: unknown, schema: ObjectSchema): Json {
  if (schema.fields.size === 0) return value;
  const empties = emptiesOf(schema);
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const field = schema.fields.get(name);
    const old = isObject(before) ? before[name] : undefined;
    const kept = field === undefined ? item : withoutGoEmpties(item, old, field.value);
    if (old === undefined && empties.has(name) && isObject(kept) && Object.keys(kept).length === 0) continue;
    copy[name] = kept;
  }
  return copy;
}

const known = new WeakMap<ObjectSchema, ReadonlyMap<string, ObjectSchema>>();

/** The fields of a built-in type that are structs, always written. */
function emptiesOf(schema: ObjectSchema): ReadonlyMap<string, ObjectSchema> {
  let found = known.get(schema);
  if (found === undefined) {
    const fields = new Map<string, ObjectSchema>();
    if (isBuiltin(schema)) {
      for (const [name, { always, pointer }] of goFieldsOf(schema.name)) {
        const value = schema.fields.get(name)?.value;
        if (always && !pointer && value?.kind === 'object') fields.set(name, value);
      }
    }
    known.set(schema, found = fields);
  }
  return found;
}
