import { isReason } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { Gate } from '../../base/gate.ts';
import type { Client } from '../client.ts';
import { EventStream } from '../event-stream.ts';
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
  const toLocal = (request: RestRequest): LocalRequest => ({ ...request, ...base });

  return createRestClient({
    defaultFieldManager: userAgent.split('/')[0]!,
    async request(request) {
      const waiting = gate.enter();
      if (waiting !== undefined) await waiting;
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
    watch: (request) => ({ [Symbol.asyncIterator]: () => follow(request)[Symbol.asyncIterator]() }),
  });

  /** Begins to watch. What has come before the signal aborts is still read. */
  function follow(request: RestRequest & { readonly signal: AbortSignal }): EventStream<RawWatchEvent> {
    const { signal } = request;
    const own = new AbortController();
    const stop = (): void => { own.abort(signal.reason); stream.end(); };
    const stream = new EventStream<RawWatchEvent>(() => {
      signal.removeEventListener('abort', stop);
      own.abort();
    });
    if (signal.aborted) {
      stream.end();
      return stream;
    }
    signal.addEventListener('abort', stop, { once: true });
    endpoint.watch({ ...toLocal(request), signal: own.signal }, (type, object) => stream.push({ type, object })).then(
      () => stream.end(),
      (error: unknown) => stream.fail(error),
    );
    return stream;
  }
}
