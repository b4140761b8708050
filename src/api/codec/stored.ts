import { parseExactly } from './exact-integers.ts';
import { entriesText, parseSharing } from '../managed-fields/text.ts';
import type { KubeObject } from '../meta/object.ts';

/**
 * The stored form of an object: JSON that begins `{"kind":"K","apiVersion":"V","metadata":{` and has no
 * resourceVersion, for that is the revision which the store is about to give it. The full JSON is made by copying
 * bytes around a hole at a known place: nothing is parsed to serve a GET, a LIST or a watch event.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const quote = 0x22;
const closingBrace = 0x7d;
const kindStart = '{"kind":"'.length;
const apiVersionGap = '","apiVersion":"'.length;
const metadataGap = '","metadata":{'.length;
const holeHead = encoder.encode('"resourceVersion":"');
const managedFieldsKey = '"managedFields":';
const plain = /^[\w./-]+$/;

/** The full JSON, as `spliceResourceVersion` makes it of the stored form. */
export function encodeFull(object: KubeObject, revision: number): Uint8Array {
  return encoder.encode(textOf(object, `"resourceVersion":"${revision}"`));
}

function checkKind({ kind, apiVersion }: KubeObject): void {
  if (kind === undefined || apiVersion === undefined || !plain.test(kind) || !plain.test(apiVersion)) throw new Error(`an object without kind or apiVersion cannot be stored: ${String(kind)} ${String(apiVersion)}`);
}

/** Managed fields come before all but the resourceVersion, where a reader finds them without looking. */
function textOf(object: KubeObject, version: string): string {
  const { kind, apiVersion, metadata, ...rest } = object as KubeObject & Record<string, unknown>;
  const { resourceVersion: _, managedFields, ...meta } = metadata;
  const first = managedFields === undefined ? version : `${version}${version === '' ? '' : ','}${managedFieldsKey}${entriesText(managedFields)}`;
  return `{"kind":"${kind!}","apiVersion":"${apiVersion!}","metadata":${first === '' ? JSON.stringify(meta) : `{${first}${afterMembers(meta)}`}${afterMembers(rest)}`;
}

/** The members of an object, and its end, as they follow others. */
function afterMembers(members: object): string {
  const text = JSON.stringify(members);
  return text === '{}' ? '}' : `,${text.slice(1)}`;
}

/**
 * An object on its way to the store, and in it for as long as nobody asks for bytes. They are made once. The object must
 * not change any more, but for its resourceVersion, which is that of the write.
 */
export class StoredObject {
  readonly object: KubeObject;
  /** The writer, or somebody whom it answers, will look at the object. */
  readonly wanted: boolean;
  #bytes: Uint8Array | undefined;
  #length: number | undefined;

  /** Throws where `kind` or `apiVersion` is not set: a programmer's error. */
  constructor(object: KubeObject, { wanted = false }: { readonly wanted?: boolean | undefined } = {}) {
    checkKind(object);
    this.object = object;
    this.wanted = wanted;
  }

  get isEncoded(): boolean {
    return this.#bytes !== undefined;
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= encoder.encode(textOf(this.object, '')));
  }

  get size(): number {
    return this.#bytes?.byteLength ?? (this.#length ??= jsonLength(this.object));
  }
}

/** How long an object is as JSON, in characters: nothing is made of it. */
export function jsonLength(value: unknown): number {
  switch (typeof value) {
    case 'string': return value.length + 2;
    case 'number': return Number.isInteger(value) ? digitsOf(Math.abs(value)) : 8;
    case 'object': break;
    default: return 5;
  }
  if (value === null) return 4;
  let length = 1;
  if (Array.isArray(value)) for (const item of value) length += jsonLength(item) + 1;
  else {
    for (const key in value) {
      const member = (value as Readonly<Record<string, unknown>>)[key];
      if (member !== undefined) length += key.length + 4 + jsonLength(member);
    }
  }
  return Math.max(length, 2);
}

/** Where the first key of `metadata` stands: the place of the resourceVersion. */
export function holeOffset(stored: Uint8Array): number {
  const kindEnd = stored.indexOf(quote, kindStart);
  const apiVersionEnd = stored.indexOf(quote, kindEnd + apiVersionGap);
  return apiVersionEnd + metadataGap;
}

/** The full JSON: the stored bytes with `"resourceVersion":"N"` as the first key of metadata. A new array. */
export function spliceResourceVersion(stored: Uint8Array, revision: number): Uint8Array {
  const hole = holeOffset(stored);
  const digits = String(revision);
  const isOnly = stored[hole] === closingBrace;
  const added = holeHead.length + digits.length + (isOnly ? 1 : 2);
  const full = new Uint8Array(stored.length + added);
  full.set(stored.subarray(0, hole));
  full.set(holeHead, hole);
  let at = hole + holeHead.length;
  for (let i = 0; i < digits.length; i++) full[at++] = digits.charCodeAt(i);
  full[at++] = quote;
  if (!isOnly) full[at++] = 0x2c;
  full.set(stored.subarray(hole), at);
  return full;
}

/** How long the full JSON will be. What is stored has a name, and so never an empty metadata. */
export function fullLength(stored: Uint8Array, revision: number): number {
  return stored.length + holeHead.length + 2 + digitsOf(revision);
}

function digitsOf(revision: number): number {
  let digits = 1;
  for (let left = revision; left >= 10; left /= 10) digits++;
  return digits;
}

/**
 * The object of full JSON that `spliceResourceVersion` made. The trees of its managed fields may be shared with other
 * objects, and frozen; all else is the caller's.
 */
export function decodeFull<T extends KubeObject>(full: Uint8Array): T {
  const text = decoder.decode(full);
  const hole = holeOffset(full);
  const afterVersion = text.startsWith('"resourceVersion":"', hole) ? text.indexOf('"', hole + holeHead.length) + 2 : 0;
  if (afterVersion > 0 && text.startsWith(managedFieldsKey, afterVersion)) return parseSharing<T>(text, afterVersion + managedFieldsKey.length);
  return parseExactly(text) as T;
}
