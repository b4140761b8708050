import type { ApiError } from '../status.ts';
import { badRequestError } from '../status.ts';
import { parseExactly } from './exact-integers.ts';
import { hasDuplicates, inTextOrder, JsonSyntaxError, scanJson } from './json-scan.ts';

/** Nesting past this is refused: no API object comes near, and everything that walks objects recurses. */
export const maxJsonDepth = 500;

export interface DecodedJson {
  readonly value: unknown;
  /** `duplicate field "spec.replicas"`, when they were asked for. */
  readonly duplicates: readonly string[];
  /** Puts these and the unknown fields that were found later into the order of the text. Absent without duplicates. */
  readonly inOrder?: (problems: readonly string[]) => readonly string[];
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Does the text nest deeper than allowed? Brackets inside strings do not count. */
function tooDeep(text: string): boolean {
  if (text.length < 2 * maxJsonDepth) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxJsonDepth) return true;
    } else if (c === 0x7d || c === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** The first bytes of a body for an error message, as upstream's `summarizeData`. */
function summarize(body: string | Uint8Array): string {
  const limit = 30;
  const bytes = typeof body === 'string' ? encoder.encode(body.slice(0, limit + 1)) : body;
  if (bytes.length === 0) return '<empty>';
  const start = bytes.subarray(0, limit);
  const shown = bytes[0] === 0x7b ? decoder.decode(start) : Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > limit ? `${shown} ...` : shown;
}

/** 400 for a body that no object can be seen in: in upstream's words where a kind is expected, else as the reader says it. */
function malformed(text: string, message: string, expectedKind: string | undefined): ApiError {
  return expectedKind === undefined ? badRequestError(message) : unrecognizedError(text, expectedKind, `couldn't get version/kind; json parse error: ${message}`);
}

/** What upstream answers when it cannot tell the kind of a body. */
export function unrecognizedError(body: string | Uint8Array, expectedKind: string, detail: string): ApiError {
  return badRequestError(`the object provided is unrecognized (must be of type ${expectedKind}): ${detail} (${summarize(body)})`);
}

const goKindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);
const typeMeta = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The value as an object, for which null stands too; throws where upstream cannot tell its kind. `text`: as it came, if it did. */
export function expectObject(value: unknown, expectedKind: string, text?: string): Record<string, unknown> {
  if (value === null) return {};
  const refuse = (message: string): ApiError => malformed(text ?? JSON.stringify(value), message, expectedKind);
  if (typeof value !== 'object' || Array.isArray(value)) throw refuse(`json: cannot unmarshal ${goKindOf(value)} into Go value of type ${typeMeta}`);
  const object = value as Record<string, unknown>;
  for (const field of ['apiVersion', 'kind'] as const) {
    const given = object[field];
    if (given !== undefined && given !== null && typeof given !== 'string') throw refuse(`json: cannot unmarshal ${goKindOf(given)} into Go struct field .${field} of type string`);
  }
  return object;
}

/**
 * Decodes a request body. `duplicates: true` also reports fields given twice (the last one wins either way).
 * `expectedKind` words the error, and asks for an object. Throws ApiError BadRequest for malformed or
 * too deep input.
 */
export function decodeJson(body: Uint8Array | string, options: { readonly duplicates?: boolean; readonly expectedKind?: string } = {}): DecodedJson {
  const text = typeof body === 'string' ? body : decoder.decode(body);
  const { expectedKind } = options;
  if (tooDeep(text)) throw malformed(text, 'exceeded max depth', expectedKind);
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (error) {
    throw malformed(text, syntaxErrorOf(text, error), expectedKind);
  }
  if (expectedKind !== undefined) expectObject(value, expectedKind, text);
  const duplicates = options.duplicates === true && hasDuplicates(text, value) ? scanJson(text, { maxDepth: maxJsonDepth }) : [];
  return { value, duplicates, ...(duplicates.length > 0 && { inOrder: (problems: readonly string[]) => inTextOrder(text, problems, { maxDepth: maxJsonDepth }) }) };
}

function syntaxErrorOf(text: string, cause: unknown): string {
  try {
    scanJson(text, { maxDepth: maxJsonDepth });
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** JSON bytes of any value. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}
