import type { FieldError } from './field-error.ts';
import { formatFieldErrors } from './field-error.ts';
import type { Status, StatusCause, StatusDetails } from './types/meta/v1.ts';

/** Every reason the API answers with, and the HTTP code that goes with it (metav1.StatusReason). */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
  StoreReadError: 500,
} as const;

export type StatusReason = keyof typeof statusCodes;

interface Named { readonly group: string; readonly resource: string }

const qualified = ({ group, resource }: Named): string => (group === '' ? resource : `${resource}.${group}`);

/** What is answered all the time, and where it came from says nothing: such an error has no stack, which costs more than all else of it. */
const everyday: ReadonlySet<string> = new Set<StatusReason>(['NotFound', 'AlreadyExists', 'Conflict']);

/** A refusal by the API: what the client sees as a `metav1.Status`. */
export class ApiError extends Error {
  readonly reason: StatusReason | '';
  readonly code: number;
  readonly details: StatusDetails | undefined;
  /** A reason that is none of the API's own: webhooks word theirs as they like. */
  readonly otherReason: string | undefined;

  constructor(reason: StatusReason | '', message: string, options: { details?: StatusDetails; code?: number; cause?: unknown; otherReason?: string } = {}) {
    const { stackTraceLimit } = Error;
    if (everyday.has(reason)) Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'ApiError';
    this.reason = reason;
    this.code = options.code ?? (reason === '' ? 500 : statusCodes[reason]);
    this.details = options.details;
    this.otherReason = options.otherReason;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason !== '' ? { reason: this.reason } : this.otherReason !== undefined && { reason: this.otherReason }),
      ...(this.details !== undefined && { details: this.details }),
      code: this.code,
    };
  }

  /** The error that a `Status` received from a server stands for. */
  static fromStatus(status: Status): ApiError {
    const { reason = '' } = status;
    const known = Object.hasOwn(statusCodes, reason) ? (reason as StatusReason) : '';
    return new ApiError(known, status.message ?? 'unknown error', { ...(known === '' && reason !== '' && { otherReason: reason }), ...(status.details && { details: status.details }), ...(status.code !== undefined && { code: status.code }) });
  }
}

/** True when `error` is an ApiError with this reason. */
export function isReason(error: unknown, reason: StatusReason): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}

const detailsOf = (type: Named, name: string): StatusDetails => ({ name, ...(type.group !== '' && { group: type.group }), kind: type.resource });

export const notFoundError = (type: Named, name: string): ApiError => new ApiError('NotFound', `${qualified(type)} "${name}" not found`, { details: detailsOf(type, name) });
export const alreadyExistsError = (type: Named, name: string): ApiError => new ApiError('AlreadyExists', `${qualified(type)} "${name}" already exists`, { details: detailsOf(type, name) });
export const conflictError = (type: Named, name: string, detail: string): ApiError => new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${detail}`, { details: detailsOf(type, name) });
export const forbiddenError = (type: Named, name: string, detail: string): ApiError => new ApiError('Forbidden', name === '' ? `${qualified(type)} is forbidden: ${detail}` : `${qualified(type)} "${name}" is forbidden: ${detail}`, { details: detailsOf(type, name) });
export const badRequestError = (message: string): ApiError => new ApiError('BadRequest', message);
export const expiredError = (message: string): ApiError => new ApiError('Expired', message);
export const internalError = (cause: unknown): ApiError => {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] }, cause });
};

/** 422 for a list of field errors, worded as `errors.NewInvalid` words it. */
export function invalidError(kind: { readonly group: string; readonly kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const causes: StatusCause[] = errors.map((error) => ({ reason: error.reason, message: error.message, field: error.field }));
  const list = formatFieldErrors(errors);
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError('Invalid', `${what} ${JSON.stringify(name)} is invalid: ${list}`, { details: { ...(name !== '' && { name }), ...(kind.group !== '' && { group: kind.group }), ...(kind.kind !== '' && { kind: kind.kind }), causes } });
}
