/** What a client applies, and what becomes of it: its fields, its mistakes, and the object that it is merged into. */
import { showMap } from '../patch/go-text.ts';
import { setMember } from '../../base/json-value.ts';
import { isJsonObject } from '../patch/json-value.ts';
import type { JsonObject, JsonValue } from '../patch/json-value.ts';
import { childrenOf, isMember, leaf, nodeOf, setOf } from './field-set.ts';
import type { FieldNode, FieldSet } from './field-set.ts';
import { itemElement, knownElement } from './list-item.ts';
import { showElement } from './path-element.ts';
import { deduced } from './shape.ts';
import type { ListShape, ScalarType, Shape } from './shape.ts';

/** The shape of what a map or struct holds under a name; undefined: the schema knows no such field. */
function childShape(shape: Shape, name: string): Shape | undefined {
  if (shape.kind === 'map') return shape.values;
  if (shape.kind === 'deduced') return deduced;
  return shape.kind === 'struct' ? (shape.fields.get(name)?.shape ?? shape.unknown) : undefined;
}

const isNamed = (shape: Shape, name: string): boolean => shape.kind === 'struct' && shape.fields.has(name);
const isAtomic = (shape: Shape): boolean => (shape.kind === 'struct' || shape.kind === 'map' ? shape.atomic : shape.kind === 'list' && shape.relation === 'atomic');
const isEmptyMap = (value: unknown): boolean => isJsonObject(value) && Object.keys(value).length === 0;

/** Every field that an applied object names. */
export function appliedFields(object: unknown, shape: Shape): FieldSet | undefined {
  return childrenOf(appliedNode(object, shape));
}

/** A struct's place is owned through its fields; an item's, a map's key and a scalar's by itself. */
function appliedNode(value: unknown, shape: Shape): FieldNode | undefined {
  if (isAtomic(shape)) return leaf;
  if (Array.isArray(value)) return shape.kind === 'list' ? nodeOf(false, appliedItems(value, shape)) : leaf;
  if (!isJsonObject(value)) return shape.kind === 'scalar' || (shape.kind === 'deduced' && value !== null) ? leaf : undefined;
  if (shape.kind === 'scalar' || shape.kind === 'list') return leaf;
  const entries: [string, FieldNode][] = [];
  for (const [name, child] of Object.entries(value)) {
    const below = appliedNode(child, childShape(shape, name) ?? deduced);
    const member = child === null || isEmptyMap(child) || !isNamed(shape, name);
    const node = nodeOf(member || (below !== undefined && isMember(below)), childrenOf(below));
    if (node !== undefined) entries.push([`f:${name}`, node]);
  }
  return setOf(entries);
}

function appliedItems(items: readonly unknown[], shape: ListShape): FieldSet | undefined {
  const nodes = new Map<string, FieldNode>();
  for (const item of items) {
    const element = knownElement(shape, item);
    nodes.set(element, nodes.has(element) ? leaf : nodeOf(true, childrenOf(appliedNode(item, shape.items)))!);
  }
  return setOf([...nodes]);
}

/** Go's `%T` of a decoded value. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'number': return Number.isInteger(value) ? 'int64' : 'float64';
    case 'bigint': return 'int64';
    case 'boolean': return 'bool';
    case 'object': return 'map[string]interface {}';
    default: return typeof value;
  }
}

function scalarProblem(type: ScalarType, value: JsonValue): string | undefined {
  if (value === null) return undefined;
  switch (type) {
    case 'numeric': return typeof value === 'number' || typeof value === 'bigint' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string': return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${typeof value === 'object' ? `${goType(value)}${Array.isArray(value) ? '{…}' : '{…}'}` : String(value)}}`;
    case 'boolean': return typeof value === 'boolean' ? undefined : `expected boolean, got &{${showMap(value)}}`;
    case 'untyped': return undefined;
  }
}

/** What is wrong with an applied object, worded as structured-merge-diff words it; empty: nothing. */
export function validateApplied(object: unknown, shape: Shape): string[] {
  const problems: string[] = [];
  validate(object as JsonValue, shape, '', problems);
  return problems;
}

/** Several problems in one text. */
export const joinProblems = (problems: readonly string[]): string => (problems.length === 1 ? problems[0]! : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n'));

function validate(value: JsonValue, shape: Shape, path: string, problems: string[]): void {
  const fail = (message: string): void => void problems.push(path === '' ? message : `${path}: ${message}`);
  if (shape.kind === 'deduced' || value === null) return;
  if (shape.kind === 'scalar') {
    const problem = scalarProblem(shape.type, value);
    if (problem !== undefined) fail(problem);
  } else if (shape.kind === 'list') {
    if (Array.isArray(value)) validateItems(value, shape, path, problems);
    else fail(`expected list, got &{${showMap(value)}}`);
  } else if (!isJsonObject(value)) {
    fail(`expected map, got &{${showMap(value)}}`);
  } else {
    for (const [name, child] of Object.entries(value)) {
      const below = childShape(shape, name);
      if (below === undefined) {
        problems.push(`${path}.${name}: field not declared in schema`);
        return;
      }
      validate(child, below, `${path}.${name}`, problems);
    }
  }
}

function validateItems(items: readonly JsonValue[], shape: ListShape, path: string, problems: string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < items.length; i++) {
    let element = `i:${i}`;
    if (shape.relation !== 'atomic') {
      const found = itemElement(shape, items[i]);
      if (typeof found !== 'string') {
        problems.push(`${path}: element ${i}: ${found.error}`);
        return;
      }
      element = found;
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${showElement(element)}`);
      seen.add(element);
    }
    validate(items[i]!, shape.items, path + showElement(element), problems);
  }
}

/**
 * An object with what is applied to it: what both name is as applied, lists that are sets or maps are merged. Neither
 * is changed; the result shares their parts.
 */
export function mergeApplied(live: JsonValue | undefined, applied: JsonValue | undefined, shape: Shape): JsonValue | undefined {
  if (applied === undefined) return live;
  if (live === undefined || isAtomic(shape) || shape.kind === 'scalar') return applied;
  if (shape.kind === 'list') {
    const before = Array.isArray(live) ? live : [];
    const wanted = Array.isArray(applied) ? applied : [];
    return before.length === 0 && wanted.length === 0 ? applied : mergeItems(before, wanted, shape);
  }
  const isMap = (value: JsonValue): boolean => value === null || isJsonObject(value);
  if (!isMap(live) || !isMap(applied)) return applied;
  const before = (live ?? {}) as JsonObject;
  const wanted = (applied ?? {}) as JsonObject;
  if (isEmptyMap(before) && isEmptyMap(wanted)) return applied;
  const merged: JsonObject = { ...before };
  for (const name of Object.keys(wanted)) {
    const child = mergeApplied(Object.hasOwn(before, name) ? before[name] : undefined, wanted[name], childShape(shape, name) ?? deduced);
    if (child !== undefined) setMember(merged, name, child);
  }
  return merged;
}

/**
 * Merges two lists by their items. Items of the applied list keep its order; those that only the live list has stay
 * where they are relative to the items that both have.
 */
function mergeItems(live: readonly JsonValue[], applied: readonly JsonValue[], shape: ListShape): JsonValue[] {
  const liveElements = live.map((item) => knownElement(shape, item));
  const wantedElements = applied.map((item) => knownElement(shape, item));
  const counts = new Map<string, number>();
  for (const element of liveElements) counts.set(element, (counts.get(element) ?? 0) + 1);
  const liveByElement = new Map(liveElements.map((element, i) => [element, live[i]!]));
  const wantedByElement = new Map(wantedElements.map((element, i) => [element, applied[i]!]));
  const shared = wantedElements.filter((element) => counts.has(element));
  const done = new Set<string>();
  const merged: JsonValue[] = [];
  // Items that are there twice are not merged, but replaced.
  const push = (element: string): void => {
    const before = counts.get(element) === 1 ? liveByElement.get(element) : undefined;
    merged.push(mergeApplied(before, wantedByElement.get(element), shape.items)!);
    done.add(element);
  };
  let nextShared = shared.shift();
  let l = 0;
  let r = 0;
  while (l < live.length || r < applied.length) {
    const mine = liveElements[l];
    const theirs = wantedElements[r];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        push(mine);
        l++;
        r++;
        nextShared = shared.shift();
        continue;
      }
      if (wantedByElement.has(mine) && nextShared !== undefined && nextShared !== mine) {
        l++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!wantedByElement.has(mine)) {
        merged.push(live[l]!);
        l++;
        continue;
      }
      if (done.has(mine)) l++;
    }
    if (theirs !== undefined) {
      push(theirs);
      r++;
      if (nextShared === theirs) nextShared = shared.shift();
    }
  }
  return merged;
}
