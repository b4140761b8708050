/** Is a value what it was before an update, as ratcheting asks (upstream's CorrelatedObject)? */
import type { JsonValue } from '../patch/json-value.ts';
import { jsonEqual } from '../patch/json-value.ts';
import { canonicalText } from './list-types.ts';
import type { SchemaNode } from './schema-node.ts';
import { isObject } from './schema-node.ts';

/** There is no older value that belongs to the new one. */
export const uncorrelated = Symbol('uncorrelated');

/** What tells an item of a list that is a map from others; undefined: nothing does. */
function keyOfItem(node: SchemaNode, item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  const parts: unknown[] = [];
  for (const key of node.listKeys) {
    const value = Object.hasOwn(item, key) ? item[key] : undefined;
    if (value === undefined || value === null || typeof value === 'object') return undefined;
    parts.push(value);
  }
  return canonicalText(parts);
}

/** The old items by their keys, the first of each. */
export type OldItems = ReadonlyMap<string, unknown>;

/** Undefined for lists whose items cannot be told apart. */
export function oldItemsOf(node: SchemaNode, old: unknown): OldItems | undefined {
  if (!Array.isArray(old) || node.listType !== 'map' || node.listKeys.length === 0) return undefined;
  const items = new Map<string, unknown>();
  for (const item of old as readonly unknown[]) {
    const key = keyOfItem(node, item);
    if (key !== undefined && !items.has(key)) items.set(key, item);
  }
  return items;
}

/** The old value of a list's item. */
export function oldItem(node: SchemaNode, items: OldItems | undefined, item: unknown): unknown {
  const key = items === undefined ? undefined : keyOfItem(node, item);
  return key !== undefined && items!.has(key) ? items!.get(key) : uncorrelated;
}

/** The old value of an object's field; there is none where the schema does not know the field. */
export function oldField(old: unknown, name: string, field: SchemaNode | undefined): unknown {
  return field !== undefined && isObject(old) && Object.hasOwn(old, name) ? old[name] : uncorrelated;
}

/** Fields without a schema have no older value, so that an object with one is never what it was. */
export function isUnchanged(node: SchemaNode, value: unknown, old: unknown): boolean {
  if (old === uncorrelated) return false;
  if (Array.isArray(value) || Array.isArray(old)) {
    if (!Array.isArray(value) || !Array.isArray(old) || value.length !== old.length) return false;
    if (node.listType !== 'map') return jsonEqual(value as JsonValue, old as JsonValue);
    const items = oldItemsOf(node, old);
    return value.every((item) => node.items !== undefined && isUnchanged(node.items, item, oldItem(node, items, item)));
  }
  if (!isObject(value) || !isObject(old)) return value === old;
  const names = Object.keys(value);
  if (names.length !== Object.keys(old).length) return false;
  return names.every((name) => {
    const field = node.field(name);
    return field !== undefined && isUnchanged(field, value[name], oldField(old, name, field));
  });
}
