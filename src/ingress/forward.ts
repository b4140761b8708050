import type { Address, Backend } from './backends.ts';
import type { Incoming, Outgoing } from './exchange.ts';
import { answer, hasBody, isOver } from './exchange.ts';
import { forwardedHeaders } from './headers.ts';
import { tryHttp1 } from './try-http1.ts';
import { tryHttp2 } from './try-http2.ts';
import type { Upstreams } from './upstream.ts';

/** So many endpoints are tried for one request. */
const maxAttempts = 3;

export interface ForwardOptions {
  readonly upstreams: Upstreams;
  readonly publicPorts: { readonly http: number; readonly https: number };
  readonly locate: (address: Address) => { readonly host: string; readonly port: number };
  /** Told when an endpoint fails. */
  readonly failed: (backend: Backend, address: Address, error: Error) => void;
}

/** Whether a request may be made twice, if nobody knows whether it arrived (RFC 9110, 9.2.2). */
const isIdempotent = ({ method = '' }: Incoming): boolean => ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'].includes(method);

/**
 * Passes one request on to a backend and its answer back, as they flow. An endpoint that cannot be reached is passed over for
 * the next, as long as nothing of the request's body has been sent.
 */
export function forward(request: Incoming, response: Outgoing, backend: Backend, options: ForwardOptions): void {
  const { upstreams, publicPorts, locate, failed } = options;
  const headers = forwardedHeaders(request, publicPorts);
  const body = hasBody(request);
  // Its length is told again only where the client told it; else it goes in pieces, as it comes.
  if (body && request.headers['content-length'] === undefined) headers.push('Transfer-Encoding', 'chunked');
  const tried: Address[] = [];
  let attempts = 0;
  let fresh = false;
  let current: { destroy(): void } | undefined;
  let bodySent = false;

  const attempt = (): void => {
    const address = backend.next(tried);
    if (address === undefined) {
      if (tried.length === 0) answer(response, 503, '503 Service Temporarily Unavailable\n');
      else answer(response, 502, '502 Bad Gateway\n');
      return;
    }
    tried.push(address);
    attempts++;
    current = (address.protocol === 'h2c' ? tryHttp2 : tryHttp1)({
      request, response, upstreams, address: { ...locate(address), protocol: address.protocol }, headers, hasBody: body, fresh,
      connected: (sink) => {
        bodySent = true;
        request.pipe(sink);
      },
      failed: (error, { neverArrived, wasStale, timedOut }) => {
        if (isOver(response)) return;
        failed(backend, address, error);
        // It is asked once more, over a connection of its own.
        if (wasStale && !fresh) tried.pop();
        fresh ||= wasStale;
        if (timedOut) answer(response, 504, '504 Gateway Time-out\n');
        else if (!response.headersSent && !bodySent && (neverArrived || wasStale || isIdempotent(request)) && attempts < maxAttempts) attempt();
        else answer(response, 502, '502 Bad Gateway\n');
      },
    });
  };
  // The client went away: so does what is done for it.
  response.on('close', () => { if (!response.writableFinished) current?.destroy(); });
  attempt();
}
