import type { FieldError } from '../../api/field-error.ts';
import type { WriteContext } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ServedResource } from '../served-resources.ts';

/**
 * Who writes through a request, in which version; what admission says of it goes to the request's audit event.
 * `options`: how to write, where it is not the query that says so.
 */
export function writeContextOf(request: ServerRequest, served: ServedResource, dryRun: boolean, options?: () => Record<string, unknown> | undefined): WriteContext {
  const { audit } = request;
  return {
    user: request.user, dryRun, warn: (message) => request.warn(message),
    annotate: audit === undefined ? undefined : (key, value, level) => audit.annotate(key, value, level),
    request: { served, get signal() { return request.signal; }, options: options ?? (() => queriedOptions(request.queryOrUndefined)) },
    origin: request,
    answersObject: request.inProcess,
    allows: served.conversion?.allows,
  };
}

/** What the query of a write says, as CreateOptions and UpdateOptions have it. */
function queriedOptions(query: URLSearchParams | undefined): Record<string, unknown> {
  const dryRun = (query?.getAll('dryRun') ?? []).filter((value) => value !== '');
  const text = (name: string): string => query?.get(name) ?? '';
  const [fieldManager, fieldValidation] = [text('fieldManager'), text('fieldValidation')];
  return { ...(dryRun.length > 0 && { dryRun }), ...(fieldManager !== '' && { fieldManager }), ...(fieldValidation !== '' && { fieldValidation }) };
}

/** The errors that the version of the request does not allow. */
export function refusedErrors(errors: readonly FieldError[], { allows }: WriteContext): readonly FieldError[] {
  return allows === undefined || errors.length === 0 ? errors : errors.filter((error) => !allows(error));
}
