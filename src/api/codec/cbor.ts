/**
 * Objects between JSON values and CBOR as upstream writes it (KEP-4222): self-described, keys sorted, strings as byte
 * strings, and what is base64 in JSON as bytes that say so (tag 22).
 */
import { isAltered } from './exact-integers.ts';
import { encode, decodeFirst, Tagged, Token, Tokenizer, Type } from 'cborg';
import type { DecodeOptions, EncodeOptions } from 'cborg';
import type { ObjectSchema, ValueSchema } from '../schema/schema.ts';
import { maxJsonDepth } from './json.ts';

/** Bytes that are no CBOR, or none that stands for JSON. */
export class CborError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CborError';
  }
}

/** Tag 55799, which all CBOR of the API begins with. */
const selfDescribed = Uint8Array.of(0xd9, 0xd9, 0xf7);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const encodeOptions: EncodeOptions = {
  ignoreUndefinedProperties: true,
  typeEncoders: {
    string: (text: string) => new Token(Type.bytes, encoder.encode(text)),
    // How `detailed` marks a number that is a float whatever its value.
    Float64Array: (value: Float64Array) => new Token(Type.float, value[0]),
  },
};

const detailedSchemas = new Map<ObjectSchema, boolean>();

/** Is there anything below that CBOR writes in another way than its JSON would be: bytes, and numbers that are floats? */
function isDetailed(schema: ValueSchema): boolean {
  switch (schema.kind) {
    case 'bytes': case 'number': return true;
    case 'list': return isDetailed(schema.items);
    case 'map': return isDetailed(schema.values);
    case 'object': {
      let known = detailedSchemas.get(schema);
      if (known === undefined) {
        // A type inside itself adds nothing to what it has.
        detailedSchemas.set(schema, false);
        known = [...schema.fields.values()].some(({ value }) => isDetailed(value));
        detailedSchemas.set(schema, known);
      }
      return known;
    }
    default: return false;
  }
}

/** The value with its bytes and floats marked; shares what has none. */
function detailed(value: unknown, schema: ValueSchema): unknown {
  if (value === null || value === undefined || !isDetailed(schema)) return value;
  switch (schema.kind) {
    case 'bytes': return new Tagged(22, Uint8Array.from(atob(String(value)), (char) => char.charCodeAt(0)));
    case 'number': return Float64Array.of(Number(value));
    case 'list': return (value as unknown[]).map((item) => detailed(item, schema.items));
    case 'map': return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, detailed(item, schema.values)]));
    case 'object': return Object.fromEntries(Object.entries(value).map(([key, item]) => {
      const field = schema.fields.get(key);
      return [key, field === undefined ? item : detailed(item, field.value)];
    }));
    default: return value;
  }
}

const encodeBare = (value: unknown, schema?: ValueSchema): Uint8Array => encode(schema === undefined ? value : detailed(value, schema), encodeOptions);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** One object as `application/cbor`. Without a schema, which custom resources have none of, all strings are texts. */
export function encodeCbor(object: object, schema?: ObjectSchema): Uint8Array {
  return joined([selfDescribed, encodeBare(object, schema)]);
}

/** The head of an array or map of `count` entries. */
function head(majorType: 4 | 5, count: number): Uint8Array {
  const major = majorType << 5;
  if (count < 24) return Uint8Array.of(major | count);
  if (count < 0x100) return Uint8Array.of(major | 24, count);
  if (count < 0x10000) return Uint8Array.of(major | 25, count >> 8, count & 255);
  return Uint8Array.of(major | 26, (count >>> 24) & 255, (count >>> 16) & 255, (count >>> 8) & 255, count & 255);
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => a.length - b.length || (a < b ? -1 : 1);

/** A list whose items are encoded one by one. `schema`: the list's. */
export function cborList(shell: object, field: string, schema: ObjectSchema | undefined): { item(object: object): Uint8Array; frame(pieces: readonly Uint8Array[]): { readonly head: Uint8Array; readonly tail: Uint8Array } } {
  const items = schema?.fields.get(field)?.value;
  const itemSchema = items?.kind === 'list' ? items.items : undefined;
  const entries = Object.entries({ ...shell, [field]: undefined } as Record<string, unknown>).sort(byKey);
  const at = entries.findIndex(([key]) => key === field);
  const part = (some: readonly (readonly [string, unknown])[]): Uint8Array[] => some.flatMap(([key, value]) => [encodeBare(key), encodeBare(value)]);
  return {
    item: (object) => encodeBare(object, itemSchema),
    frame: ({ length }) => ({
      head: joined([selfDescribed, head(5, entries.length), ...part(entries.slice(0, at)), encodeBare(field), head(4, length)]),
      tail: joined(part(entries.slice(at + 1))),
    }),
  };
}

/** One element of a watch stream (`application/cbor-seq`): a metav1.WatchEvent around an object that is encoded already. */
export function cborEvent(type: string, object: Uint8Array): Uint8Array {
  return joined([selfDescribed, head(5, 2), encodeBare('type'), encodeBare(type), encodeBare('object'), object]);
}

/** What the byte string after one of these tags is in JSON. */
const laterEncodings: Readonly<Record<number, (bytes: Uint8Array) => string>> = {
  21: (bytes) => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
  22: base64,
  23: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
};

const chunkBytes = 8192;

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += chunkBytes) binary += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  return btoa(binary);
}

/** Passes over tags, and makes texts of byte strings: the tokens that are left are those of JSON. */
class JsonTokenizer extends Tokenizer {
  override next(): Token {
    let later: ((bytes: Uint8Array) => string) | undefined;
    for (;;) {
      const token = super.next();
      if (token.type === Type.tag) {
        const tag = Number(token.value);
        if (tag === 2 || tag === 3) throw new CborError('cbor: cannot use CBOR tag 2 or 3 (bignum)');
        later = laterEncodings[tag];
        if (this.done()) throw new CborError('unexpected EOF');
        continue;
      }
      if (token.type === Type.bytes) return new Token(Type.string, (later ?? text)(token.value as Uint8Array), token.encodedLength);
      if (typeof token.value === 'bigint' && !isAltered(String(token.value))) return new Token(token.type, Number(token.value), token.encodedLength);
      return token;
    }
  }
}

const text = (bytes: Uint8Array): string => decoder.decode(bytes);

function checkDepth(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxJsonDepth) throw new CborError(`cbor: exceeded max nested level ${maxJsonDepth}`);
  for (const child of Object.values(value)) checkDepth(child, depth + 1);
}

/** Reads a CBOR body into a JSON value. Throws CborError, for duplicate keys and for what JSON has no place for too. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const options: DecodeOptions = { allowUndefined: false, allowNaN: false, allowInfinity: false, rejectDuplicateMapKeys: true, allowBigInt: true };
  try {
    const [value, rest] = decodeFirst(bytes, { ...options, tokenizer: new JsonTokenizer(bytes, options) }) as [unknown, Uint8Array];
    if (rest.length > 0) throw new CborError(`cbor: ${rest.length} bytes of extraneous data starting at index ${bytes.length - rest.length}`);
    checkDepth(value);
    return value;
  } catch (error) {
    if (error instanceof CborError) throw error;
    // The reader recurses.
    if (error instanceof RangeError) throw new CborError(`cbor: exceeded max nested level ${maxJsonDepth}`);
    throw new CborError(`cbor: ${(error instanceof Error ? error.message : String(error)).replace(/^CBOR decode error: /, '')}`);
  }
}

/** Does a body begin as the API's CBOR does? */
export function isCbor(bytes: Uint8Array): boolean {
  return selfDescribed.every((byte, at) => bytes[at] === byte);
}
