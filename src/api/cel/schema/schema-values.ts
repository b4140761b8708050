import { jsonEqual, type JsonValue } from '../../patch/json-value.ts';
import { noSuchOverload } from '../runtime/failure.ts';
import { CelList, CelMap, CelObject, equal, Uint, ValueList, type CelValue } from '../runtime/values.ts';

/** How the values of one place of a schema are read. */
interface ValueShape {
  /** Fields are those that the schema names. */
  readonly isObject: boolean;
  convert(value: unknown): CelValue;
  /** Of a field, by the name that JSON has for it. */
  field(name: string): ValueShape | undefined;
  /** Where an expression finds what it calls by this name. */
  find(name: string): { readonly name: string; readonly shape: ValueShape } | undefined;
}

/** An object or a map of a custom resource. */
export class SchemaMap extends CelMap {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly shape: ValueShape;
  constructor(raw: Readonly<Record<string, unknown>>, shape: ValueShape) {
    super();
    this.raw = raw;
    this.shape = shape;
  }
  override get length(): number {
    return Object.keys(this.raw).length;
  }
  override find(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') return undefined;
    const place = this.shape.find(key);
    if (place === undefined || !Object.hasOwn(this.raw, place.name)) return undefined;
    const value = this.raw[place.name];
    // A null in a field that an object may have is as if it were not there.
    if (value === undefined || (value === null && this.shape.isObject)) return undefined;
    return place.shape.convert(value);
  }
  override keys(): Iterable<CelValue> {
    return Object.keys(this.raw);
  }
  override equals(other: CelObject): boolean {
    if (!(other instanceof CelMap) || other.length !== this.length) return false;
    for (const [name, value] of Object.entries(this.raw)) {
      const shape = this.shape.field(name);
      if (shape === undefined) {
        // What no schema describes is compared as it stands.
        if (!(other instanceof SchemaMap)) throw noSuchOverload();
        if (Object.hasOwn(other.raw, name) && !jsonEqual(value as JsonValue, other.raw[name] as JsonValue)) return false;
        continue;
      }
      const theirs = other instanceof SchemaMap ? other.named(name) : other.find(name);
      if (theirs === undefined || !equal(shape.convert(value), theirs)) return false;
    }
    return true;
  }
  /** By JSON's name. */
  named(name: string): CelValue | undefined {
    const value = this.raw[name];
    return value === undefined || !Object.hasOwn(this.raw, name) ? undefined : this.shape.field(name)?.convert(value);
  }
}

/** What a value was before it was converted, as far as lists that are sets or maps need to know. */
function rawOf(value: CelValue): unknown {
  if (value instanceof SchemaMap) return value.raw;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  return value instanceof CelList ? [...value].map(rawOf) : value;
}

/** A list of a custom resource: an atomic one, a set, or a map of its items. */
export class SchemaList extends CelList {
  readonly #raw: readonly unknown[];
  readonly #items: ValueShape;
  readonly #kind: string | undefined;
  readonly #keys: readonly string[];
  constructor(raw: readonly unknown[], items: ValueShape, kind: string | undefined, keys: readonly string[]) {
    super();
    this.#raw = raw;
    this.#items = items;
    this.#kind = kind;
    this.#keys = keys;
  }
  override get length(): number {
    return this.#raw.length;
  }
  override at(index: number): CelValue | undefined {
    return index >= 0 && index < this.#raw.length ? this.#items.convert(this.#raw[index]) : undefined;
  }
  /** What makes an item itself in a set or in a map. */
  #identity(raw: unknown): string {
    if (this.#kind === 'set' || typeof raw !== 'object' || raw === null) return JSON.stringify(raw) ?? 'null';
    return JSON.stringify(this.#keys.map((key) => (raw as Record<string, unknown>)[key] ?? null));
  }
  override equals(other: CelObject): boolean {
    if (this.#kind !== 'set' && this.#kind !== 'map') return super.equals(other);
    if (!(other instanceof CelList) || other.length !== this.length) return false;
    const own = new Map(this.#raw.map((item) => [this.#identity(item), item]));
    for (const item of other) {
      const identity = this.#identity(rawOf(item));
      if (!own.has(identity)) return false;
      if (this.#kind === 'map' && !equal(this.#items.convert(own.get(identity)), item)) return false;
    }
    return true;
  }
  /** A set is joined with another, a map takes the other's items in place of its own; other lists are put together. */
  override concat(other: CelList): CelList {
    if (this.#kind !== 'set' && this.#kind !== 'map') return new ValueList([...this, ...other]);
    const joined = [...this.#raw];
    const places = new Map(joined.map((item, i) => [this.#identity(item), i]));
    for (const item of other) {
      const raw = rawOf(item);
      const place = places.get(this.#identity(raw));
      if (place === undefined) {
        places.set(this.#identity(raw), joined.length);
        joined.push(raw);
      } else if (this.#kind === 'map') {
        joined[place] = raw;
      }
    }
    return new SchemaList(joined, this.#items, this.#kind, this.#keys);
  }
}

/** What a schema keeps without describing it: only ever compared. */
export class UnknownValue extends CelObject {
  readonly typeName = 'unknown';
  readonly raw: unknown;
  constructor(raw: unknown) {
    super();
    this.raw = raw;
  }
  override equals(other: CelObject): boolean {
    return other instanceof UnknownValue && jsonEqual(this.raw as JsonValue, other.raw as JsonValue);
  }
}
