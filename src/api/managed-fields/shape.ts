/**
 * How the values of a type are owned: what structured-merge-diff calls its schema, made from ours once for every type.
 * Built-in types and the schemas of custom resources go through the same code; an object without a schema has the
 * deduced shape.
 */
import { goFieldsOf, goZero } from '../schema/go-fields.ts';
import type { FieldSchema, ListSchema, MapSchema, ObjectSchema, ScalarSchema, ValueSchema } from '../schema/schema.ts';
import type { FieldNode } from './field-set.ts';

/** What upstream's schema calls a scalar's type; `untyped` takes any. */
export type ScalarType = 'string' | 'numeric' | 'boolean' | 'untyped';

export type Shape = ScalarShape | StructShape | MapShape | ListShape | DeducedShape;

export interface ScalarShape { readonly kind: 'scalar'; readonly type: ScalarType }

/** What the writer of fields remembers of the last value of a shape, so that values alike share one tree. */
export interface Memo {
  readonly keys: readonly string[];
  readonly children: readonly (FieldNode | undefined)[];
  /** Of a struct: the fields of `keys`. */
  readonly fields: readonly (FieldShape | undefined)[];
  readonly node: FieldNode | undefined;
  /** What is below the node, where somebody asked. */
  below?: FieldNode;
}

/** The same for a list: what told its items apart. */
export interface ListMemo { readonly keys: readonly (readonly unknown[])[]; readonly children: readonly FieldNode[]; readonly node: FieldNode; below?: FieldNode }

export type Change = 'removed' | 'modified' | 'added';

/** The same of two values that were compared: what was found at which elements, and the sets that it came to. */
export interface Changed {
  readonly elements: readonly string[];
  readonly changes: readonly Change[];
  readonly nodes: readonly FieldNode[];
  readonly comparison: Readonly<Record<Change, FieldNode | undefined>> & { changed?: FieldNode | undefined };
}

export interface StructShape {
  readonly kind: 'struct';
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** Fields that Go writes even where they are empty. */
  readonly always: readonly FieldShape[];
  /** The shape of fields that have no name in the schema; undefined: there are none. */
  readonly unknown: Shape | undefined;
  /** Of the last values that appeared as a whole, and of the last that filled an empty struct, by what was ignored. */
  whole?: Memo[];
  fresh?: WeakMap<FieldNode, Memo[]>;
  changed?: Changed[];
}

export interface MapShape { readonly kind: 'map'; readonly atomic: boolean; readonly values: Shape; whole?: Memo[]; changed?: Changed[] }

export interface ListShape {
  readonly kind: 'list';
  readonly relation: 'atomic' | 'set' | 'map';
  /** Of a list that is a map; sorted. */
  readonly keys: readonly string[];
  /** What a key counts as where an item lacks it; undefined: it counts as absent. In the order of `keys`. */
  readonly defaults: readonly unknown[];
  /** Keys as the schema names them, for messages. */
  readonly keyNames: readonly string[];
  readonly items: Shape;
  whole?: ListMemo[];
  changed?: Changed[];
}

/** Any value: maps by their keys, lists as a whole. */
export interface DeducedShape { readonly kind: 'deduced' }

/** One field of a struct. */
export interface FieldShape {
  readonly name: string;
  /** `f:name`. */
  readonly element: string;
  readonly shape: Shape;
  /** Its zero where Go writes it even when nobody set it; undefined: it is left out. */
  readonly zero: unknown;
  /** Go leaves it out when it is empty. */
  readonly omitsEmpty: boolean;
}

export const deduced: DeducedShape = { kind: 'deduced' };

const scalarTypes: Readonly<Record<ScalarSchema['kind'], ScalarType>> = {
  string: 'string', bytes: 'string', int32: 'numeric', int64: 'numeric', number: 'numeric', boolean: 'boolean',
  quantity: 'untyped', 'int-or-string': 'untyped', time: 'untyped', 'micro-time': 'untyped', duration: 'string',
};

type MapType = 'granular' | 'atomic';

const structs: Readonly<Record<MapType | 'own', WeakMap<ObjectSchema, StructShape>>> = { own: new WeakMap(), granular: new WeakMap(), atomic: new WeakMap() };

/** The shape of a type; made once. `mapType` is what the field that refers to it says. */
export function structShape(schema: ObjectSchema, mapType?: MapType): StructShape {
  const known = structs[mapType ?? 'own'].get(schema);
  if (known !== undefined) return known;
  const builtin = schema.name.startsWith('io.k8s.');
  const goFields = builtin ? goFieldsOf(schema.name) : undefined;
  const fields = new Map<string, FieldShape>();
  const always: FieldShape[] = [];
  for (const field of schema.fields.values()) {
    const go = goFields?.get(field.name);
    const { kind } = field.value;
    const zero = go?.always === true ? goZero(go, kind) : undefined;
    const isPlain = kind === 'list' || kind === 'map' || ((kind === 'string' || kind === 'bytes' || kind === 'int32' || kind === 'int64' || kind === 'number' || kind === 'boolean') && go?.pointer !== true);
    const shape = new LazyField(field, zero, builtin && isPlain && zero === undefined);
    fields.set(field.name, shape);
    if (zero !== undefined) always.push(shape);
  }
  const shape: StructShape = { kind: 'struct', atomic: (mapType ?? schema.mapType) === 'atomic', fields, always, unknown: schema.fields.size === 0 || schema.open === true ? deduced : undefined };
  structs[mapType ?? 'own'].set(schema, shape);
  return shape;
}

/** Types refer to themselves, and most fields of most types are never met. */
class LazyField implements FieldShape {
  readonly name: string;
  readonly element: string;
  readonly zero: unknown;
  readonly omitsEmpty: boolean;
  readonly #schema: FieldSchema;
  #shape: Shape | undefined;

  constructor(schema: FieldSchema, zero: unknown, omitsEmpty: boolean) {
    this.name = schema.name;
    this.element = `f:${schema.name}`;
    this.zero = zero;
    this.omitsEmpty = omitsEmpty;
    this.#schema = schema;
  }

  get shape(): Shape {
    return (this.#shape ??= fieldShape(this.#schema));
  }
}

function fieldShape(field: FieldSchema): Shape {
  const { value } = field;
  switch (value.kind) {
    case 'object': return structShape(value, field.mapType);
    case 'map': return mapShape(value, field.mapType);
    case 'list': return listShape(value, field);
    default: return valueShape(value);
  }
}

function valueShape(value: ValueSchema): Shape {
  switch (value.kind) {
    case 'object': return structShape(value);
    case 'map': return mapShape(value, undefined);
    case 'list': return listShape(value, undefined);
    case 'any': return deduced;
    default: return scalars[scalarTypes[value.kind]];
  }
}

const scalars: Readonly<Record<ScalarType, ScalarShape>> = {
  string: { kind: 'scalar', type: 'string' }, numeric: { kind: 'scalar', type: 'numeric' }, boolean: { kind: 'scalar', type: 'boolean' }, untyped: { kind: 'scalar', type: 'untyped' },
};

const mapShape = (schema: MapSchema, mapType: MapType | undefined): MapShape => ({ kind: 'map', atomic: (mapType ?? schema.mapType) === 'atomic', values: valueShape(schema.values) });

/** A list that says nothing is atomic, but for one that strategic merge patch merges. */
function listShape(schema: ListSchema, field: FieldSchema | undefined): ListShape {
  const merges = field?.patchStrategy[0] === 'merge';
  const listType = field?.listType ?? schema.listType;
  const relation = listType ?? (merges ? (field.patchMergeKey === undefined ? 'set' : 'map') : 'atomic');
  const keyNames = relation !== 'map' ? [] : listType === 'map' ? (field?.listType === 'map' ? field.listMapKeys : (schema.listMapKeys ?? [])) : [field!.patchMergeKey!];
  const keys = [...keyNames].sort();
  return { kind: 'list', relation, keys, keyNames, defaults: keys.map((key) => keyDefault(schema.items, key)), items: valueShape(schema.items) };
}

function keyDefault(items: ValueSchema, key: string): unknown {
  if (items.kind !== 'object') return undefined;
  const field = items.fields.get(key);
  if (field?.default !== undefined) return field.default;
  const go = items.name.startsWith('io.k8s.') ? goFieldsOf(items.name).get(key) : undefined;
  if (go?.default !== undefined) return go.default;
  return go?.always === true && !go.pointer && field !== undefined ? goZero(go, field.value.kind) : undefined;
}
