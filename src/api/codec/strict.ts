/**
 * Decoding a JSON value into an object of a known type, as upstream's strict decoder (sigs.k8s.io/json) does it: names
 * are case-sensitive, unknown fields are dropped and named, null means absent, a value of the wrong type is refused
 * with Go's words. A decoder is compiled for every type once, when it is first met.
 */
import { cloneJson, setMember } from '../../base/json-value.ts';
import { alteredMessage } from './exact-integers.ts';
import { goFieldsOf, hasGoFields, isEmptyValue, omitsEmpty } from '../schema/go-fields.ts';
import { builtinSchema } from '../schema/table.ts';
import type { AnySchema, FieldSchema, ListSchema, MapSchema, ObjectSchema, ScalarSchema, ValueSchema } from '../schema/schema.ts';
import { goTypeOf, structNameOf } from './go-names.ts';
import { canonicalDuration, canonicalMicroTime, canonicalTime, checkBase64, ScalarError } from './scalars.ts';
import { canonicalQuantity, QuantityError } from '../meta/quantity.ts';
import type { ApiError } from '../status.ts';
import { badRequestError } from '../status.ts';

export interface DecodeOptions {
  /** Leave the given value as it is, and share nothing with it; otherwise the value is taken over and changed in place. */
  readonly copy?: boolean;
  /** Finds a definition by its OpenAPI name: needed only where a type hides behind a union (schemas inside a CustomResourceDefinition). */
  readonly definition?: (name: string) => ObjectSchema | undefined;
}

export interface DecodeResult {
  /** Meaningful only when `errors` is empty. */
  readonly object: Record<string, unknown>;
  /** In document order, worded as upstream words them: `unknown field "spec.containers[0].foo"`. At most 100. */
  readonly unknownFields: readonly string[];
  /** Where, among the entries of its object, the first of them stands: all that CBOR's decoder says of it. */
  readonly firstUnknownIndex: number;
  /** What made the value impossible to decode: upstream reports the first such error and no other, so this has 0 or 1. */
  readonly errors: readonly string[];
}

/** Upstream stops counting there. */
const maxUnknownFields = 100;

/** Where the decoder is: names of struct fields, indexes of lists, and keys of maps (marked by a leading NUL). */
type Step = string | number;

class Context {
  readonly stack: Step[] = [];
  readonly structs: string[] = [];
  unknown: string[] = [];
  firstUnknownIndex = -1;
  error: string | undefined;
  readonly definition: DecodeOptions['definition'];
  /** What is decoded is made anew, and the given value stays as it is. */
  readonly copies: boolean;

  constructor(definition: DecodeOptions['definition'], copies: boolean) {
    this.definition = definition;
    this.copies = copies;
  }

  addUnknown(key: string, object: Record<string, unknown>): void {
    if (this.unknown.length === 0) this.firstUnknownIndex = Object.keys(object).indexOf(key);
    if (this.unknown.length >= maxUnknownFields) return;
    let path = '';
    for (const step of [...this.stack, key]) {
      if (typeof step === 'number') path += `[${step}]`;
      else path += `${path === '' ? '' : '.'}${step.startsWith('\0') ? step.slice(1) : step}`;
    }
    this.unknown.push(`unknown field ${JSON.stringify(path)}`);
  }

  /** `key` is the struct field at hand where it is not on the stack. */
  fail(what: string, type: string, key?: string): void {
    if (this.error !== undefined) return;
    const names = this.stack.filter((step): step is string => typeof step === 'string' && !step.startsWith('\0'));
    if (key !== undefined) names.push(key);
    const struct = this.structs.at(-1);
    const into = struct === undefined || names.length === 0 ? 'Go value' : `Go struct field ${struct}.${names.join('.')}`;
    this.error = `json: cannot unmarshal ${what} into ${into} of type ${type}`;
  }

  failPlain(message: string): void {
    this.error ??= message;
  }
}

/** Answers the decoded value, which is `value` itself unless the context copies or it had to change. Never called with null. */
type Decoder = (value: unknown, context: Context, key?: string) => unknown;

const describe = (value: unknown): string => {
  switch (typeof value) {
    case 'string': return 'string';
    case 'boolean': return 'bool';
    case 'number': case 'bigint': return 'number';
    default: return Array.isArray(value) ? 'array' : 'object';
  }
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Left out by Go when they are empty, and yet: an object is told by the one, and the other asks to forget who manages it. */
const keptEmpty: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'managedFields']);

const compiled = new WeakMap<ObjectSchema, Decoder>();

function compileObject(schema: ObjectSchema): Decoder {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const struct = structNameOf(schema.name);
  const fields = new Map<string, LazyField>();
  const go = hasGoFields(schema.name) && builtinSchema.definition(schema.name) === schema ? goFieldsOf(schema.name) : undefined;
  for (const [name, field] of schema.fields) fields.set(name, new LazyField(field, go !== undefined && !keptEmpty.has(name) && omitsEmpty(go.get(name), field.value.kind)));
  const decode: Decoder = (value, context, ownKey) => {
    if (!isObject(value)) {
      context.fail(describe(value), goTypeOf(schema), ownKey);
      return value;
    }
    if (ownKey !== undefined) context.stack.push(ownKey);
    context.structs.push(struct);
    const decoded: Record<string, unknown> = context.copies ? {} : value;
    // oxlint-disable-next-line guard-for-in -- the value comes from a JSON parser: it has own properties only
    for (const key in value) {
      const field = fields.get(key);
      const current = value[key];
      if (field === undefined || current === null || current === undefined) {
        // What JSON would have dropped was never there.
        if (field === undefined && current !== undefined) context.addUnknown(key, value);
        if (decoded === value) delete value[key];
        continue;
      }
      const next = typeof current === field.plain ? current : field.decode(current, context, key);
      if (field.omitsEmpty && isEmptyValue(next)) {
        if (decoded === value) delete value[key];
        continue;
      }
      if (decoded !== value || next !== current) decoded[key] = next;
    }
    context.structs.pop();
    if (ownKey !== undefined) context.stack.pop();
    return decoded;
  };
  compiled.set(schema, decode);
  return decode;
}

/** Compiled when a value is met: types refer to themselves, and most fields of most types are never used. */
class LazyField {
  readonly #schema: FieldSchema;
  #decode: Decoder | undefined;
  /** What `typeof` says of values that are decoded as they are, if of any. */
  readonly plain: 'string' | 'boolean' | 'number' | undefined;
  /** What is empty is as if it had not been sent. */
  readonly omitsEmpty: boolean;

  constructor(schema: FieldSchema, omitsEmpty: boolean) {
    this.#schema = schema;
    this.omitsEmpty = omitsEmpty;
    const { kind } = schema.value;
    this.plain = kind === 'string' || kind === 'boolean' || kind === 'number' ? kind : undefined;
  }

  get decode(): Decoder {
    return (this.#decode ??= compile(this.#schema.value));
  }
}

function compile(schema: ValueSchema): Decoder {
  switch (schema.kind) {
    case 'object': return compileObject(schema);
    case 'list': return compileList(schema);
    case 'map': return compileMap(schema);
    case 'any': return compileAny(schema);
    default: return compileScalar(schema.kind);
  }
}

/** What Go leaves in a list or map for null: the zero value of its element. */
function zeroOf(schema: ValueSchema): unknown {
  switch (schema.kind) {
    case 'object': return {};
    case 'string': case 'bytes': return '';
    case 'int32': case 'int64': case 'number': case 'int-or-string': return 0;
    case 'boolean': return false;
    case 'quantity': return '0';
    default: return null;
  }
}

function compileList(schema: ListSchema): Decoder {
  const decodeItem = compile(schema.items);
  return (value, context, key) => {
    if (!Array.isArray(value)) {
      context.fail(describe(value), goTypeOf(schema), key);
      return value;
    }
    const items: readonly unknown[] = value;
    const decoded: unknown[] = context.copies ? [] : value;
    if (key !== undefined) context.stack.push(key);
    for (let at = 0; at < items.length; at++) {
      const current = items[at];
      if (current === null || current === undefined) {
        decoded[at] = zeroOf(schema.items);
        continue;
      }
      context.stack.push(at);
      const next = decodeItem(current, context);
      context.stack.pop();
      if (decoded !== items || next !== current) decoded[at] = next;
    }
    if (key !== undefined) context.stack.pop();
    return decoded;
  };
}

function compileMap(schema: MapSchema): Decoder {
  const decodeValue = compile(schema.values);
  const plainStrings = schema.values.kind === 'string';
  return (value, context, key) => {
    if (!isObject(value)) {
      context.fail(describe(value), goTypeOf(schema), key);
      return value;
    }
    if (key !== undefined) context.stack.push(key);
    const decoded: Record<string, unknown> = context.copies ? {} : value;
    // oxlint-disable-next-line guard-for-in -- as above
    for (const name in value) {
      const current = value[name];
      let next = current;
      if (current === null || current === undefined) {
        if (current === undefined && context.copies) continue;
        next = zeroOf(schema.values);
      } else if (!plainStrings || typeof current !== 'string') {
        context.stack.push(`\0${name}`);
        next = decodeValue(current, context);
        context.stack.pop();
      }
      if (decoded !== value || next !== current) setMember(decoded, name, next);
    }
    if (key !== undefined) context.stack.pop();
    return decoded;
  };
}

/** Schemas inside a CustomResourceDefinition that are a schema or something simpler. Upstream decodes them aside, so that their unknown fields vanish without a word. */
const unions: ReadonlySet<string> = new Set(['JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray']);
const schemaProps = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

function compileAny(schema: AnySchema): Decoder {
  if (schema.definition === undefined || !unions.has(structNameOf(schema.definition))) return (value, context) => (context.copies ? cloneJson(value) : value);
  return (given, context) => {
    const value = context.copies ? cloneJson(given) : given;
    const props = context.definition?.(schemaProps);
    if (props === undefined) return value;
    const decodeProps = compileObject(props);
    const inner = new Context(context.definition, false);
    if (isObject(value)) decodeProps(value, inner);
    else if (Array.isArray(value)) for (const item of value) if (isObject(item)) decodeProps(item, inner);
    if (inner.error !== undefined) context.failPlain(inner.error);
    return value;
  };
}

const maxInt64 = 2 ** 63;

const integer = (type: 'int32' | 'int64', low: number, high: number): Decoder => (value, context, key) => {
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < low || value > high) context.fail(`number ${value}`, type, key);
  } else if (typeof value === 'bigint') context.failPlain(alteredMessage(String(value)));
  else context.fail(describe(value), type, key);
  return value;
};

const int32 = integer('int32', -(2 ** 31), 2 ** 31 - 1);

/** A scalar that is a string in JSON and has a form of its own; `convert` throws for what is not of that form. */
const formatted = (convert: (text: string) => string): Decoder => (value, context, key) => {
  if (typeof value !== 'string') {
    context.fail(describe(value), 'string', key);
    return value;
  }
  try {
    return convert(value);
  } catch (error) {
    if (!(error instanceof ScalarError)) throw error;
    context.failPlain(error.message);
    return value;
  }
};

/** Quantities that are canonical at sight, which most are; the exact way costs a microsecond each. */
const plainQuantity = /^[1-9][0-9]{0,2}(?:[mkMG]|[KMG]i)?$/;

const decodeQuantity: Decoder = (value, context) => {
  if (typeof value === 'string' && plainQuantity.test(value)) return value;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
    context.failPlain(error.message);
    return value;
  }
};

const decodeBytes: Decoder = (value, context, key) => {
  if (typeof value !== 'string') {
    context.fail(describe(value), '[]uint8', key);
    return value;
  }
  try {
    return checkBase64(value);
  } catch (error) {
    if (!(error instanceof ScalarError)) throw error;
    context.failPlain(error.message);
    return value;
  }
};

const scalarDecoders: Record<ScalarSchema['kind'], Decoder> = {
  string: (value, context, key) => {
    if (typeof value !== 'string') context.fail(describe(value), 'string', key);
    return value;
  },
  boolean: (value, context, key) => {
    if (typeof value !== 'boolean') context.fail(describe(value), 'bool', key);
    return value;
  },
  number: (value, context, key) => {
    if (typeof value !== 'number') context.fail(describe(value), 'float64', key);
    return value;
  },
  int32,
  int64: integer('int64', -maxInt64, maxInt64),
  'int-or-string': (value, context, key) => (typeof value === 'string' ? value : int32(value, context, key)),
  quantity: decodeQuantity,
  bytes: decodeBytes,
  time: formatted(canonicalTime),
  'micro-time': formatted(canonicalMicroTime),
  duration: formatted(canonicalDuration),
};

function compileScalar(kind: ScalarSchema['kind']): Decoder {
  return scalarDecoders[kind];
}

/**
 * Decodes `value` into an object of the given type. Quantities come out canonical and times in UTC, and what built-in
 * types leave out when it is empty is left out, as a round trip through upstream's Go types would have it. Never throws
 * for bad input.
 */
export function decodeObject(value: unknown, schema: ObjectSchema, options: DecodeOptions = {}): DecodeResult {
  const context = new Context(options.definition, options.copy === true);
  const object = compileObject(schema)(value ?? {}, context) as Record<string, unknown>;
  return { object, unknownFields: context.unknown, firstUnknownIndex: context.firstUnknownIndex, errors: context.error === undefined ? [] : [context.error] };
}

/** 400, worded as the API server words a body that does not decode: `Deployment in version "v1" cannot be handled as a Deployment: …`. */
export function undecodableError(given: { readonly version: string; readonly kind: string }, expectedKind: string, detail: string): ApiError {
  return badRequestError(`${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${expectedKind}: ${detail}`);
}

/** What upstream says of unknown (and duplicate) fields under fieldValidation=Strict; duplicates in YAML, which come first, are one error of its parser. */
export function strictDecodingMessage(problems: readonly string[]): string {
  const lines = problems.filter((problem) => problem.startsWith('line '));
  const others = lines.length === 0 ? problems : problems.slice(lines.length);
  return `strict decoding error: ${[...(lines.length > 0 ? [['yaml: unmarshal errors:', ...lines].join('\n  ')] : []), ...others].join(', ')}`;
}
