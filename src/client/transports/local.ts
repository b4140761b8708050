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

/** When a server that was too busy wants to be asked again; zero: never. Without a time (an eviction that a budget forbids), the answer is for the caller. */
const secondsToWait = (error: unknown): number => (isReason(error, 'TooManyRequests') ? (error.details?.retryAfterSeconds ?? 0) : 0);

/** A Client of an API server in this process. Objects that it returns are shared and deeply frozen. */
export function createLocalClient(endpoint: LocalEndpoint, options: LocalClientOptions): Client {
  const userAgent = options.userAgent ?? 'coxswain';
  const { user, clock } = options;
  const gate = new Gate(options.maxInFlight ?? 32);
  const toLocal = ({ method, path, target, body, contentType, cause, signal }: RestRequest): LocalRequest => ({ method, path, target, user, body, contentType, userAgent, cause, signal });

  const left = <R>(value: R): R => {
    gate.leave();
    return value;
  };
  const failed = (error: unknown): never => {
    gate.leave();
    throw error;
  };
  /** Sends it, and lets the next one through when it is answered. */
  const send = (request: RestRequest): Promise<unknown> => {
    try {
      request.signal?.throwIfAborted();
      return endpoint.request(toLocal(request)).then(left, clock === undefined ? failed : (error: unknown) => (secondsToWait(error) > 0 ? again(request, error, clock).then(left, failed) : failed(error)));
    } catch (error) {
      gate.leave();
      return Promise.reject(error as Error);
    }
  };
  /** Sends it anew while the server is too busy for it. */
  const again = async (request: RestRequest, refusal: unknown, clock: Clock): Promise<unknown> => {
    let error = refusal;
    for (let attempt = 1; attempt < maxAttempts && secondsToWait(error) > 0; attempt++) {
      await clock.sleep(secondsToWait(error) * 1000, request.signal);
      request.signal?.throwIfAborted();
      try {
        return await endpoint.request(toLocal(request));
      } catch (failure) {
        error = failure;
      }
    }
    throw error;
  };

  return createRestClient({
    defaultFieldManager: userAgent.split('/')[0]!,
    request(request) {
      const waiting = gate.enter();
      return waiting === undefined ? send(request) : waiting.then(() => send(request));
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
