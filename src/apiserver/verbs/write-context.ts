import type { FieldError } from '../../api/field-error.ts';
import type { AdmittedRequest, Annotate } from '../admission/admission.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { WriteContext } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ServedResource } from '../served-resources.ts';

/** How a request writes, where it is more than its query says. */
export interface WriteManner {
  readonly dryRun: boolean;
  /** The options of the write, where it is not the query that says them. */
  readonly options?: () => Record<string, unknown> | undefined;
  readonly mayCreate?: () => Promise<void> | undefined;
}

/** Who writes through a request, in which version; what admission says of it goes to the request's audit event. */
export const writeContextOf = (request: ServerRequest, served: ServedResource, manner: WriteManner): WriteContext => new RequestContext(request, served, manner);

/** A class, for there is one a write: an accessor in an object's literal is defined anew each time, which V8 does slowly. */
class RequestContext implements WriteContext {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly annotate: Annotate | undefined;
  readonly request: AdmittedRequest;
  readonly origin: ServerRequest;
  readonly answersObject: boolean;
  readonly allows: ((error: FieldError) => boolean) | undefined;
  readonly #mayCreate: WriteManner['mayCreate'];

  constructor(request: ServerRequest, served: ServedResource, { dryRun, options, mayCreate }: WriteManner) {
    const { audit } = request;
    this.user = request.user;
    this.dryRun = dryRun;
    this.annotate = audit === undefined ? undefined : (key, value, level) => audit.annotate(key, value, level);
    this.request = new RequestSeen(request, served, options);
    this.origin = request;
    this.answersObject = request.inProcess;
    this.allows = served.conversion?.allows;
    this.#mayCreate = mayCreate;
  }

  warn(message: string): void {
    this.origin.warn(message);
  }

  mayCreate(): Promise<void> | undefined {
    return this.#mayCreate?.();
  }
}

/** The request as admission sees it. */
class RequestSeen implements AdmittedRequest {
  readonly served: ServedResource;
  readonly #request: ServerRequest;
  readonly #options: WriteManner['options'];

  constructor(request: ServerRequest, served: ServedResource, options: WriteManner['options']) {
    this.served = served;
    this.#request = request;
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  options(): Record<string, unknown> | undefined {
    return this.#options === undefined ? queriedOptions(this.#request.queryOrUndefined) : this.#options();
  }
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
