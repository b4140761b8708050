import { ApiError } from '../../api/status.ts';
import type { Answer } from '../answer.ts';
import type { ServerRequest } from './server-request.ts';

const message = 'Too many requests, please try again later.';

/**
 * What upstream tells those whom it sheds: plain text and when to come back. Inside the process the same is thrown as an
 * ApiError, which is what callers there understand.
 */
export function tooManyRequests(request: ServerRequest, retryAfterSeconds: number): Answer {
  if (request.credentials === undefined) throw new ApiError('TooManyRequests', message, { details: { retryAfterSeconds } });
  return { kind: 'raw', code: 429, contentType: 'text/plain; charset=utf-8', body: `${message}\n`, headers: { 'Retry-After': String(retryAfterSeconds), 'X-Content-Type-Options': 'nosniff' } };
}
