/** Lists that are sets or maps: no member, and no key, stands in them twice. */
import type { FieldError } from '../field-error.ts';
import { duplicate, invalid } from '../field-error.ts';
import type { JsonObject, SchemaNode } from './schema-node.ts';
import { isObject } from './schema-node.ts';

/** One text for equal values, whatever the order of their fields. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`).join(',')}}`;
}

/** The places of members that are there already, each repeated member named once. */
function repeated(members: readonly unknown[]): readonly number[] {
  if (members.length <= 1) return none;
  const scalars = new Map<unknown, number>();
  let compounds: Map<unknown, number> | undefined;
  let found: number[] | undefined;
  for (let i = 0; i < members.length; i++) {
    const member = members[i];
    const compound = typeof member === 'object' && member !== null;
    const times = compound ? (compounds ??= new Map()) : scalars;
    const key = compound ? canonicalText(member) : member;
    const before = times.get(key) ?? 0;
    if (before === 1) (found ??= []).push(i);
    times.set(key, before + 1);
  }
  return found ?? none;
}

const none: readonly number[] = [];

const keysOf = (keys: readonly string[], item: unknown): JsonObject => Object.fromEntries(keys.flatMap((key) => (isObject(item) && Object.hasOwn(item, key) ? [[key, item[key]] as const] : [])));

function addMapErrors(errors: FieldError[], path: string, keys: readonly string[], items: readonly unknown[]): void {
  const odd = items.findIndex((item) => item !== null && !isObject(item));
  if (odd >= 0) return void errors.push(invalid(`${path}[${odd}]`, items[odd], 'must be an object for an array of list-type map'));
  const [only] = keys;
  // One key is what most lists have.
  const found = keys.length === 1 ? items.map((item) => (item === null ? undefined : (item as JsonObject)[only!])) : items.map((item) => keysOf(keys, item));
  for (const i of repeated(found)) errors.push(duplicate(`${path}[${i}]`, keysOf(keys, items[i])));
}

/** What is there twice and may not be, in a whole object. */
export function validateListTypes(object: unknown, root: SchemaNode): FieldError[] {
  const errors: FieldError[] = [];
  const walk = (value: unknown, node: SchemaNode | undefined, path: string): void => {
    if (node === undefined || typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) {
      const fields = value as JsonObject;
      for (const name of Object.keys(fields)) {
        const property = node.property(name);
        if (property !== undefined) walk(fields[name], property, path === '' ? name : `${path}.${name}`);
        if (node.hasValues) walk(fields[name], node.values, `${path}[${name}]`);
      }
      return;
    }
    const items = value as readonly unknown[];
    if (node.listType === 'set') for (const i of repeated(items)) errors.push(duplicate(`${path}[${i}]`, items[i]));
    else if (node.listType === 'map') addMapErrors(errors, path, node.listKeys, items);
    if (node.items !== undefined) items.forEach((item, i) => walk(item, node.items, `${path}[${i}]`));
  };
  walk(object, root, '');
  return errors;
}
