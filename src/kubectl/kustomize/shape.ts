import { isMap } from '../../base/is-map.ts';

/** What Go's decoder takes for a field; `name` is the type as its errors name it. */
export type Shape =
  | { readonly type: 'string' | 'bool' | 'int64' | 'any'; readonly name: string }
  | { readonly type: 'list'; readonly name: string; readonly items: Shape }
  | { readonly type: 'map'; readonly name: string; readonly values: Shape }
  | { readonly type: 'object'; readonly name: string; readonly fields: Readonly<Record<string, Shape>> };

export const string: Shape = { type: 'string', name: 'string' };
export const bool: Shape = { type: 'bool', name: 'bool' };
export const int64: Shape = { type: 'int64', name: 'int64' };
export const any: Shape = { type: 'any', name: 'any' };
export const list = (items: Shape): Shape => ({ type: 'list', name: `[]${items.name}`, items });
export const map = (values: Shape): Shape => ({ type: 'map', name: `map[string]${values.name}`, values });
export const object = (name: string, fields: Readonly<Record<string, Shape>>): Shape => ({ type: 'object', name, fields });

const jsonKind = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value);

function fits(value: unknown, { type }: Shape): boolean {
  switch (type) {
    case 'any': return true;
    case 'string': return typeof value === 'string';
    case 'bool': return typeof value === 'boolean';
    case 'int64': return Number.isInteger(value) || typeof value === 'bigint';
    case 'list': return Array.isArray(value);
    case 'map': case 'object': return isMap(value);
  }
}

/** The first thing in a value that does not fit its shape, in the words of Go's decoder. Unknown fields come first where they stand first. */
export function misfit(value: unknown, shape: Shape, { root, path = '' }: { readonly root: string; readonly path?: string }): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (!fits(value, shape)) {
    const shown = shape.type === 'int64' && typeof value === 'number' ? `number ${value}` : jsonKind(value);
    return path === '' ? `json: cannot unmarshal ${shown} into Go value of type ${shape.name}` : `json: cannot unmarshal ${shown} into Go struct field ${root}.${path} of type ${shape.name}`;
  }
  const inner = (child: unknown, of: Shape, key: string | number): string | undefined => misfit(child, of, { root, path: path === '' ? String(key) : `${path}.${key}` });
  if (shape.type === 'list') return first((value as unknown[]).map((item, i) => () => inner(item, shape.items, i)));
  if (shape.type === 'map') return first(Object.keys(value).sort().map((key) => () => inner((value as Record<string, unknown>)[key], shape.values, key)));
  if (shape.type !== 'object') return undefined;
  return first(Object.keys(value).sort().map((key) => () => {
    const known = Object.hasOwn(shape.fields, key) ? key : Object.keys(shape.fields).find((name) => name.toLowerCase() === key.toLowerCase());
    return known === undefined ? `json: unknown field ${JSON.stringify(key)}` : inner((value as Record<string, unknown>)[key], shape.fields[known]!, known);
  }));
}

function first(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The value with the names of its fields as the shape writes them: Go's decoder does not mind their case. */
export function named(value: unknown, shape: Shape): unknown {
  if (shape.type === 'list' && Array.isArray(value)) return value.map((item) => named(item, shape.items));
  if (shape.type === 'map' && isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, named(child, shape.values)]));
  if (shape.type !== 'object' || !isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, child]) => child !== null).map(([key, child]) => {
    const known = Object.hasOwn(shape.fields, key) ? key : Object.keys(shape.fields).find((name) => name.toLowerCase() === key.toLowerCase()) ?? key;
    return [known, shape.fields[known] === undefined ? child : named(child, shape.fields[known])];
  }));
}
