import type { KubeObject } from '../../api/meta/object.ts';
import type { RequestTarget } from '../rest-client.ts';

/**
 * What the local transport needs of an API server in the same process. The API server implements it
 * (apiserver/local-endpoint); the transport (client/transports/local.ts) knows only this contract.
 */
export interface LocalEndpoint {
  /**
   * Runs one request through the whole pipeline (authorization, admission, validation) as `user`. `body` is handed over
   * decoded; nobody changes it until there is an answer, the server neither: it copies what it needs of it. Resolves with the decoded answer, shared and frozen; rejects with ApiError.
   */
  request(request: LocalRequest): Promise<unknown>;
  /** A watch: `listener` gets decoded events, in order, without serialization. Resolves when the watch has ended. */
  watch(request: LocalRequest, listener: (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: KubeObject) => void): Promise<void>;
}

export interface LocalRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query, as over HTTP: `/api/v1/namespaces/default/pods?labelSelector=a%3Db`. */
  readonly path: string;
  /** What the path names, of those who know: then nobody reads the path. */
  readonly target?: RequestTarget | undefined;
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly userAgent?: string | undefined;
  /** What a write reacts to (client/cause.ts). */
  readonly cause?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
