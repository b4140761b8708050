import type { FieldError } from '../../api/field-error.ts';
import type { WriteContext } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ServedResource } from '../served-resources.ts';

/** Who writes through a request, in which version; what admission says of it goes to the request's audit event. */
export function writeContextOf(request: ServerRequest, served: ServedResource, dryRun: boolean): WriteContext {
  const allows = served.conversion?.allows;
  const { audit } = request;
  return {
    user: request.user, dryRun, warn: (message) => request.warn(message),
    ...(audit !== undefined && { annotate: (key: string, value: string) => audit.annotate(key, value) }),
    ...(allows !== undefined && { allows }),
  };
}

/** The errors that the version of the request does not allow. */
export function refusedErrors(errors: readonly FieldError[], { allows }: WriteContext): readonly FieldError[] {
  return allows === undefined || errors.length === 0 ? errors : errors.filter((error) => !allows(error));
}
