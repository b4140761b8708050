import { ApiError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Connection } from '../client/kubeconfig.ts';
import type { Client } from '../client/client.ts';

/** What a service that answers reviews (TokenReview, SubjectAccessReview) is asked with. */
export interface ReviewWebhookOptions {
  /** From a kubeconfig: the server's URL, path included, is where reviews are posted. */
  readonly connection: Connection;
  readonly kind: string;
  /** `authentication.k8s.io/v1`. */
  readonly apiVersion: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How long one attempt may take, milliseconds. Default 30 s. */
  readonly timeoutMs?: number;
}

/** Posts a review with this spec and gives the status of the answer. Rejects when no answer can be had. */
export type ReviewWebhook<Spec, Status> = (spec: Spec) => Promise<Status>;

const maxResponseBytes = 1024 * 1024;
/** Five attempts, 0.5 s after the first, then half as long again each time, spread by a fifth. */
const attempts = 5;
const firstDelayMs = 500;
const growth = 1.5;
const jitter = 0.2;

/** Failures that may pass: the service is restarting, or has too much to do. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 429 || error.code === 500 || error.code === 504;
  return /ECONNRESET|socket hang up/.test(error instanceof Error ? error.message : '');
}

/** A service that answers reviews; its connections are kept alive. Nothing is loaded or opened before the first review. */
export function reviewWebhook<Spec, Status>(options: ReviewWebhookOptions): ReviewWebhook<Spec, Status> {
  const { clock, random, connection, kind, apiVersion, timeoutMs = 30_000 } = options;
  let client: Promise<Client> | undefined;
  const open = async (): Promise<Client> => {
    const { createHttpClient } = await import('../client/transports/http.ts');
    return createHttpClient({ ...connection, clock, random, requestTimeoutMs: timeoutMs, maxResponseBytes });
  };
  const once = async (spec: Spec): Promise<Status> => {
    const answer = (await (await (client ??= open())).raw('POST', '', { kind, apiVersion, metadata: {}, spec })) as { readonly kind?: unknown; readonly status?: Status } | string | undefined;
    if (typeof answer !== 'object' || answer.kind !== kind) throw new Error(`the webhook did not answer with a ${kind}`);
    return answer.status ?? ({} as Status);
  };
  return async (spec) => {
    let delayMs = firstDelayMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(spec);
      } catch (error) {
        if (attempt === attempts || !isPassing(error)) throw error;
      }
      await clock.sleep(delayMs * (1 + jitter * random.float()));
      delayMs *= growth;
    }
  };
}
