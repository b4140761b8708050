import { parseExactly } from './exact-integers.ts';
import { entriesText, parseSharing } from '../managed-fields/text.ts';
import type { KubeObject } from '../meta/object.ts';
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';

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

/** The stored form. `kind` and `apiVersion` must be set; throws for a programmer's error. */
export function encodeStored(object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object as KubeObject & Record<string, unknown>;
  if (kind === undefined || apiVersion === undefined || !plain.test(kind) || !plain.test(apiVersion)) throw new Error(`an object without kind or apiVersion cannot be stored: ${String(kind)} ${String(apiVersion)}`);
  const { resourceVersion: _, managedFields, ...meta } = metadata;
  const tail = JSON.stringify(rest);
  const body = tail === '{}' ? '}' : `,${tail.slice(1)}`;
  return encoder.encode(`{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${metadataText(meta, managedFields)}${body}`);
}

/** Managed fields come first, where a reader finds them without looking. */
function metadataText(meta: object, managedFields: readonly ManagedFieldsEntry[] | undefined): string {
  const text = JSON.stringify(meta);
  if (managedFields === undefined) return text;
  return `{${managedFieldsKey}${entriesText(managedFields)}${text === '{}' ? '}' : `,${text.slice(1)}`}`;
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

/** The object that was stored, with the resourceVersion of the revision that wrote it. The caller owns it. */
export function decodeStored<T extends KubeObject>(stored: Uint8Array, revision: number): T {
  const object = parseExactly(decoder.decode(stored)) as T;
  object.metadata = { resourceVersion: String(revision), ...object.metadata };
  return object;
}
