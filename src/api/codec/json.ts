import type { ApiError } from '../status.ts';
import { badRequestError } from '../status.ts';
import { inTextOrder, JsonSyntaxError, scanJson } from './json-scan.ts';

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

/** The first characters of a body for an error message, as upstream's `summarizeData`. */
function summarize(text: string): string {
  const limit = 30;
  if (text === '') return '<empty>';
  if (text.startsWith('{')) return text.length > limit ? `${text.slice(0, limit)} ...` : text;
  const bytes = encoder.encode(text.slice(0, limit + 1));
  const hex = Array.from(bytes.subarray(0, limit), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > limit ? `${hex} ...` : hex;
}

/** 400 for a body that is no JSON, worded as upstream words it when it looks for the object's kind. */
function malformed(text: string, message: string, expectedKind: string | undefined): ApiError {
  const detail = `couldn't get version/kind; json parse error: ${message}`;
  return badRequestError(expectedKind === undefined ? detail : `the object provided is unrecognized (must be of type ${expectedKind}): ${detail} (${summarize(text)})`);
}

/**
 * Decodes a request body. `duplicates: true` also reports fields given twice (the last one wins either way), which
 * costs a second pass. `expectedKind` words the error. Throws ApiError BadRequest for malformed or too deep input.
 */
export function decodeJson(body: Uint8Array | string, options: { readonly duplicates?: boolean; readonly expectedKind?: string } = {}): DecodedJson {
  const text = typeof body === 'string' ? body : decoder.decode(body);
  if (tooDeep(text)) throw malformed(text, 'exceeded max depth', options.expectedKind);
  try {
    const value = JSON.parse(text) as unknown;
    const duplicates = options.duplicates === true ? scanJson(text, { maxDepth: maxJsonDepth }) : [];
    return { value, duplicates, ...(duplicates.length > 0 && { inOrder: (problems: readonly string[]) => inTextOrder(text, problems, { maxDepth: maxJsonDepth }) }) };
  } catch (error) {
    throw malformed(text, syntaxErrorOf(text, error), options.expectedKind);
  }
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
