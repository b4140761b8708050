import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import type { DeleteOptions, Status } from '../api/types/meta/v1.ts';
import type { Cause } from './cause.ts';

/**
 * The contract of the client: how every component, and every user of the library, reaches the API. Two transports
 * implement it: `http` (a real connection) and `local` (the API server in this process; same admission, authorization
 * and errors). Objects that come back are shared and deeply frozen with the local transport: copy before changing
 * (`structuredClone`, or spread). All calls reject with ApiError for what the API refuses.
 */
export interface Client {
  get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, options?: GetOptions): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, scope?: Scope, options?: ListOptions): Promise<ObjectList<T>>;
  /**
   * Events from `resourceVersion` on. The iterator ends when the server ends the watch or the signal aborts, and throws
   * ApiError for an ERROR event (410 Expired: list again). Bookmarks are delivered.
   */
  watch<T extends KubeObject>(type: ResourceType<T>, scope: Scope | undefined, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces the object, or its subresource (`status`). `metadata.resourceVersion` makes it conditional. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions & { readonly subresource?: string }): Promise<T>;
  patch<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, patch: Patch, options?: WriteOptions & { readonly subresource?: string; readonly force?: boolean }): Promise<T>;
  delete<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, options?: DeleteOptions): Promise<T | Status>;
  deleteCollection<T extends KubeObject>(type: ResourceType<T>, scope: Scope | undefined, options?: DeleteOptions & Selectors): Promise<void>;
  /** POST to a subresource that creates something: pods/binding, pods/eviction, serviceaccounts/token. */
  createSubresource<B extends KubeObject, R extends KubeObject | Status>(type: ResourceType<KubeObject>, ref: ObjectRef, subresource: string, body: B): Promise<R>;
  /** GET of a subresource other than status: scale. */
  getSubresource<R extends KubeObject>(type: ResourceType<KubeObject>, ref: ObjectRef, subresource: string): Promise<R>;
  /** The same client, whose writes say what they react to. It is for one reconcile, say, and costs next to nothing. */
  because(cause: Cause): Client;
  /** Any other path, as JSON: discovery, /version, /healthz (a string). */
  raw(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, options?: { readonly contentType?: string; readonly signal?: AbortSignal }): Promise<unknown>;
}

export interface ObjectRef { readonly namespace?: string; readonly name: string }
/** Absent or empty namespace: all of them, or a cluster-scoped resource. */
export interface Scope { readonly namespace?: string }
export interface Selectors { readonly labelSelector?: string; readonly fieldSelector?: string }
export interface GetOptions { readonly resourceVersion?: string; readonly signal?: AbortSignal }
export interface ListOptions extends Selectors {
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly limit?: number;
  readonly continue?: string;
  readonly signal?: AbortSignal;
}
export interface WatchOptions extends Selectors {
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  readonly signal: AbortSignal;
}
export interface WriteOptions {
  readonly dryRun?: boolean;
  /** Default: the component's name. */
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly signal?: AbortSignal;
}
export interface ObjectList<T> {
  readonly resourceVersion: string;
  readonly continue: string | undefined;
  readonly remainingItemCount: number | undefined;
  readonly items: readonly T[];
}
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: T };

export type Patch =
  | { readonly type: 'json'; readonly operations: readonly unknown[] }
  | { readonly type: 'merge' | 'strategic' | 'apply'; readonly value: unknown };
