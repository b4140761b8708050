import { isJsonObject } from '../patch/json-value.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { childrenOf, isMember, leaf, recursiveDifference, setOf, union } from './field-set.ts';
import type { FieldNode, FieldSet } from './field-set.ts';
import { knownElement } from './list-item.ts';
import { freshFields, wholeNode } from './own.ts';
import { deduced } from './shape.ts';
import type { ListShape, Shape, StructShape } from './shape.ts';
import { readField, sameValue } from './values.ts';
import type { Form } from './values.ts';

/** What an object became; no field is in more than one set. */
export interface Comparison {
  readonly removed: FieldSet | undefined;
  readonly modified: FieldSet | undefined;
  readonly added: FieldSet | undefined;
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

/** What changed from `before` to `after`, both of one type. */
export function compareObjects(before: object, after: object, shape: Shape, options: CompareOptions): Comparison {
  const walk = new Walk(options.form);
  return walk.children(before as JsonObject, after as JsonObject, shape, options.ignored) ?? sameObjects;
}

/** What is there in an object that was made from nothing: every field, as additions and changes of zeros together. */
export function createdFields(object: object, shape: Shape, ignored: FieldSet | undefined): FieldSet | undefined {
  if (shape.kind === 'struct') return freshFields(object as JsonObject, shape, ignored);
  return recursiveDifference(childrenOf(wholeNode(object, shape, 'go')), ignored);
}

/** Gathers the changes of a value's children. */
class Changes {
  #removed: [string, FieldNode][] | undefined;
  #modified: [string, FieldNode][] | undefined;
  #added: [string, FieldNode][] | undefined;

  remove(element: string, node: FieldNode): void {
    (this.#removed ??= []).push([element, node]);
  }

  modify(element: string, node: FieldNode): void {
    (this.#modified ??= []).push([element, node]);
  }

  add(element: string, node: FieldNode): void {
    (this.#added ??= []).push([element, node]);
  }

  descend(element: string, below: Comparison | undefined): void {
    if (below === undefined) return;
    if (below.removed !== undefined) this.remove(element, below.removed);
    if (below.modified !== undefined) this.modify(element, below.modified);
    if (below.added !== undefined) this.add(element, below.added);
  }

  finish(): Comparison | undefined {
    if (this.#removed === undefined && this.#modified === undefined && this.#added === undefined) return undefined;
    return { removed: setOf(this.#removed ?? []), modified: setOf(this.#modified ?? []), added: setOf(this.#added ?? []) };
  }
}

const isFilled = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) return key !== undefined;
  return false;
};

class Walk {
  readonly #form: Form;
  readonly #forms: { readonly a: Form; readonly b: Form };

  constructor(form: Form) {
    this.#form = form;
    this.#forms = { a: 'go', b: form };
  }

  /** Compares two values of which at most one is undefined, and says so to `changes`. */
  #compare(a: unknown, b: unknown, shape: Shape, to: { readonly changes: Changes; readonly element: string; readonly ignored?: FieldSet | undefined }): void {
    if (a === b) return;
    const { changes, element, ignored } = to;
    if (a === undefined || b === undefined) {
      const node = recursiveDifference(wholeNode(a ?? b, shape, a === undefined ? this.#form : 'go'), ignored);
      if (node === undefined) return;
      if (a === undefined) changes.add(element, node);
      else changes.remove(element, node);
      return;
    }
    if (isLeaf(a, b, shape)) {
      if (!sameValue(a, b, shape, this.#forms)) changes.modify(element, leaf);
      return;
    }
    changes.descend(element, this.children(a, b, shape, ignored));
  }

  /** The changes below two values that are not both empty. */
  children(a: unknown, b: unknown, shape: Shape, ignored: FieldSet | undefined): Comparison | undefined {
    const changes = new Changes();
    if (shape.kind === 'list') this.#list(asList(a), asList(b), shape, changes);
    else if (shape.kind === 'struct') this.#struct(asMap(a), asMap(b), shape, { changes, ignored });
    else this.#map(asMap(a), asMap(b), shape.kind === 'map' ? shape.values : deduced, { changes, ignored });
    return changes.finish();
  }

  #struct(a: JsonObject, b: JsonObject, shape: StructShape, { changes, ignored }: { readonly changes: Changes; readonly ignored: FieldSet | undefined }): void {
    const one = (name: string): void => {
      const field = shape.fields.get(name);
      const element = field?.element ?? `f:${name}`;
      const skip = ignored?.[element];
      if (skip !== undefined && isMember(skip)) return;
      if (field === undefined) this.#compare(a[name], b[name], shape.unknown ?? deduced, { changes, element });
      else this.#compare(readField(a, field, 'go'), readField(b, field, this.#form), field.shape, { changes, element, ignored: childrenOf(skip) });
    };
    for (const name in b) one(name);
    for (const name in a) if (!(name in b)) one(name);
  }

  #map(a: JsonObject, b: JsonObject, values: Shape, { changes, ignored }: { readonly changes: Changes; readonly ignored: FieldSet | undefined }): void {
    const one = (name: string): void => {
      const element = `f:${name}`;
      const skip = ignored?.[element];
      if (skip === undefined || !isMember(skip)) this.#compare(a[name], b[name], values, { changes, element });
    };
    for (const name in b) one(name);
    for (const name in a) if (!(name in b)) one(name);
  }

  #list(a: readonly unknown[], b: readonly unknown[], shape: ListShape, changes: Changes): void {
    const before = grouped(a, shape);
    const after = grouped(b, shape);
    const forms = this.#forms;
    for (const [element, items] of before) {
      const others = after.get(element) ?? none;
      if (items.length === 1 && others.length <= 1) this.#compare(items[0], others[0], shape.items, { changes, element });
      else if (items.length > 1 && others.length > 1) {
        const same = items.length === others.length && items.every((item, i) => sameValue(item, others[i], shape.items, forms));
        if (!same) changes.modify(element, leaf);
      } else if (items.length > 1) {
        if (others.length === 1) changes.add(element, wholeNode(others[0], shape.items, this.#form));
        changes.remove(element, leaf);
      } else {
        // An item that was alone and now is there twice: what was in it goes, its place stays for both.
        changes.remove(element, wholeNode(items[0], shape.items, 'go'));
        changes.add(element, leaf);
      }
    }
    for (const [element, items] of after) {
      if (before.has(element)) continue;
      changes.add(element, items.length > 1 ? leaf : wholeNode(items[0], shape.items, this.#form));
    }
  }
}

const none: readonly unknown[] = [];
const noFields: JsonObject = {};
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : none);
const asMap = (value: unknown): JsonObject => (isJsonObject(value) ? value : noFields);

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
export const changedFields = ({ modified, added }: Comparison): FieldSet | undefined => union(modified, added);
