/** Filling in the defaults of a schema, as upstream's structural defaulting does. */
import { setMember } from '../../base/json-value.ts';
import type { JsonObject, JsonValue } from '../patch/json-value.ts';
import { coerceEmbedded } from './embedded.ts';
import { pruneAt } from './prune.ts';
import type { SchemaNode } from './schema-node.ts';

/** Defaults without what the schema does not know, which old definitions may have. */
const pruned = new WeakMap<SchemaNode, unknown>();

function defaultOf(node: SchemaNode): unknown {
  const { default: value } = node;
  if (typeof value !== 'object' || value === null) return value;
  let known = pruned.get(node);
  if (known === undefined) {
    known = structuredClone(value);
    pruneAt(known, node);
    coerceEmbedded(known, node, { dropInvalid: true });
    pruned.set(node, known);
  }
  return structuredClone(known);
}

/** Does the null stand for the default? */
const isUnset = (value: unknown, node: SchemaNode): boolean => value === null && !node.nullable;

/** Changes `value`, what stands at `node`, in place. */
export function applyDefaults(value: unknown, node: SchemaNode | undefined): void {
  if (node === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return;
    for (let i = 0; i < value.length; i++) {
      if (isUnset(value[i], items)) value[i] = defaultOf(items) ?? null;
      applyDefaults(value[i], items);
    }
    return;
  }
  const object = value as JsonObject;
  for (const name of node.defaulted) {
    const property = node.property(name)!;
    const stands = Object.hasOwn(object, name);
    if (!stands || isUnset(object[name], property)) setMember(object, name, defaultOf(property) as JsonValue);
  }
  const { values } = node;
  // oxlint-disable-next-line guard-for-in -- the value comes from a JSON parser: it has own properties only
  for (const name in object) {
    const property = node.property(name);
    if (property === undefined && values !== undefined && isUnset(object[name], values)) setMember(object, name, (defaultOf(values) ?? null) as JsonValue);
    applyDefaults(object[name], property ?? values);
  }
}
