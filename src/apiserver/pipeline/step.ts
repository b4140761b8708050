import type { Result } from '../answer.ts';
import type { ServerRequest } from './server-request.ts';

/** Serves a request, or passes on what serves it. Throws, or rejects with, ApiError to refuse. */
export type Handler = (request: ServerRequest) => Result;

/** One step of the pipeline, wrapped around what comes after it. */
export type Step = (next: Handler) => Handler;

/** The first step is the outermost. */
export function compose(steps: readonly Step[], last: Handler): Handler {
  return steps.reduceRight((next, step) => step(next), last);
}
