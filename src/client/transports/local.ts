import { isReason } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../client.ts';
import { EventStream } from '../event-stream.ts';
import { cloneJson } from '../json-value.ts';
import type { RawWatchEvent, RestRequest } from '../rest-client.ts';
import { createRestClient } from '../rest-client.ts';
import type { LocalEndpoint, LocalRequest } from './local-endpoint.ts';

export interface LocalClientOptions {
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  /** `component/version`; what stands before the slash becomes the default field manager. */
  readonly userAgent?: string;
  /** With a clock, a request that the server is too busy for (429) is sent again when it says, as over HTTP. */
  readonly clock?: Clock;
  /** Requests under way at once; more wait for their turn. Default 32. Watches do not count. */
  readonly maxInFlight?: number;
}

const maxAttempts = 10;

/** A Client of an API server in this process. Objects that it returns are shared and deeply frozen. */
export function createLocalClient(endpoint: LocalEndpoint, options: LocalClientOptions): Client {
  const userAgent = options.userAgent ?? 'coxswain';
  const base = { user: options.user, userAgent };
  const gate = new Gate(options.maxInFlight ?? 32);
  // The server owns what it is given and may change it, while callers spread frozen objects into what they send: copy.
  const toLocal = (request: RestRequest): LocalRequest => ({ ...request, ...base, ...(request.body !== undefined && { body: cloneJson(request.body) }) });

  return createRestClient({
    defaultFieldManager: userAgent.split('/')[0]!,
    async request(request) {
      await gate.enter();
      try {
        for (let attempt = 1; ; attempt++) {
          request.signal?.throwIfAborted();
          try {
            return await endpoint.request(toLocal(request));
          } catch (error) {
            // Without a time (an eviction that a budget forbids), the answer is for the caller.
            const seconds = isReason(error, 'TooManyRequests') ? (error.details?.retryAfterSeconds ?? 0) : 0;
            if (options.clock === undefined || attempt >= maxAttempts || seconds <= 0) throw error;
            await options.clock.sleep(seconds * 1000, request.signal);
          }
        }
      } finally {
        gate.leave();
      }
    },
    async *watch(request) {
      if (request.signal.aborted) return;
      const own = new AbortController();
      const stream = new EventStream<RawWatchEvent>();
      const stop = (): void => { own.abort(request.signal.reason); stream.end(); };
      request.signal.addEventListener('abort', stop, { once: true });
      void endpoint.watch({ ...toLocal(request), signal: own.signal }, (type, object) => stream.push({ type, object })).then(
        () => stream.end(),
        (error: unknown) => stream.fail(error),
      );
      try {
        yield* stream;
      } catch (error) {
        if (!request.signal.aborted) throw error;
      } finally {
        request.signal.removeEventListener('abort', stop);
        own.abort();
      }
    },
  });
}

/** Lets a number through at a time; the others wait in line. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => { this.#waiting.push(resolve); });
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
