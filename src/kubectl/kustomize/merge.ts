import type { ObjectSchema, ValueSchema } from '../../api/schema/schema.ts';

type Json = Record<string, unknown>;
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const anything: ValueSchema = { kind: 'any' };
const directive = '$patch';

function mergeLists(old: readonly unknown[], patch: readonly unknown[], { key, items }: { readonly key: string; readonly items: ValueSchema }): unknown[] {
  const idOf = (item: unknown): unknown => (isMap(item) ? item[key] : undefined);
  const merged: unknown[] = [];
  // What the patch names comes first, in its order: kustomize puts new things before old ones.
  for (const item of patch) {
    const there = old.find((one) => idOf(one) !== undefined && idOf(one) === idOf(item));
    if (!isMap(item) || item[directive] === undefined) merged.push(there === undefined ? merge({}, item, items) : merge(there, item, items));
    else if (item[directive] === 'replace') merged.push(withoutDirective(item));
  }
  const named = new Set(patch.map(idOf));
  return [...merged, ...old.filter((item) => !named.has(idOf(item)))];
}

const withoutDirective = (map: Json): Json => Object.fromEntries(Object.entries(map).filter(([key]) => key !== directive));

/** What `old` becomes by a patch that looks like it: maps are merged, null takes away, lists are merged where the kind's fields say by which key. */
function merge(old: unknown, patch: unknown, schema: ValueSchema): unknown {
  if (!isMap(patch)) return patch;
  if (patch[directive] === 'replace') return withoutDirective(patch);
  const merged: Json = { ...(isMap(old) ? old : {}) };
  for (const [name, value] of Object.entries(patch)) {
    if (name === directive || name.startsWith('$setElementOrder/')) continue;
    if (name.startsWith('$deleteFromPrimitiveList/')) {
      const list = merged[name.slice(name.indexOf('/') + 1)];
      if (Array.isArray(list)) merged[name.slice(name.indexOf('/') + 1)] = list.filter((one) => !(value as unknown[]).includes(one));
      continue;
    }
    const field = schema.kind === 'object' ? schema.fields.get(name) : undefined;
    const inner = field?.value ?? (schema.kind === 'map' ? schema.values : anything);
    if (value === null || (isMap(value) && value[directive] === 'delete')) delete merged[name];
    else if (Array.isArray(value) && Array.isArray(merged[name]) && field?.patchStrategy?.includes('merge') === true) {
      const key = field.patchMergeKey;
      merged[name] = key === undefined ? [...new Set([...value, ...(merged[name] as unknown[])])] : mergeLists(merged[name] as unknown[], value, { key, items: inner.kind === 'list' ? inner.items : anything });
    } else merged[name] = merge(merged[name], value, inner);
  }
  return merged;
}

/** Undefined: the patch takes the object away. */
export function strategicMerge(object: Json, patch: Json, schema: ObjectSchema | undefined): Json | undefined {
  return patch[directive] === 'delete' ? undefined : merge(object, patch, schema ?? anything) as Json;
}
