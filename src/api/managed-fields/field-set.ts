/**
 * A set of fields in the form that the API has for it, fieldsV1: a tree of path elements in which an empty node, or one
 * that holds `.`, is a member. There is no other form in memory: what is read from an object is worked with as it is,
 * and what comes out is stored as it is. Sets are never changed; operations share what stays the same, and answer their
 * argument itself where nothing changes. An empty set is `undefined`.
 */
import { canonicalElement, compareElements } from './path-element.ts';

/** The tree below one element, or of a whole set. */
export interface FieldNode { readonly [element: string]: FieldNode }

/** A set that is not empty. Its own node is no member: nobody owns a whole object. */
export type FieldSet = FieldNode;

/** The node of a member without children. */
export const leaf: FieldNode = Object.freeze({});
const own = '.';

/** Does the set hold the place of this node, and not only places below it? */
export function isMember(node: FieldNode): boolean {
  for (const element in node) return element === own ? true : own in node;
  return true;
}

/** What lies below a node; undefined: nothing. */
export function childrenOf(node: FieldNode | undefined): FieldSet | undefined {
  if (node === undefined) return undefined;
  let count = 0;
  let hasOwn = false;
  for (const element in node) {
    if (element === own) hasOwn = true;
    else count++;
  }
  if (count === 0) return undefined;
  if (!hasOwn) return node;
  const { [own]: _, ...rest } = node;
  return rest;
}

/** The node of a place; undefined when neither it nor anything below it is in the set. */
export function nodeOf(member: boolean, children: FieldSet | undefined): FieldNode | undefined {
  if (children === undefined) return member ? leaf : undefined;
  return member ? { [own]: leaf, ...children } : children;
}

/** Freezes a node that is kept and shared, with what is below it. */
export function freezeNode(node: FieldNode): void {
  if (Object.isFrozen(node)) return;
  Object.freeze(node);
  for (const element in node) freezeNode(node[element]!);
}

/** Every element has a colon, so that a plain object keeps their order and knows none of them by itself. */
type Entries = [string, FieldNode][];

/** Makes a node of its children, in fieldsV1's order. Undefined for none. */
export function setOf(entries: Entries): FieldSet | undefined {
  if (entries.length === 0) return undefined;
  let sorted = true;
  for (let i = 1; i < entries.length && sorted; i++) sorted = compareElements(entries[i - 1]![0], entries[i]![0]) < 0;
  if (!sorted) entries.sort(([a], [b]) => compareElements(a, b));
  const set: Record<string, FieldNode> = {};
  for (const [element, node] of entries) set[element] = node;
  return set;
}

/** One place alone. */
export function setOfPath(path: readonly string[]): FieldSet {
  let node = leaf;
  for (let i = path.length - 1; i >= 0; i--) node = { [path[i]!]: node };
  return node;
}

/** What is in either. */
export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  let changed: Record<string, FieldNode> | undefined;
  let added = false;
  for (const element in b) {
    if (element === own) continue;
    const mine = a[element];
    const theirs = b[element]!;
    if (mine === undefined) {
      changed ??= { ...a };
      changed[element] = theirs;
      added = true;
      continue;
    }
    const both = unionNodes(mine, theirs);
    if (both !== mine) {
      changed ??= { ...a };
      changed[element] = both;
    }
  }
  if (changed === undefined) return a;
  return added ? setOf(Object.entries(changed)) : changed;
}

function unionNodes(a: FieldNode, b: FieldNode): FieldNode {
  const member = isMember(a) || isMember(b);
  const children = childrenOf(a);
  const all = union(children, childrenOf(b));
  return all === children && member === isMember(a) ? a : nodeOf(member, all)!;
}

/** Keeps of every child what `change` makes of it; undefined: nothing. */
function mapChildren(set: FieldSet | undefined, change: (node: FieldNode, element: string) => FieldNode | undefined): FieldSet | undefined {
  if (set === undefined) return undefined;
  let changed: Entries | undefined;
  const before: Entries = [];
  for (const element in set) {
    if (element === own) continue;
    const node = set[element]!;
    const kept = change(node, element);
    if (changed === undefined && kept === node) {
      before.push([element, node]);
      continue;
    }
    changed ??= before;
    if (kept !== undefined) changed.push([element, kept]);
  }
  return changed === undefined ? set : setOf(changed);
}

/** What is in both. */
export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (b === undefined) return undefined;
  return mapChildren(a, (node, element) => {
    const other = b[element];
    if (other === undefined) return undefined;
    const below = childrenOf(node);
    return keep(node, isMember(node) && isMember(other), below, intersection(below, childrenOf(other)));
  });
}

/** Is anything in both? */
export function overlaps(a: FieldNode, b: FieldNode): boolean {
  for (const element in b) {
    if (element === own) continue;
    const mine = a[element];
    if (mine === undefined) continue;
    const theirs = b[element]!;
    if ((isMember(mine) && isMember(theirs)) || overlaps(mine, theirs)) return true;
  }
  return false;
}

/** Is all that is in `b` in `a` too? */
export function covers(a: FieldNode, b: FieldNode): boolean {
  for (const element in b) {
    if (element === own) continue;
    const mine = a[element];
    const theirs = b[element]!;
    if (mine === undefined || (isMember(theirs) && !isMember(mine)) || !covers(mine, theirs)) return false;
  }
  return true;
}

/** What is in `a` and not in `b`. A member of `b` takes nothing away below it. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (b === undefined) return a;
  return mapChildren(a, (node, element) => {
    const other = b[element];
    if (other === undefined) return node;
    const below = childrenOf(node);
    return keep(node, isMember(node) && !isMember(other), below, difference(below, childrenOf(other)));
  });
}

/** What is in `a` and neither in `b` nor below a member of `b`. */
export function recursiveDifference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (b === undefined) return a;
  return mapChildren(a, (node, element) => {
    const other = b[element];
    if (other === undefined) return node;
    if (isMember(other)) return undefined;
    const below = childrenOf(node);
    return keep(node, isMember(node), below, recursiveDifference(below, childrenOf(other)));
  });
}

/** The node itself where it stays the same. `below` are its children, as they were. */
function keep(node: FieldNode, member: boolean, below: FieldSet | undefined, children: FieldSet | undefined): FieldNode | undefined {
  return children === below && member === isMember(node) ? node : nodeOf(member, children);
}

/** Paths, and everything below each; `*` stands for any element. */
export interface FieldPattern { readonly [element: string]: FieldPattern | true }

/** The part of a set that a pattern covers. */
export function restrict(set: FieldSet | undefined, pattern: FieldPattern): FieldSet | undefined {
  return mapChildren(set, (node, element) => {
    const below = pattern[element] ?? pattern['*'];
    if (below === undefined || below === true) return below && node;
    const children = childrenOf(node);
    return keep(node, isMember(node), children, restrict(children, below));
  });
}

/** Is this very place in the set? */
export function hasPath(set: FieldSet | undefined, path: readonly string[]): boolean {
  let node: FieldNode | undefined = set;
  for (const element of path) node = node?.[element];
  return node !== undefined && path.length > 0 && isMember(node);
}

/** Every member: those of a node first, then what is below, as upstream walks a set. */
export function* pathsOf(set: FieldSet | undefined, prefix: readonly string[] = []): Generator<readonly string[]> {
  if (set === undefined) return;
  for (const element in set) if (element !== own && isMember(set[element]!)) yield [...prefix, element];
  for (const element in set) if (element !== own) yield* pathsOf(childrenOf(set[element]!), [...prefix, element]);
}

/** How deep a set may go: deeper than any object that a request can hold. */
const maxDepth = 1000;

/**
 * Reads fieldsV1 that a client may have written. Elements of an unknown kind are dropped, for a later version may know
 * them. Throws SyntaxError for what is no set.
 */
export function parseFieldSet(fieldsV1: unknown): FieldSet | undefined {
  if (fieldsV1 === undefined || fieldsV1 === null) return undefined;
  return readChildren(fieldsV1, 0).children;
}

function readChildren(value: unknown, depth: number): { readonly member: boolean; readonly children: FieldSet | undefined } {
  if (value === null) return { member: true, children: undefined };
  if (typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError(`expected an object, got ${JSON.stringify(value)}`);
  if (depth > maxDepth) throw new SyntaxError('exceeded max depth');
  const entries = new Map<string, FieldNode>();
  let member = false;
  for (const [key, below] of Object.entries(value)) {
    if (key === own) {
      member = true;
      continue;
    }
    const element = canonicalElement(key);
    if (element === undefined) continue;
    const inner = readChildren(below, depth + 1);
    const node = nodeOf(inner.member, inner.children);
    if (node !== undefined) entries.set(element, node);
  }
  const children = setOf([...entries]);
  return { member: member || children === undefined, children };
}
