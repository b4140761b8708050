import type { KubeObject } from '../api/meta/object.ts';
import { namespaceOf, nameOf } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { apiVersionOf } from '../api/resource-type.ts';
import { ApiError } from '../api/status.ts';
import type { Status } from '../api/types/meta/v1.ts';
import type { Cause } from './cause.ts';
import { currentCause } from './cause.ts';
import { mapStream } from './event-stream.ts';
import type { Client, ListOptions, Patch, Selectors, WatchEvent, WriteOptions } from './client.ts';

/** One call of the API, transport-independent. */
export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** What it reacts to. */
  readonly cause?: Cause;
}

export interface RawWatchEvent { readonly type: string; readonly object: KubeObject }

/** What a transport does; everything else of the Client is the same for all of them. */
export interface RestTransport {
  /** The name that server-side apply uses when the caller gives no field manager. */
  readonly defaultFieldManager: string;
  request(request: RestRequest): Promise<unknown>;
  watch(request: RestRequest & { readonly signal: AbortSignal }): AsyncIterable<RawWatchEvent>;
}

const patchContentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The URL path of a resource, an object or a subresource. An empty namespace means all, or cluster scope. */
export function resourcePath(type: ResourceType<KubeObject>, namespace: string | undefined, name?: string, subresource?: string): string {
  let path = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  if (type.namespaced && namespace !== undefined && namespace !== '') path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${type.resource}`;
  if (name !== undefined) path += `/${encodeURIComponent(name)}`;
  if (subresource !== undefined) path += `/${subresource}`;
  return path;
}

function withQuery(path: string, parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  let query: URLSearchParams | undefined;
  for (const key in parameters) {
    const value = parameters[key];
    if (value !== undefined && value !== '') (query ??= new URLSearchParams()).set(key, String(value));
  }
  return query === undefined ? path : `${path}?${query.toString()}`;
}

const selectorQuery = (options: Selectors | undefined) => ({ labelSelector: options?.labelSelector, fieldSelector: options?.fieldSelector });
const writeQuery = (options: WriteOptions | undefined) => ({
  dryRun: options?.dryRun === true ? 'All' : undefined,
  fieldManager: options?.fieldManager,
  fieldValidation: options?.fieldValidation,
});
const withSignal = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

/** Items of a list carry no kind on the wire; every object that a Client hands out says what it is. */
function named<T extends KubeObject>(type: ResourceType<T>, item: T): T {
  if (item.kind !== undefined && item.apiVersion !== undefined) return item;
  return Object.freeze({ ...item, apiVersion: apiVersionOf(type), kind: type.kind });
}

function watchEvent<T extends KubeObject>(type: ResourceType<T>, { type: what, object }: RawWatchEvent): WatchEvent<T> {
  switch (what) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type: what, object: named(type, object as T) };
    case 'ERROR':
      throw ApiError.fromStatus(object as unknown as Status);
    default:
      throw new Error(`unknown type of watch event: ${JSON.stringify(what)}`);
  }
}

/** A Client over a transport. Its writes say that they react to `because`; by default, to what the work does that asks for them. */
export function createRestClient(transport: RestTransport, because?: Cause): Client {
  const call = async <R>(request: RestRequest): Promise<R> => {
    const cause = request.method === 'GET' ? '' : because ?? currentCause();
    return (await transport.request(cause === '' ? request : { ...request, cause })) as R;
  };

  const client: Client = {
    get: (type, ref, options) => call({ method: 'GET', path: withQuery(resourcePath(type, ref.namespace, ref.name), { resourceVersion: options?.resourceVersion }), ...withSignal(options?.signal) }),

    async list<T extends KubeObject>(type: ResourceType<T>, scope?: { readonly namespace?: string }, options?: ListOptions) {
      const path = withQuery(resourcePath(type, scope?.namespace), {
        ...selectorQuery(options), resourceVersion: options?.resourceVersion, resourceVersionMatch: options?.resourceVersionMatch, limit: options?.limit, continue: options?.continue,
      });
      const list = await call<{ metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number }; items?: readonly T[] | null }>({ method: 'GET', path, ...withSignal(options?.signal) });
      const token = list.metadata?.continue;
      return {
        resourceVersion: list.metadata?.resourceVersion ?? '',
        continue: token === '' ? undefined : token,
        remainingItemCount: list.metadata?.remainingItemCount,
        items: (list.items ?? []).map((item) => named(type, item)),
      };
    },

    watch<T extends KubeObject>(type: ResourceType<T>, scope: { readonly namespace?: string } | undefined, options: Parameters<Client['watch']>[2]): AsyncIterable<WatchEvent<T>> {
      const path = withQuery(resourcePath(type, scope?.namespace), {
        watch: true, ...selectorQuery(options), resourceVersion: options.resourceVersion, allowWatchBookmarks: options.allowWatchBookmarks,
        sendInitialEvents: options.sendInitialEvents, timeoutSeconds: options.timeoutSeconds,
        resourceVersionMatch: options.sendInitialEvents === true ? 'NotOlderThan' : undefined,
      });
      return mapStream(() => transport.watch({ method: 'GET', path, signal: options.signal }), (event) => watchEvent(type, event));
    },

    create: (type, object, options) => call({ method: 'POST', path: withQuery(resourcePath(type, namespaceOf(object)), writeQuery(options)), body: object, ...withSignal(options?.signal) }),

    update: (type, object, options) => call({ method: 'PUT', path: withQuery(resourcePath(type, namespaceOf(object), nameOf(object), options?.subresource), writeQuery(options)), body: object, ...withSignal(options?.signal) }),

    patch(type, ref, patch: Patch, options) {
      const query = writeQuery(options);
      return call({
        method: 'PATCH',
        path: withQuery(resourcePath(type, ref.namespace, ref.name, options?.subresource), {
          ...query, force: options?.force, ...(patch.type === 'apply' && query.fieldManager === undefined && { fieldManager: transport.defaultFieldManager }),
        }),
        body: patch.type === 'json' ? patch.operations : patch.value,
        contentType: patchContentTypes[patch.type],
        ...withSignal(options?.signal),
      });
    },

    delete: (type, ref, options) => call({ method: 'DELETE', path: resourcePath(type, ref.namespace, ref.name), ...(options !== undefined && { body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options } }) }),

    async deleteCollection(type, scope, options = {}) {
      const { labelSelector, fieldSelector, ...rest } = options;
      await call({ method: 'DELETE', path: withQuery(resourcePath(type, scope?.namespace), { labelSelector, fieldSelector }), body: { kind: 'DeleteOptions', apiVersion: 'v1', ...rest } });
    },

    createSubresource: (type, ref, subresource, body) => call({ method: 'POST', path: resourcePath(type, ref.namespace, ref.name, subresource), body }),

    getSubresource: (type, ref, subresource) => call({ method: 'GET', path: resourcePath(type, ref.namespace, ref.name, subresource) }),

    raw: (method, path, body, options) => call({ method, path, ...(body !== undefined && { body }), ...(options?.contentType !== undefined && { contentType: options.contentType }), ...withSignal(options?.signal) }),

    because: (cause) => (cause === '' ? client : createRestClient(transport, cause)),
  };
  return client;
}
