import type { Upgrade } from '../../request.ts';

/** A request as it is passed on to a backend. */
export interface ForwardedRequest {
  readonly method: string;
  /** Percent-encoded, with the query. */
  readonly path: string;
  /** Without hop-by-hop headers and without what only the API server may see. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Undefined: none. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Ends the exchange. */
  readonly signal: AbortSignal;
}

/** What a backend answered; the body comes as it arrives. Hop-by-hop headers are left out. */
export interface ForwardedAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Where a backend listens. Certificates of `https` backends are not verified, as upstream does for pods and services. */
export interface Backend {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/**
 * How the API server reaches the backends that it proxies to. `http/http-forwarder` connects by TCP and TLS; simulated
 * nodes and tests bring their own.
 */
export interface Forwarder {
  /** Rejects with ApiError ServiceUnavailable when the backend cannot be reached. */
  forward(backend: Backend, request: ForwardedRequest): Promise<ForwardedAnswer>;
  /**
   * Replays an upgrade request to the backend under another path and passes bytes both ways until either side closes.
   * Rejects with ApiError when the backend cannot be reached; then nothing was written to the client's socket.
   */
  upgrade(backend: Backend, path: string, upgrade: Upgrade): Promise<void>;
}
