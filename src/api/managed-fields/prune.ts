import { setMember } from '../../base/json-value.ts';
import { isJsonObject } from '../patch/json-value.ts';
import type { JsonObject, JsonValue } from '../patch/json-value.ts';
import { childrenOf, isMember, leaf, nodeOf, setOf } from './field-set.ts';
import type { FieldNode, FieldSet } from './field-set.ts';
import { knownElement } from './list-item.ts';
import { deduced } from './shape.ts';
import type { Shape } from './shape.ts';

/** The shape below one element of a set; undefined where the schema knows none. */
function below(shape: Shape | undefined, element: string): Shape | undefined {
  if (shape === undefined) return undefined;
  if (element.startsWith('k:') || element.startsWith('v:') || element.startsWith('i:')) return shape.kind === 'list' ? shape.items : undefined;
  switch (shape.kind) {
    case 'struct': return shape.fields.get(element.slice(2))?.shape ?? shape.unknown;
    case 'map': return shape.values;
    case 'deduced': return deduced;
    default: return undefined;
  }
}

/** Takes the places of a set out of a value. What is emptied so stays, empty. Shares what stays. */
export function removeFields(value: JsonValue, set: FieldSet | undefined, shape: Shape): JsonValue {
  if (set === undefined || shape.kind === 'scalar') return value;
  if (Array.isArray(value)) {
    if (shape.kind !== 'list' || shape.relation === 'atomic') return [];
    const kept: JsonValue[] = [];
    for (const item of value) {
      const node = set[knownElement(shape, item)];
      if (node === undefined) kept.push(item);
      else if (!isMember(node)) kept.push(removeFields(item, childrenOf(node), shape.items));
    }
    return kept;
  }
  if (!isJsonObject(value)) return shape.kind === 'deduced' ? value : null;
  if (shape.kind === 'list' || (shape.kind !== 'deduced' && shape.atomic)) return {};
  const kept: JsonObject = {};
  for (const name of Object.keys(value)) {
    const node = set[`f:${name}`];
    if (node !== undefined && isMember(node)) continue;
    setMember(kept, name, node === undefined ? value[name]! : removeFields(value[name]!, childrenOf(node), below(shape, `f:${name}`) ?? deduced));
  }
  return kept;
}

/** A set in which structs that have a field in it are members too, so that they go and stay with their fields. */
export function withNamedFields(set: FieldSet | undefined, shape: Shape | undefined): FieldSet | undefined {
  if (set === undefined) return undefined;
  const entries: [string, FieldNode][] = [];
  for (const element in set) {
    if (element === '.') continue;
    const node = set[element]!;
    const children = childrenOf(node);
    const named = children !== undefined && shape?.kind === 'struct' && element.startsWith('f:') && shape.fields.has(element.slice(2));
    entries.push([element, nodeOf(isMember(node) || named, withNamedFields(children, below(shape, element)))!]);
  }
  return setOf(entries);
}

/**
 * A set that was written when the schema was another: where a type has become atomic since, its owner has the whole of
 * it. Answers the set itself where nothing changed, which is nearly always.
 */
export function reconcileFields(set: FieldSet | undefined, shape: Shape): FieldSet | undefined {
  if (set === undefined) return undefined;
  let changed: Record<string, FieldNode> | undefined;
  for (const element in set) {
    const node = set[element]!;
    const children = childrenOf(node);
    const inner = children === undefined ? undefined : below(shape, element);
    if (inner === undefined || inner.kind === 'deduced' || inner.kind === 'scalar') continue;
    const atomic = inner.kind === 'list' ? inner.relation === 'atomic' : inner.atomic;
    const kept = atomic ? undefined : reconcileFields(children, inner);
    if (kept === children) continue;
    changed ??= { ...set };
    changed[element] = atomic ? leaf : nodeOf(isMember(node), kept)!;
  }
  return changed ?? set;
}
