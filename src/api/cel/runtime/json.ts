import { CelFailure } from './failure.ts';
import { Uint, CelList, CelMap, Optional, Timestamp, Duration, type CelValue, ValueList, CelObject } from './values.ts';
import { formatDuration, formatTimestamp } from './time.ts';

/** JSON of which nothing is known: numbers that are whole are ints. Converted as it is read. */
export function fromJson(value: unknown): CelValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'bigint':
      return value;
    case 'object':
      if (value === null) return null;
      if (value instanceof CelObject) return value;
      return Array.isArray(value) ? new JsonList(value) : new JsonMap(value as Record<string, unknown>);
    default:
      return null;
  }
}

class JsonList extends CelList {
  readonly #items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    super();
    this.#items = items;
  }
  override get length(): number {
    return this.#items.length;
  }
  override at(index: number): CelValue | undefined {
    return index >= 0 && index < this.#items.length ? fromJson(this.#items[index]) : undefined;
  }
  override concat(other: CelList): CelList {
    return new ValueList([...this, ...other]);
  }
}

/** A JSON object as a map. */
export class JsonMap extends CelMap {
  readonly #fields: Readonly<Record<string, unknown>>;
  constructor(fields: Readonly<Record<string, unknown>>) {
    super();
    this.#fields = fields;
  }
  override get length(): number {
    return Object.keys(this.#fields).length;
  }
  override find(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#fields, key)) return undefined;
    const value = this.#fields[key];
    return value === undefined ? undefined : fromJson(value);
  }
  override keys(): Iterable<CelValue> {
    return Object.keys(this.#fields);
  }
}

/** The value as JSON. Throws a CelFailure for what JSON cannot say. */
export function toJson(value: CelValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof CelList) return [...value].map(toJson);
  if (value instanceof CelMap) return Object.fromEntries([...value.keys()].map((key) => [typeof key === 'string' ? key : String(toJson(key)), toJson(value.find(key) ?? null)]));
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  throw new CelFailure(`type conversion error from '${value.typeName}' to JSON`);
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
