import { isJsonObject, jsonEqual } from '../patch/json-value.ts';
import type { JsonValue } from '../patch/json-value.ts';
import { isEmptyValue } from '../schema/go-fields.ts';
import type { FieldShape, Shape, StructShape } from './shape.ts';

/**
 * Whether a value is read as Go would write it (`go`), with zeros that are always there and without what `omitempty`
 * leaves out, or as it stands (`raw`): what a client applies has no Go type.
 */
export type Form = 'go' | 'raw';

/** The value of a field that holds `found`; undefined where there is none. */
export function readField(found: unknown, field: FieldShape, form: Form): unknown {
  if (form === 'raw') return found;
  if (found === undefined || found === null) return field.zero;
  return field.omitsEmpty && isEmptyValue(found) ? undefined : found;
}

/** The field of a name, and its shape; undefined for a name that the schema lacks. */
export const fieldOf = (shape: StructShape, name: string): FieldShape | undefined => shape.fields.get(name);

/** Are two values the same, each read in its form? Lists are compared in order, maps are not. */
export function sameValue(a: unknown, b: unknown, shape: Shape, forms: { readonly a: Form; readonly b: Form }): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length || shape.kind !== 'list') return jsonEqual(a as JsonValue, b as JsonValue);
    const { items } = shape;
    return a.every((item, i) => sameValue(item, b[i], items, forms));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  if (shape.kind === 'map') {
    for (const key in a) if (!(key in b) || !sameValue(a[key], b[key], shape.values, forms)) return false;
    for (const key in b) if (!(key in a)) return false;
    return true;
  }
  if (shape.kind !== 'struct') return jsonEqual(a, b);
  const same = (key: string): boolean => {
    const field = fieldOf(shape, key);
    if (field === undefined) return jsonEqual(a[key], b[key]);
    return sameValue(readField(a[key], field, forms.a), readField(b[key], field, forms.b), field.shape, forms);
  };
  for (const key in a) if (!same(key)) return false;
  for (const key in b) if (!(key in a) && !same(key)) return false;
  return true;
}
