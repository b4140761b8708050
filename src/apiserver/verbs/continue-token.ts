import type { Status } from '../../api/types/meta/v1.ts';
import { ApiError, badRequestError } from '../../api/status.ts';

/** Where a list goes on: after `after`, as of `revision`; -1: whatever the revision is now. */
export interface ContinueToken {
  readonly revision: number;
  /** The last key that was sent, relative to the list's own prefix. */
  readonly after: string;
}

/** Opaque to clients: URL-safe base64 of upstream's JSON, in which the start is the key after the last one sent. */
export function encodeContinue(token: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: `${token.after}\0` });
  return btoa(json).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Throws BadRequest for what `encodeContinue` did not make. */
export function decodeContinue(text: string): ContinueToken {
  let parsed: unknown;
  try {
    parsed = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    throw badRequestError('continue key is not valid: incorrect encoding');
  }
  const { v, rv, start } = (parsed ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== 'meta.k8s.io/v1') throw badRequestError('continue key is not valid: server does not recognize this encoded version');
  if (typeof rv !== 'number' || rv === 0) throw badRequestError('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw badRequestError('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  if (start.split('/').includes('..')) throw badRequestError('continue key is not valid: encoded start key is not safe');
  return { revision: rv, after: start.endsWith('\0') ? start.slice(0, -1) : start };
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
