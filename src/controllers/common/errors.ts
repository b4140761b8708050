import { ApiError } from '../../api/status.ts';

/** Was a creation refused because the namespace is being deleted? Then nothing is to be done, and trying again is of no use. */
export function isNamespaceTerminating(error: unknown): error is ApiError {
  return error instanceof ApiError && error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
}

/** For `catch`: what is to be deleted may be gone already. */
export function ignoreNotFound(error: unknown): void {
  if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
