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
import { deduced } from './shape.ts';
import type { FieldShape, ListShape, MapShape, Memo, Shape, StructShape } from './shape.ts';
import { readField } from './values.ts';
import type { Form } from './values.ts';

/** Larger values are not remembered: what is kept is bounded by the number of types. */
const maxRemembered = 64;

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

/** Values of a shape that are remembered: objects of a few kinds are mostly made in turn. */
const slots = 4;

/** What is remembered of these fields, now first; undefined: nothing. */
function recall(memos: Memo[], keys: readonly string[], children: readonly (FieldNode | undefined)[]): Memo | undefined {
  for (let i = 0; i < memos.length; i++) {
    const memo = memos[i]!;
    if (memo.keys.length !== keys.length || !sameItems(memo.keys, keys) || !sameItems(memo.children, children)) continue;
    if (i > 0) {
      memos.splice(i, 1);
      memos.unshift(memo);
    }
    return memo;
  }
  return undefined;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function remember<T extends { readonly keys: readonly unknown[] }>(memos: T[], memo: T): void {
  if (memo.keys.length > maxRemembered) return;
  memos.unshift(memo);
  if (memos.length > slots) memos.pop();
}

/** A walk of a value's fields that first takes it for the one that was met last, and so makes nothing if it is. */
function fieldsNode(value: JsonObject, memos: Memo[], how: { child(key: string, field: FieldShape | undefined): FieldNode | undefined; field(key: string): FieldShape | undefined; make(keys: readonly string[], children: readonly (FieldNode | undefined)[]): FieldNode | undefined }): Memo {
  const latest = memos[0];
  let at = 0;
  if (latest !== undefined) {
    const { keys, children, fields } = latest;
    let same = true;
    for (const key in value) {
      same = keys[at] === key && children[at] === how.child(key, fields[at]);
      if (!same) break;
      at++;
    }
    if (same && at === keys.length) return latest;
  }
  const keys = Object.keys(value);
  const fields = keys.map((key, i) => (i < at ? latest!.fields[i] : how.field(key)));
  const children = keys.map((key, i) => (i < at ? latest!.children[i] : how.child(key, fields[i])));
  const known = recall(memos, keys, children);
  if (known !== undefined) return known;
  const memo: Memo = { keys, children, fields, node: how.make(keys, children) };
  remember(memos, memo);
  return memo;
}

function wholeMap(value: JsonObject, shape: MapShape, form: Form): FieldNode {
  const { values } = shape;
  const memos = form === 'go' ? (shape.whole ??= []) : [];
  return fieldsNode(value, memos, {
    child: (key) => wholeNode(value[key], values, form),
    field: () => undefined,
    make: (keys, children) => nodeOf(true, setOfChildren(keys, children, [])),
  }).node!;
}

/** The node of one field of a struct; undefined where Go would not write it. */
function wholeField(value: JsonObject, key: string, field: FieldShape | undefined, shape: StructShape, form: Form): FieldNode | undefined {
  if (field === undefined) return wholeNode(value[key], shape.unknown ?? deduced, 'raw');
  const found = readField(value, field, form);
  if (typeof found !== 'object') return found === undefined ? undefined : leaf;
  return wholeNode(found, field.shape, form);
}

function wholeStruct(value: JsonObject, shape: StructShape, form: Form): FieldNode {
  const memos = form === 'go' ? (shape.whole ??= []) : [];
  return fieldsNode(value, memos, {
    child: (key, field) => wholeField(value, key, field, shape, form),
    field: (key) => shape.fields.get(key),
    make: (keys, children) => {
      const more = form === 'raw' ? [] : shape.always.filter(({ name }) => !(name in value)).map(({ element }): [string, FieldNode] => [element, leaf]);
      return nodeOf(true, setOfChildren(keys, children, more));
    },
  }).node!;
}

function wholeList(items: readonly unknown[], shape: ListShape, form: Form): FieldNode {
  if (items.length === 0) return leaf;
  const children = items.map((item) => wholeNode(item, shape.items, form));
  const memos = form === 'go' ? (shape.whole ??= []) : [];
  for (let i = 0; i < memos.length; i++) {
    const memo = memos[i]!;
    if (memo.keys.length === items.length && sameItems(memo.children, children) && items.every((item, at) => sameItem(item, memo.keys[at]!, shape))) return memo.node;
  }
  const nodes = new Map<string, FieldNode>();
  // Items that are there twice are owned together, without what is in them.
  items.forEach((item, i) => {
    const element = knownElement(shape, item);
    nodes.set(element, nodes.has(element) ? leaf : children[i]!);
  });
  const node = nodeOf(true, setOf([...nodes]))!;
  if (nodes.size === items.length) remember(memos, { keys: items.map((item) => itemKeys(shape, item)), children, node });
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
  return fieldsNode(value, memos, {
    child: (key, field) => freshField(value, key, field, shape, ignored),
    field: (key) => shape.fields.get(key),
    make: (keys, children) => setOfChildren(keys, children, []),
  }).node;
}

function freshField(value: JsonObject, key: string, field: FieldShape | undefined, shape: StructShape, ignored: FieldSet | undefined): FieldNode | undefined {
  const below = ignored?.[field === undefined ? `f:${key}` : field.element];
  if (below !== undefined && isMember(below)) return undefined;
  if (field === undefined) return wholeNode(value[key], shape.unknown ?? deduced, 'raw');
  const found = readField(value, field, 'go');
  const { zero } = field;
  if (found === undefined || found === zero) return undefined;
  if (zero === undefined) {
    const node = typeof found === 'object' ? wholeNode(found, field.shape, 'go') : leaf;
    return below === undefined ? node : recursiveDifference(node, below);
  }
  if (typeof found !== 'object') return leaf;
  const { shape: inner } = field;
  if (zero !== null && isJsonObject(found) && inner.kind === 'struct' && !inner.atomic) return freshFields(found, inner, below);
  const node = wholeNode(found, inner, 'go');
  if (node === leaf) return isEmptyObject(found) ? undefined : leaf;
  // Its place was there before, with null in it.
  // Of what is remembered the same is made again.
  const memo = 'whole' in inner ? inner.whole?.find((one) => one.node === node) : undefined;
  return memo === undefined ? childrenOf(node) : (memo.below ??= childrenOf(node)!);
}

function isEmptyObject(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  for (const key in value) return key === undefined;
  return true;
}
