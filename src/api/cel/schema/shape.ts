import { itemsOf, valuesOf, type Schema } from '../../groups/apiextensions/json-schema.ts';
import { CelFailure } from '../runtime/failure.ts';
import { parseDate, parseDuration, parseTimestamp } from '../runtime/time.ts';
import { Duration, type CelValue } from '../runtime/values.ts';
import { escapeName, isReserved } from './escaping.ts';
import { SchemaList, SchemaMap, UnknownValue } from './schema-values.ts';

/** A field: its name in JSON, and what stands there. */
export interface FieldPlace {
  readonly name: string;
  readonly shape: Shape;
}

/** One place of a schema, as values are read by it. Its parts are made when values first reach them. */
export class Shape {
  readonly schema: Schema;
  /** Fields are those that the schema names; their names are escaped in expressions. */
  readonly isObject: boolean;
  readonly #fields = new Map<string, Shape | undefined>();
  readonly #places = new Map<string, FieldPlace>();
  readonly #convert: (value: unknown) => CelValue;
  #items: Shape | undefined;
  #values: Shape | undefined;
  #unescaped: ReadonlyMap<string, string> | undefined;

  /** `isResource`: a whole resource stands here, whose kind and name are known whatever the schema says. */
  constructor(schema: Schema, isResource: boolean) {
    this.schema = isResource ? withObjectMeta(schema) : schema;
    this.isObject = this.schema.properties !== undefined || schema['x-kubernetes-embedded-resource'] === true;
    this.#convert = converter(this);
  }

  /** A JSON value as CEL reads it here. Throws a CelFailure for what the schema does not allow. */
  convert(value: unknown): CelValue {
    if (value === null || value === undefined) {
      if (this.schema.nullable === true) return null;
      throw new CelFailure('invalid data, got null for schema with nullable=false');
    }
    return this.#convert(value);
  }

  get items(): Shape | undefined {
    const schema = itemsOf(this.schema);
    return schema === undefined ? undefined : (this.#items ??= shapeOf(schema));
  }

  /** Of a field, by the name that JSON has for it. */
  field(name: string): Shape | undefined {
    if (this.isObject) {
      if (this.#fields.has(name)) return this.#fields.get(name);
      const schema = Object.hasOwn(this.schema.properties ?? {}, name) ? this.schema.properties?.[name] : undefined;
      const shape = schema === undefined ? undefined : shapeOf(schema);
      this.#fields.set(name, shape);
      return shape;
    }
    const schema = valuesOf(this.schema);
    return schema === undefined ? undefined : (this.#values ??= shapeOf(schema));
  }

  /** Where an expression finds what it calls by this name: JSON's name of it, and its shape. Undefined for no field. */
  find(name: string): FieldPlace | undefined {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const field = this.#unescape(name);
    const shape = field === undefined ? undefined : this.field(field);
    if (field === undefined || shape === undefined) return undefined;
    const place = { name: field, shape };
    // The keys of maps are without end.
    if (this.isObject) this.#places.set(name, place);
    return place;
  }

  #unescape(name: string): string | undefined {
    if (!this.isObject) return name;
    this.#unescaped ??= new Map(Object.keys(this.schema.properties ?? {}).flatMap((one) => {
      const escaped = escapeName(one);
      if (escaped === undefined) return [];
      return isReserved(one) ? [[escaped, one] as const, [one, one] as const] : [[escaped, one] as const];
    }));
    return this.#unescaped.get(name);
  }
}

/** The shape of a schema inside another. */
export const shapeOf = (schema: Schema): Shape => new Shape(schema, schema['x-kubernetes-embedded-resource'] === true);

const text: Schema = { type: 'string' };

/** The schema with what is known of every resource: apiVersion, kind, and of the metadata the names only. */
export function withObjectMeta(schema: Schema): Schema {
  const { kind, apiVersion, metadata } = schema.properties ?? {};
  const isKnown = kind?.type === 'string' && apiVersion?.type === 'string' && metadata?.type === 'object';
  if (isKnown && metadata.properties?.name?.type === 'string' && metadata.properties.generateName?.type === 'string') return schema;
  return { ...schema, properties: { ...schema.properties, kind: text, apiVersion: text, metadata: { type: 'object', properties: { name: text, generateName: text } } } };
}

const invalidData = (expected: string): CelFailure => new CelFailure(`invalid data, ${expected}`);
/** Integers that no double has are BigInts. */
const isWhole = (value: unknown): value is number | bigint => typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
const goType = (value: unknown): string => (isWhole(value) ? 'int64' : typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}');

function converter(shape: Shape): (value: unknown) => CelValue {
  const { schema } = shape;
  if (schema['x-kubernetes-int-or-string'] === true) return intOrString;
  switch (schema.type) {
    case 'object':
      return (value) => {
        if (typeof value !== 'object' || Array.isArray(value)) throw invalidData('expected a map for the provided schema with type=object');
        return new SchemaMap(value as Record<string, unknown>, shape);
      };
    case 'array':
      return (value) => {
        if (!Array.isArray(value)) throw invalidData('expected an array for the provided schema with type=array');
        if (shape.items === undefined) throw new CelFailure('invalid array type, expected Items with a non-empty Schema');
        return new SchemaList(value, shape.items, schema['x-kubernetes-list-type'], schema['x-kubernetes-list-map-keys'] ?? []);
      };
    case 'string':
      return stringConverter(schema.format ?? '');
    case 'number':
      return (value) => {
        if (typeof value !== 'number' && typeof value !== 'bigint') throw invalidData(`expected float, got ${goType(value)}`);
        return Number(value);
      };
    case 'integer':
      return (value) => {
        if (!isWhole(value)) throw invalidData(`expected int, got ${goType(value)}`);
        return BigInt(value);
      };
    case 'boolean':
      return (value) => {
        if (typeof value !== 'boolean') throw invalidData(`expected bool, got ${goType(value)}`);
        return value;
      };
    default:
      return (value) => {
        if (schema['x-kubernetes-preserve-unknown-fields'] === true) return new UnknownValue(value);
        throw new CelFailure(`invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ${schema.type ?? ''}`);
      };
  }
}

function intOrString(value: unknown): CelValue {
  if (typeof value === 'string') return value;
  if (isWhole(value)) return BigInt(value);
  throw invalidData('expected XIntOrString value to be either a string or integer');
}

function stringConverter(format: string): (value: unknown) => CelValue {
  const parse = formats[format];
  return (value) => {
    if (typeof value !== 'string') throw invalidData(`expected string, got ${goType(value)}`);
    return parse === undefined ? value : parse(value);
  };
}

const formats: Readonly<Record<string, (text: string) => CelValue>> = {
  duration: parseWordyDuration,
  date: (value) => {
    const parsed = parseDate(value);
    if (parsed === undefined) throw new CelFailure(`Invalid date formatted string ${value}: parsing time ${JSON.stringify(value)} as "2006-01-02": cannot parse`);
    return parsed;
  },
  'date-time': (value) => {
    const parsed = parseTimestamp(value.toUpperCase()) ?? parseTimestamp(`${value}Z`);
    if (parsed === undefined) throw new CelFailure(`Invalid date-time formatted string ${value}: cannot parse`);
    return parsed;
  },
  byte: (value) => {
    try {
      return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    } catch {
      throw new CelFailure(`Invalid byte formatted string ${value}: illegal base64 data`);
    }
  },
};

const words: readonly (readonly [RegExp, bigint])[] = [
  [/^(ns|nano)/, 1n], [/^(us|µs|micro)/, 1_000n], [/^(ms|milli)/, 1_000_000n], [/^(s$|sec)/, 1_000_000_000n], [/^(m$|min)/, 60_000_000_000n],
  [/^(h$|hr|hour)/, 3_600_000_000_000n], [/^(d$|day)/, 86_400_000_000_000n], [/^(w$|wk|week)/, 604_800_000_000_000n],
];

/** A duration as OpenAPI's format has it: Go's, or `3 days`. */
function parseWordyDuration(value: string): CelValue {
  const parsed = parseDuration(value);
  if (parsed !== undefined) return parsed;
  let total: bigint | undefined;
  for (const [, count = '0', unit = ''] of value.matchAll(/([0-9]+)\s*([A-Za-zµ]+)/g)) {
    const scale = words.find(([pattern]) => pattern.test(unit.toLowerCase()))?.[1];
    if (scale !== undefined) total = (total ?? 0n) + BigInt(count) * scale;
  }
  if (total === undefined) throw new CelFailure(`Invalid duration ${value}: unable to parse ${value} as duration`);
  return new Duration(total);
}
