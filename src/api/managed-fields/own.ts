/**
 * What a value that appears (or goes) as a whole consists of, written as fieldsV1 in one pass. Objects that are alike
 * get the very same tree: a shape remembers its last value's fields and what they came to, so that the tenth pod of a
 * replica set costs a walk and no memory. What a client applies is walked without that.
 */
import { isJsonObject } from '../patch/json-value.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { itemKeys, knownElement } from './list-item.ts';
import { childrenOf, isMember, leaf, nodeOf, recursiveDifference, setOf } from './field-set.ts';
import type { FieldNode, FieldSet } from './field-set.ts';
import { moveToFront, remember } from './memos.ts';
import { deduced } from './shape.ts';
import type { FieldShape, ListMemo, ListShape, MapShape, Memo, Shape, StructShape } from './shape.ts';
import { readField } from './values.ts';
import type { Form } from './values.ts';

/** The node of a value where there was nothing before; always a member. */
export function wholeNode(value: unknown, shape: Shape, form: Form): FieldNode {
  if (typeof value !== 'object' || value === null) return leaf;
  switch (shape.kind) {
    case 'scalar': return leaf;
    case 'deduced': return isJsonObject(value) ? wholeMap(value, deducedMap, 'raw') : leaf;
    case 'list': return Array.isArray(value) && shape.relation !== 'atomic' ? wholeList(value, shape, form) : leaf;
    case 'map': return shape.atomic || !isJsonObject(value) ? leaf : wholeMap(value, shape, form);
    case 'struct': return shape.atomic || !isJsonObject(value) ? leaf : wholeStruct(value, shape, form);
  }
}

const deducedMap: MapShape = { kind: 'map', atomic: false, values: deduced };

function setOfChildren(keys: readonly string[], children: readonly (FieldNode | undefined)[], more: readonly [string, FieldNode][]): FieldSet | undefined {
  const entries: [string, FieldNode][] = [];
  for (let i = 0; i < keys.length; i++) if (children[i] !== undefined) entries.push([`f:${keys[i]}`, children[i]!]);
  return setOf([...entries, ...more]);
}

/** What is remembered of these fields, now first; undefined: nothing. */
function recall(memos: Memo[], keys: readonly string[], children: readonly (FieldNode | undefined)[]): Memo | undefined {
  for (let i = 0; i < memos.length; i++) {
    const memo = memos[i]!;
    if (memo.keys.length === keys.length && sameItems(memo.keys, keys) && sameItems(memo.children, children)) return moveToFront(memos, i);
  }
  return undefined;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A way to walk the fields of a value of some shape, with what else it goes by. */
interface FieldWalk<S, How> {
  field(key: string, shape: S): FieldShape | undefined;
  child(found: unknown, key: string, field: FieldShape | undefined, shape: S, how: How): FieldNode | undefined;
  make(keys: readonly string[], children: readonly (FieldNode | undefined)[], shape: S, how: How): FieldNode | undefined;
}

/** Walks a value's fields, taking it first for the one that was met last, so that nothing is made if it is. */
function fieldsNode<S, How>(value: JsonObject, memos: Memo[], walk: FieldWalk<S, How>, shape: S, how: How): Memo {
  const latest = memos[0];
  let at = 0;
  if (latest !== undefined) {
    const { keys, children, fields } = latest;
    let same = true;
    for (const key in value) {
      same = keys[at] === key && children[at] === walk.child(value[key], key, fields[at], shape, how);
      if (!same) break;
      at++;
    }
    if (same && at === keys.length) return latest;
  }
  const keys = Object.keys(value);
  const fields = keys.map((key, i) => (i < at ? latest!.fields[i] : walk.field(key, shape)));
  const children = keys.map((key, i) => (i < at ? latest!.children[i] : walk.child(value[key], key, fields[i], shape, how)));
  const known = recall(memos, keys, children);
  if (known !== undefined) return known;
  const memo: Memo = { keys, children, fields, node: walk.make(keys, children, shape, how) };
  remember(memos, memo, keys.length);
  return memo;
}

const mapWalk: FieldWalk<MapShape, Form> = {
  field: () => undefined,
  child: (found, _key, _field, { values }, form) => wholeNode(found, values, form),
  make: (keys, children) => nodeOf(true, setOfChildren(keys, children, [])),
};

function wholeMap(value: JsonObject, shape: MapShape, form: Form): FieldNode {
  return fieldsNode(value, form === 'go' ? (shape.whole ??= []) : [], mapWalk, shape, form).node!;
}

const structWalk: FieldWalk<StructShape, Form> = {
  field: (key, { fields }) => fields.get(key),
  /** Undefined where Go would not write it. */
  child(found, _key, field, shape, form) {
    if (field === undefined) return wholeNode(found, shape.unknown ?? deduced, 'raw');
    const read = readField(found, field, form);
    return read === undefined ? undefined : wholeNode(read, field.shape, form);
  },
  make(keys, children, { always }, form) {
    const more = form === 'raw' ? [] : always.filter(({ name }) => !keys.includes(name)).map(({ element }): [string, FieldNode] => [element, leaf]);
    return nodeOf(true, setOfChildren(keys, children, more));
  },
};

function wholeStruct(value: JsonObject, shape: StructShape, form: Form): FieldNode {
  return fieldsNode(value, form === 'go' ? (shape.whole ??= []) : [], structWalk, shape, form).node!;
}

function wholeList(items: readonly unknown[], shape: ListShape, form: Form): FieldNode {
  if (items.length === 0) return leaf;
  const memos = form === 'go' ? (shape.whole ??= []) : [];
  const latest = memos[0];
  if (latest !== undefined && latest.keys.length === items.length) {
    let at = 0;
    while (at < items.length && sameItem(items[at], latest.keys[at]!, shape) && latest.children[at] === wholeNode(items[at], shape.items, form)) at++;
    if (at === items.length) return latest.node;
  }
  const children = items.map((item) => wholeNode(item, shape.items, form));
  for (let i = 1; i < memos.length; i++) {
    const memo = memos[i]!;
    if (memo.keys.length === items.length && sameItems(memo.children, children) && items.every((item, at) => sameItem(item, memo.keys[at]!, shape))) return moveToFront(memos, i).node;
  }
  const nodes = new Map<string, FieldNode>();
  // Items that are there twice are owned together, without what is in them.
  items.forEach((item, i) => {
    const element = knownElement(shape, item);
    nodes.set(element, nodes.has(element) ? leaf : children[i]!);
  });
  const node = nodeOf(true, setOf([...nodes]))!;
  if (nodes.size === items.length) remember(memos, { keys: items.map((item) => itemKeys(shape, item)), children, node }, items.length);
  return node;
}

/** Is the item told from others by these values? */
function sameItem(item: unknown, identity: readonly unknown[], shape: ListShape): boolean {
  if (shape.relation === 'set') return item === identity[0];
  const { keys, defaults } = shape;
  for (let i = 0; i < keys.length; i++) {
    const given = (item as JsonObject | null)?.[keys[i]!];
    if ((given === undefined ? defaults[i] : given) !== identity[i]) return false;
  }
  return true;
}

/**
 * What fills a struct that was there with nothing in it, as Go makes one: the fields that it had already are owned where
 * they are more than a zero. `ignored` is left out. Undefined where nothing is.
 */
export function freshFields(value: JsonObject, shape: StructShape, ignored: FieldSet | undefined): FieldSet | undefined {
  const byIgnored = (shape.fresh ??= new WeakMap<FieldNode, Memo[]>());
  let memos = byIgnored.get(ignored ?? leaf);
  if (memos === undefined) byIgnored.set(ignored ?? leaf, (memos = []));
  return fieldsNode(value, memos, freshWalk, shape, ignored).node;
}

const freshWalk: FieldWalk<StructShape, FieldSet | undefined> = {
  field: (key, { fields }) => fields.get(key),
  child(found, key, field, shape, ignored) {
    const below = ignored?.[field === undefined ? `f:${key}` : field.element];
    if (below !== undefined && isMember(below)) return undefined;
    return field === undefined ? wholeNode(found, shape.unknown ?? deduced, 'raw') : freshField(readField(found, field, 'go'), field, below);
  },
  make: (keys, children) => setOfChildren(keys, children, []),
};

function freshField(found: unknown, { zero, shape }: FieldShape, ignored: FieldSet | undefined): FieldNode | undefined {
  if (found === undefined || found === zero) return undefined;
  if (zero === undefined) {
    const node = wholeNode(found, shape, 'go');
    return ignored === undefined ? node : recursiveDifference(node, ignored);
  }
  if (typeof found !== 'object') return leaf;
  if (zero !== null && isJsonObject(found) && shape.kind === 'struct' && !shape.atomic) return freshFields(found, shape, ignored);
  const node = wholeNode(found, shape, 'go');
  if (node === leaf) return isEmptyObject(found) ? undefined : leaf;
  // Its place was there before, with null in it.
  return belowOf(node, shape);
}

/** The children of a whole node; of what is remembered the same are made again. */
function belowOf(node: FieldNode, shape: Shape): FieldSet | undefined {
  const memos: readonly (Memo | ListMemo)[] = 'whole' in shape ? (shape.whole ?? []) : [];
  for (const memo of memos) if (memo.node === node) return (memo.below ??= childrenOf(node)!);
  return childrenOf(node);
}

function isEmptyObject(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  for (const key in value) return key === undefined;
  return true;
}
