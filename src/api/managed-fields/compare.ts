import { isJsonObject } from '../patch/json-value.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { childrenOf, isMember, leaf, recursiveDifference, setOf, union } from './field-set.ts';
import type { FieldNode, FieldSet } from './field-set.ts';
import { knownElement } from './list-item.ts';
import { moveToFront, remember } from './memos.ts';
import { freshFields, wholeNode } from './own.ts';
import { deduced } from './shape.ts';
import type { Change, Changed, ListShape, Shape } from './shape.ts';
import { readField, sameValue } from './values.ts';
import type { Form } from './values.ts';

/** What an object became; no field is in more than one set. */
export interface Comparison {
  readonly removed: FieldSet | undefined;
  readonly modified: FieldSet | undefined;
  readonly added: FieldSet | undefined;
  /** What is modified or added, once somebody asked. */
  changed?: FieldSet | undefined;
}

export const sameObjects: Comparison = { removed: undefined, modified: undefined, added: undefined };

/** Did nothing change? */
export const isNothing = ({ removed, modified, added }: Comparison): boolean => removed === undefined && modified === undefined && added === undefined;

export interface CompareOptions {
  /** How the new object is read; the old one always as Go would write it. */
  readonly form: Form;
  /** Left out with everything below. */
  readonly ignored?: FieldSet | undefined;
}

/** What changed from `before` to `after`, both of one type. Objects of a kind that changed alike get the very same sets, mostly. */
export function compareObjects(before: object, after: object, shape: Shape, options: CompareOptions): Comparison {
  return walks[options.form].objects(before as JsonObject, after as JsonObject, shape, options.ignored);
}

/** What is there in an object that was made from nothing: every field, as additions and changes of zeros together. */
export function createdFields(object: object, shape: Shape, ignored: FieldSet | undefined): FieldSet | undefined {
  if (shape.kind === 'struct') return freshFields(object as JsonObject, shape, ignored);
  return recursiveDifference(childrenOf(wholeNode(object, shape, 'go')), ignored);
}

const changes: readonly Change[] = ['removed', 'modified', 'added'];

/** Longer lists are looked through by way of a map. */
const shortList = 8;

/**
 * One walk through two values. What is found lies on three stacks, the changes of a value's children above what was
 * found beside it, and becomes sets when the value has been walked: where nothing changed nothing is made.
 */
class Walk {
  readonly #form: Form;
  readonly #forms: { readonly a: Form; readonly b: Form };
  readonly #elements: string[] = [];
  readonly #changes: Change[] = [];
  readonly #nodes: FieldNode[] = [];

  constructor(form: Form) {
    this.#form = form;
    this.#forms = { a: 'go', b: form };
  }

  objects(a: JsonObject, b: JsonObject, shape: Shape, ignored: FieldSet | undefined): Comparison {
    // What threw half-way has left something behind.
    this.#forget(0);
    return this.#children(a, b, shape, ignored) ?? sameObjects;
  }

  #forget(base: number): void {
    this.#elements.length = base;
    this.#changes.length = base;
    this.#nodes.length = base;
  }

  /** Something changed at the place at hand, whose element `#name` says later. */
  #push(change: Change, node: FieldNode): void {
    this.#elements.push('');
    this.#changes.push(change);
    this.#nodes.push(node);
  }

  #name(base: number, element: string): void {
    for (let i = base; i < this.#elements.length; i++) this.#elements[i] = element;
  }

  /** Compares two values of which at most one is undefined. */
  #compare(a: unknown, b: unknown, shape: Shape, ignored: FieldSet | undefined): void {
    if (a === b) return;
    if (a === undefined || b === undefined) {
      const node = recursiveDifference(wholeNode(a ?? b, shape, a === undefined ? this.#form : 'go'), ignored);
      if (node !== undefined) this.#push(a === undefined ? 'added' : 'removed', node);
    } else if (isLeaf(a, b, shape)) {
      if (!sameValue(a, b, shape, this.#forms)) this.#push('modified', leaf);
    } else {
      const below = this.#children(a, b, shape, ignored);
      if (below === undefined) return;
      for (const change of changes) {
        const node = below[change];
        if (node !== undefined) this.#push(change, node);
      }
    }
  }

  /** The changes below two values that are not both empty. */
  #children(a: unknown, b: unknown, shape: Shape, ignored: FieldSet | undefined): Comparison | undefined {
    const base = this.#nodes.length;
    if (shape.kind === 'list') this.#list(asList(a), asList(b), shape);
    else this.#members(asMap(a), asMap(b), shape, ignored);
    if (this.#nodes.length === base) return undefined;
    const comparison = this.#gather(base, shape);
    this.#forget(base);
    return comparison;
  }

  /** What lies on the stacks from `base` on, as sets: the same ones where it is what a value of this shape came to lately. */
  #gather(base: number, shape: Shape): Comparison {
    const memos = shape.kind === 'scalar' || shape.kind === 'deduced' ? undefined : (shape.changed ??= []);
    if (memos !== undefined) for (let i = 0; i < memos.length; i++) if (this.#isOnTop(base, memos[i]!)) return moveToFront(memos, i).comparison;
    const comparison = { removed: this.#setOf(base, 'removed'), modified: this.#setOf(base, 'modified'), added: this.#setOf(base, 'added') };
    if (memos !== undefined) remember(memos, { elements: this.#elements.slice(base), changes: this.#changes.slice(base), nodes: this.#nodes.slice(base), comparison }, this.#nodes.length - base);
    return comparison;
  }

  #isOnTop(base: number, { elements, changes: kinds, nodes }: Changed): boolean {
    if (base + nodes.length !== this.#nodes.length) return false;
    for (let i = 0; i < nodes.length; i++) if (nodes[i] !== this.#nodes[base + i] || elements[i] !== this.#elements[base + i] || kinds[i] !== this.#changes[base + i]) return false;
    return true;
  }

  #setOf(base: number, change: Change): FieldSet | undefined {
    const entries: [string, FieldNode][] = [];
    for (let i = base; i < this.#nodes.length; i++) if (this.#changes[i] === change) entries.push([this.#elements[i]!, this.#nodes[i]!]);
    return setOf(entries);
  }

  #members(a: JsonObject, b: JsonObject, shape: Shape, ignored: FieldSet | undefined): void {
    for (const name in b) this.#member(a[name], b[name], name, shape, ignored);
    for (const name in a) if (!(name in b)) this.#member(a[name], b[name], name, shape, ignored);
  }

  #member(a: unknown, b: unknown, name: string, shape: Shape, ignored: FieldSet | undefined): void {
    // Read in the same form they are the same.
    if (a === b && this.#form === 'go') return;
    const field = shape.kind === 'struct' ? shape.fields.get(name) : undefined;
    const element = field === undefined ? `f:${name}` : field.element;
    const skip = ignored?.[element];
    if (skip !== undefined && isMember(skip)) return;
    const base = this.#nodes.length;
    if (field !== undefined) this.#compare(readField(a, field, 'go'), readField(b, field, this.#form), field.shape, childrenOf(skip));
    else this.#compare(a, b, valuesOf(shape), undefined);
    this.#name(base, element);
  }

  #list(a: readonly unknown[], b: readonly unknown[], shape: ListShape): void {
    if (a.length > shortList || b.length > shortList || !haveDistinctNames(a, shape) || !haveDistinctNames(b, shape)) {
      this.#groups(a, b, shape);
      return;
    }
    for (let i = 0; i < a.length; i++) {
      const at = indexOf(b, nameOf(a[i], shape), shape, i);
      this.#item(a[i], at < 0 ? undefined : b[at], shape);
    }
    for (let i = 0; i < b.length; i++) if (indexOf(a, nameOf(b[i], shape), shape, i) < 0) this.#item(undefined, b[i], shape);
  }

  #item(a: unknown, b: unknown, shape: ListShape): void {
    const base = this.#nodes.length;
    this.#compare(a, b, shape.items, undefined);
    if (this.#nodes.length > base) this.#name(base, knownElement(shape, a ?? b));
  }

  #groups(a: readonly unknown[], b: readonly unknown[], shape: ListShape): void {
    const before = grouped(a, shape);
    const after = grouped(b, shape);
    const forms = this.#forms;
    for (const [element, items] of before) {
      const base = this.#nodes.length;
      const others = after.get(element) ?? none;
      if (items.length === 1 && others.length <= 1) this.#compare(items[0], others[0], shape.items, undefined);
      else if (items.length > 1 && others.length > 1) {
        const same = items.length === others.length && items.every((item, i) => sameValue(item, others[i], shape.items, forms));
        if (!same) this.#push('modified', leaf);
      } else if (items.length > 1) {
        if (others.length === 1) this.#push('added', wholeNode(others[0], shape.items, this.#form));
        this.#push('removed', leaf);
      } else {
        // An item that was alone and now is there twice: what was in it goes, its place stays for both.
        this.#push('removed', wholeNode(items[0], shape.items, 'go'));
        this.#push('added', leaf);
      }
      this.#name(base, element);
    }
    for (const [element, items] of after) {
      if (before.has(element)) continue;
      const base = this.#nodes.length;
      this.#push('added', items.length > 1 ? leaf : wholeNode(items[0], shape.items, this.#form));
      this.#name(base, element);
    }
  }
}

const walks: Readonly<Record<Form, Walk>> = { go: new Walk('go'), raw: new Walk('raw') };

const none: readonly unknown[] = [];
const noFields: JsonObject = {};
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : none);
const asMap = (value: unknown): JsonObject => (isJsonObject(value) ? value : noFields);

function isFilled(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) return key !== undefined;
  return false;
}

/** The shape of members that have no field of their own. */
function valuesOf(shape: Shape): Shape {
  if (shape.kind === 'map') return shape.values;
  return (shape.kind === 'struct' ? shape.unknown : undefined) ?? deduced;
}

/** What tells an item from the others where that is a single text; undefined: it is something else. */
function nameOf(item: unknown, { relation, keys }: ListShape): string | undefined {
  const name = relation === 'set' ? item : keys.length === 1 ? (item as JsonObject | null)?.[keys[0]!] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function haveDistinctNames(items: readonly unknown[], shape: ListShape): boolean {
  for (let i = 0; i < items.length; i++) {
    const name = nameOf(items[i], shape);
    if (name === undefined) return false;
    for (let j = 0; j < i; j++) if (nameOf(items[j], shape) === name) return false;
  }
  return true;
}

/** Where the item of that name stands, most likely at `likely`; -1: nowhere. */
function indexOf(items: readonly unknown[], name: string | undefined, shape: ListShape, likely: number): number {
  if (likely < items.length && nameOf(items[likely], shape) === name) return likely;
  for (let i = 0; i < items.length; i++) if (nameOf(items[i], shape) === name) return i;
  return -1;
}

/** Is this place owned as one: a scalar, something atomic, two that are both empty, or two of different types? */
function isLeaf(a: unknown, b: unknown, shape: Shape): boolean {
  if (!isFilled(a) && !isFilled(b)) return true;
  switch (shape.kind) {
    case 'scalar': return true;
    case 'list': return shape.relation === 'atomic';
    case 'deduced': return !isJsonObject(a ?? {}) || !isJsonObject(b ?? {});
    default: return shape.atomic;
  }
}

function grouped(items: readonly unknown[], shape: ListShape): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const element = knownElement(shape, item);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}

/** Everything that is new or different. */
export function changedFields(comparison: Comparison): FieldSet | undefined {
  const { modified, added } = comparison;
  if (modified === undefined || added === undefined) return modified ?? added;
  return (comparison.changed ??= union(modified, added));
}
