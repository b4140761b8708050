import { CelFailure, noSuchOverload } from './failure.ts';

/**
 * A value of CEL: `int` is a bigint, `double` a number; everything else that JavaScript has no word for is an object of
 * a class below. Values are never changed.
 */
export type CelValue = null | boolean | bigint | number | string | Uint8Array | CelObject;

/** Whatever is not a plain JavaScript value. */
export abstract class CelObject {
  /** The name of its type, as `type(x)` and error messages print it. */
  abstract readonly typeName: string;
  /** Only asked about values of the same kind; other kinds are never equal. */
  abstract equals(other: CelObject): boolean;
  /** What `size()` would say, for what has a size. */
  size(): number | undefined {
    return undefined;
  }
}

/** `uint`: an unsigned 64-bit number. */
export class Uint extends CelObject {
  readonly typeName = 'uint';
  readonly value: bigint;
  constructor(value: bigint) {
    super();
    this.value = value;
  }
  override equals(other: CelObject): boolean {
    return other instanceof Uint && other.value === this.value;
  }
}

/** `google.protobuf.Timestamp`: nanoseconds since 1970, from the year 1 to the year 9999. */
export class Timestamp extends CelObject {
  readonly typeName = 'google.protobuf.Timestamp';
  readonly nanoseconds: bigint;
  /** The offset from UTC that it was written with, and is printed with. */
  readonly offsetSeconds: number;
  constructor(nanoseconds: bigint, offsetSeconds = 0) {
    super();
    this.nanoseconds = nanoseconds;
    this.offsetSeconds = offsetSeconds;
  }
  override equals(other: CelObject): boolean {
    return other instanceof Timestamp && other.nanoseconds === this.nanoseconds;
  }
}

/** `google.protobuf.Duration`: nanoseconds, in 64 bits. */
export class Duration extends CelObject {
  readonly typeName = 'google.protobuf.Duration';
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    super();
    this.nanoseconds = nanoseconds;
  }
  override equals(other: CelObject): boolean {
    return other instanceof Duration && other.nanoseconds === this.nanoseconds;
  }
}

/** What `type(x)` answers, and the names of types in expressions. */
export class TypeValue extends CelObject {
  readonly typeName = 'type';
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
  override equals(other: CelObject): boolean {
    return other instanceof TypeValue && other.name === this.name;
  }
}

/** An optional; `value` is undefined when there is none. */
export class Optional extends CelObject {
  readonly typeName = 'optional_type';
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    super();
    this.value = value;
  }
  override equals(other: CelObject): boolean {
    if (!(other instanceof Optional)) return false;
    if (this.value === undefined || other.value === undefined) return this.value === other.value;
    return equal(this.value, other.value);
  }
}

export const optionalNone = new Optional(undefined);

/** A list: of a literal, or over JSON that is converted as it is read. */
export abstract class CelList extends CelObject {
  readonly typeName = 'list';
  abstract get length(): number;
  /** Undefined outside of the list. */
  abstract at(index: number): CelValue | undefined;
  /** `this + other`, as the kind of this list says. */
  abstract concat(other: CelList): CelList;
  override size(): number {
    return this.length;
  }
  *[Symbol.iterator](): IterableIterator<CelValue> {
    const length = this.length;
    for (let i = 0; i < length; i++) yield this.at(i) ?? null;
  }
  override equals(other: CelObject): boolean {
    if (!(other instanceof CelList) || other.length !== this.length) return false;
    for (let i = 0; i < this.length; i++) if (!equal(this.at(i) ?? null, other.at(i) ?? null)) return false;
    return true;
  }
  has(value: CelValue): boolean {
    for (const item of this) if (equal(item, value)) return true;
    return false;
  }
}

/** A list whose items are at hand. */
export class ValueList extends CelList {
  readonly items: readonly CelValue[];
  constructor(items: readonly CelValue[]) {
    super();
    this.items = items;
  }
  override get length(): number {
    return this.items.length;
  }
  override at(index: number): CelValue | undefined {
    return this.items[index];
  }
  override concat(other: CelList): CelList {
    return new ValueList([...this.items, ...other]);
  }
}

/** A map, or an object of a schema: what fields are selected from. */
export abstract class CelMap extends CelObject {
  readonly typeName: string = 'map';
  abstract get length(): number;
  /** Undefined when there is no such key. */
  abstract find(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
  override size(): number {
    return this.length;
  }
  override equals(other: CelObject): boolean {
    if (!(other instanceof CelMap) || other.length !== this.length) return false;
    for (const key of this.keys()) {
      const theirs = other.find(key);
      if (theirs === undefined || !equal(this.find(key) ?? null, theirs)) return false;
    }
    return true;
  }
}

/** Numbers that are equal are one key, whatever their type. */
function mapKey(key: CelValue): string | bigint | boolean | number | undefined {
  if (typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean') return key;
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key;
  return key instanceof Uint ? key.value : undefined;
}

function nameOf(key: CelValue): string | bigint | boolean | number {
  const name = typeof key === 'number' ? undefined : mapKey(key);
  if (name === undefined) throw new CelFailure('unsupported key type');
  return name;
}

/** A map whose entries are at hand. */
export class ValueMap extends CelMap {
  readonly #entries = new Map<string | bigint | boolean | number, readonly [CelValue, CelValue]>();
  /** Throws on a key of a type that is none. Of two entries of the same key the last one counts. */
  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    super();
    for (const [key, value] of entries) this.#entries.set(nameOf(key), [key, value]);
  }
  /** Only for whoever makes the map. */
  protected add(key: CelValue, value: CelValue): void {
    const name = nameOf(key);
    if (this.#entries.has(name)) throw new CelFailure(`insert failed: key ${String(name)} already exists`);
    this.#entries.set(name, [key, value]);
  }
  override get length(): number {
    return this.#entries.size;
  }
  override find(key: CelValue): CelValue | undefined {
    const name = mapKey(key);
    return name === undefined ? undefined : this.#entries.get(name)?.[1];
  }
  override *keys(): Iterable<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
  entries(): Iterable<readonly [CelValue, CelValue]> {
    return this.#entries.values();
  }
}

/** CEL's `==`: values of different types are not equal, but numbers are compared whatever their type. */
export function equal(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  switch (typeof a) {
    case 'bigint':
      return typeof b === 'number' ? sameNumber(a, b) : b instanceof Uint && b.value === a;
    case 'number':
      return typeof b === 'bigint' ? sameNumber(a, b) : b instanceof Uint && sameNumber(a, b.value);
    case 'object':
      if (a instanceof CelObject) {
        if (a instanceof Uint && (typeof b === 'bigint' || typeof b === 'number')) return equal(b, a);
        return b instanceof CelObject && a.equals(b);
      }
      return a instanceof Uint8Array && b instanceof Uint8Array && compareBytes(a, b) === 0;
    default:
      return false;
  }
}

/** JavaScript orders a bigint and a number by their values, without rounding. */
const sameNumber = (a: bigint | number, b: bigint | number): boolean => a <= b && a >= b;

/** -1, 0 or 1; throws for what has no order, or not with one another. */
export function compare(a: CelValue, b: CelValue): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanoseconds, b.nanoseconds);
  if (a instanceof Duration && b instanceof Duration) return order(a.nanoseconds, b.nanoseconds);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  throw noSuchOverload();
}

const order = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const isNumber = (value: CelValue): value is bigint | number | Uint => typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;

function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number {
  const left = a instanceof Uint ? a.value : a;
  const right = b instanceof Uint ? b.value : b;
  if (Number.isNaN(left) || Number.isNaN(right)) throw new CelFailure('NaN values cannot be ordered');
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By code point, as UTF-8 sorts: UTF-16 has surrogates below some characters of one unit. */
function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const surrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
    if (surrogate(left) !== surrogate(right)) return surrogate(left) ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return order(a.length, b.length);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return order(a.length, b.length);
}

/** How many characters a string has. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(i + 1))) {
      count--;
      i++;
    }
  }
  return count;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** The name of a value's type. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    default:
      if (value === null) return 'null_type';
      return value instanceof Uint8Array ? 'bytes' : value.typeName;
  }
}

/** The size that costs are counted by: 1 for what has none. */
export function actualSize(value: CelValue): number {
  if (typeof value === 'string') return codePoints(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Optional) return value.value === undefined ? 1 : actualSize(value.value);
  return value instanceof CelObject ? (value.size() ?? 1) : 1;
}
