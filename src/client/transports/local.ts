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
}

/** A Client of an API server in this process. Objects that it returns are shared and deeply frozen. */
export function createLocalClient(endpoint: LocalEndpoint, options: LocalClientOptions): Client {
  const userAgent = options.userAgent ?? 'coxswain';
  const base = { user: options.user, userAgent };
  // The server owns what it is given and may change it, while callers spread frozen objects into what they send: copy.
  const toLocal = (request: RestRequest): LocalRequest => ({ ...request, ...base, ...(request.body !== undefined && { body: cloneJson(request.body) }) });

  return createRestClient({
    defaultFieldManager: userAgent.split('/')[0]!,
    async request(request) {
      request.signal?.throwIfAborted();
      return endpoint.request(toLocal(request));
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
