import type { Duplex } from 'node:stream';
import type { Column } from '../api/groups/definition.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { UserInfo } from './authentication/authenticator.ts';

/** What the path and method of a request ask for, in upstream's RequestInfo vocabulary. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; lower-case HTTP method for non-resource paths. */
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource in the path (proxy, logs). */
  readonly remainder: string;
  /** The path asks why things are so with what is named, under `/why`; who may get or list it may ask that. */
  readonly explains?: true;
}

/** A client's request to turn the connection into a stream (SPDY or WebSocket), with what had been read past its head. */
export interface Upgrade {
  /** The raw request line and headers, to be replayed to another server. */
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly socket: Duplex;
  readonly head: Uint8Array;
}

/** One request on its way through the pipeline and into a handler. */
export interface RequestContext {
  readonly info: RequestInfo;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Lower-case header names. */
  header(name: string): string | undefined;
  /** Set by authentication, replaced by impersonation. */
  readonly user: UserInfo;
  /** Aborts when the client goes away, the request times out or the server shuts down. */
  readonly signal: AbortSignal;
  /**
   * The body, decoded from JSON, YAML or (with the local transport) handed over as an object; undefined when empty.
   * Rejects with ApiError: 400 malformed, 413 over 3 MiB, 415 wrong media type. The caller owns the result.
   */
  body(): Promise<unknown>;
  /** Sends a `Warning: 299 - "…"` header with the response. */
  warn(message: string): void;
  /** Adds a fact to the audit record, if one is made. The first value of a key stays. */
  annotate(key: string, value: string): void;
  /** Present when the client asked for a connection upgrade. */
  readonly upgrade?: Upgrade;
}

/** What a handler answers; the server negotiates the encoding of objects (JSON, YAML, Table, metadata only). */
export type ApiResponse =
  /** `columns`: of the table that it is shown as where one is asked for; without them it stays as it is. */
  | { readonly kind: 'object'; readonly code: number; readonly object: KubeObject | object; readonly columns?: readonly Column<never>[] }
  /** Bytes of any type, whole or as they come (logs, proxied answers); `complete`: nothing has to be waited for, so that they may be compressed. */
  | { readonly kind: 'raw'; readonly code: number; readonly contentType: string; readonly body: Uint8Array | string | AsyncIterable<Uint8Array>; readonly headers?: Readonly<Record<string, string | readonly string[]>>; readonly complete?: boolean }
  /** The handler has taken the connection over (upgrade). */
  | { readonly kind: 'hijacked' };

/** Serves one resource without storage (reviews) or one subresource (exec, log, binding, token …). */
export interface EndpointHandler {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty: the resource itself. */
  readonly subresource: string;
  /** Verbs served: get, create, update, patch, delete. */
  readonly verbs: readonly string[];
  handle(context: RequestContext): Promise<ApiResponse>;
}
