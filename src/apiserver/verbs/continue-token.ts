import { decodeJson } from '../../api/codec/json.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import { ApiError, badRequestError, isReason } from '../../api/status.ts';

/** Where a list goes on: after `after`, as of `revision`; -1: whatever the revision is now. */
export interface ContinueToken {
  readonly revision: number;
  /** The last key that was sent, relative to the list's own prefix. */
  readonly after: string;
}

/** Opaque to clients: URL-safe base64 of upstream's JSON, in which the start is the key after the last one sent. */
export function encodeContinue(token: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: `${token.after}\0` });
  // Names are ASCII, but a token must never fail to be made.
  return btoa(Array.from(new TextEncoder().encode(json), (byte) => String.fromCharCode(byte)).join('')).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

const invalidKey = 'continue key is not valid';

/** Throws BadRequest, in upstream's words, for what `encodeContinue` did not make. */
export function decodeContinue(text: string): ContinueToken {
  try {
    return readToken(text);
  } catch (error) {
    throw error instanceof ContinueError ? badRequestError(`invalid continue token: ${error.message}`) : error;
  }
}

class ContinueError extends Error {}

function readToken(text: string): ContinueToken {
  const { v, rv, start } = parseToken(decodeBase64(text));
  if (v !== 'meta.k8s.io/v1') throw new ContinueError(`${invalidKey}: server does not recognize this encoded version ${v}`);
  if (rv === 0) throw new ContinueError(`${invalidKey}: incorrect encoded start resourceVersion (version meta.k8s.io/v1)`);
  if (start === '') throw new ContinueError(`${invalidKey}: encoded start key empty (version meta.k8s.io/v1)`);
  // A key that a path clean-up would change may lead out of the collection.
  const segments = (start.startsWith('/') ? start.slice(1) : start).split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) throw new ContinueError(`${invalidKey}: ${start}`);
  const key = segments.join('/');
  return { revision: rv, after: key.endsWith('\0') ? key.slice(0, -1) : key };
}

function decodeBase64(text: string): string {
  // Go passes over line ends, and knows no padding here.
  const plain = text.replace(/[\r\n]/g, '');
  const bad = plain.search(/[^\w-]/);
  if (bad >= 0 || plain.length % 4 === 1) throw new ContinueError(`${invalidKey}: illegal base64 data at input byte ${bad >= 0 ? bad : plain.length - 1}`);
  return new TextDecoder().decode(Uint8Array.from(atob(plain.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0)));
}

const goTypes: Readonly<Record<string, string>> = { v: 'string', rv: 'int64', start: 'string' };

function parseToken(json: string): { readonly v: string; readonly rv: number; readonly start: string } {
  let value: unknown;
  try {
    value = decodeJson(json).value;
  } catch (error) {
    throw isReason(error, 'BadRequest') ? new ContinueError(`${invalidKey}: ${error.message}`) : error;
  }
  const token = { v: '', rv: 0, start: '' };
  if (value === null) return token;
  const kindOf = (one: unknown): string => (Array.isArray(one) ? 'array' : typeof one === 'boolean' ? 'bool' : typeof one);
  if (typeof value !== 'object' || Array.isArray(value)) throw new ContinueError(`${invalidKey}: json: cannot unmarshal ${kindOf(value)} into Go value of type storage.continueToken`);
  for (const [key, given] of Object.entries(value)) {
    if (!Object.hasOwn(token, key) || given === null) continue;
    if (typeof given !== typeof token[key as keyof typeof token] || (key === 'rv' && !Number.isInteger(given))) {
      throw new ContinueError(`${invalidKey}: json: cannot unmarshal ${kindOf(given)}${typeof given === 'number' ? ` ${given}` : ''} into Go struct field continueToken.${key} of type ${goTypes[key]}`);
    }
    Object.assign(token, { [key]: given as unknown });
  }
  return token;
}

/** 410 for a list whose revision is gone; the Status carries a token with which the rest can be had, inconsistently. */
export class ExpiredContinueError extends ApiError {
  readonly #token: string;

  constructor(after: string) {
    super('Expired', 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.');
    this.#token = encodeContinue({ revision: -1, after });
  }

  override toStatus(): Status {
    return { ...super.toStatus(), metadata: { continue: this.#token } };
  }
}
