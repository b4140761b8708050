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

/** The one object, or the collection of a new one, that a path names: who is in the same process need not read it out of the path. */
export interface RequestTarget {
  readonly type: Pick<ResourceType<KubeObject>, 'group' | 'version' | 'resource'>;
  /** Empty: none. */
  readonly namespace: string;
  /** Empty: of a new object. */
  readonly name: string;
  /** Empty: the object itself. */
  readonly subresource: string;
  /** The path without its query. */
  readonly path: string;
  /** What follows the question mark; empty: there is none. */
  readonly query: string;
}

/** One call of the API, transport-independent. */
export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  readonly path: string;
  /** What the path names, where that is known beside it. */
  readonly target?: RequestTarget | undefined;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What it reacts to. */
  readonly cause?: Cause | undefined;
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

const needsNoEscape = /^[a-z0-9.-]*$/;
const escaped = (segment: string): string => (needsNoEscape.test(segment) ? segment : encodeURIComponent(segment));

/** The URL path of a resource, an object or a subresource. An empty namespace means all, or cluster scope. */
export function resourcePath(type: ResourceType<KubeObject>, namespace: string | undefined, name?: string, subresource?: string): string {
  let path = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  if (type.namespaced && namespace !== undefined && namespace !== '') path += `/namespaces/${escaped(namespace)}`;
  path += `/${type.resource}`;
  if (name !== undefined) path += `/${escaped(name)}`;
  if (subresource !== undefined) path += `/${subresource}`;
  return path;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

function queryText(parameters: Query): string {
  let query: URLSearchParams | undefined;
  for (const key in parameters) {
    const value = parameters[key];
    if (value !== undefined && value !== '') (query ??= new URLSearchParams()).set(key, String(value));
  }
  return query === undefined ? '' : query.toString();
}

const joined = (path: string, query: string): string => (query === '' ? path : `${path}?${query}`);
const withQuery = (path: string, parameters: Query): string => joined(path, queryText(parameters));

/** Words that mean something else in a path than the name of a resource, in some places: what is asked for is read out of the path then. */
const ambiguous: ReadonlySet<string> = new Set(['watch', 'namespaces', 'status', 'finalize']);

/** A request for one object, or for a new one where the name is left out. Each says all of it: they are made by the thousand, and alike ones cost less. */
interface Aim {
  readonly method: RestRequest['method'];
  readonly type: ResourceType<KubeObject>;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: string;
  readonly body: unknown;
  readonly contentType: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly cause: Cause | undefined;
}

function aimed({ method, type, namespace, name, subresource, query, body, contentType, signal, cause }: Aim): RestRequest {
  const bare = resourcePath(type, namespace, name, subresource);
  const clear = name !== '' && !ambiguous.has(type.resource) && (subresource === undefined || !subresource.includes('/'));
  const target = clear ? { type, namespace: type.namespaced ? namespace ?? '' : '', name: name ?? '', subresource: subresource ?? '', path: bare, query } : undefined;
  return { method, path: joined(bare, query), target, body, contentType, signal, cause };
}

const selectorQuery = (options: Selectors | undefined) => ({ labelSelector: options?.labelSelector, fieldSelector: options?.fieldSelector });
const writeQuery = (options: WriteOptions) => ({
  dryRun: options.dryRun === true ? 'All' : undefined,
  fieldManager: options.fieldManager,
  fieldValidation: options.fieldValidation,
});
const writeQueryText = (options: WriteOptions | undefined): string => (options === undefined ? '' : queryText(writeQuery(options)));

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
  /** What it writes reacts to; undefined when nobody says. */
  const cause = (): Cause | undefined => (because ?? currentCause()) || undefined;
  const send = <R>(request: RestRequest): Promise<R> => transport.request(request) as Promise<R>;

  const client: Client = {
    get: (type, ref, options) => send(aimed({ method: 'GET', type, namespace: ref.namespace, name: ref.name, subresource: undefined, query: options?.resourceVersion === undefined ? '' : queryText({ resourceVersion: options.resourceVersion }), body: undefined, contentType: undefined, signal: options?.signal, cause: undefined })),

    async list<T extends KubeObject>(type: ResourceType<T>, scope?: { readonly namespace?: string }, options?: ListOptions) {
      const path = withQuery(resourcePath(type, scope?.namespace), {
        ...selectorQuery(options), resourceVersion: options?.resourceVersion, resourceVersionMatch: options?.resourceVersionMatch, limit: options?.limit, continue: options?.continue,
      });
      const list = await send<{ metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number }; items?: readonly T[] | null }>({ method: 'GET', path, signal: options?.signal });
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

    create: (type, object, options) => send(aimed({ method: 'POST', type, namespace: namespaceOf(object), name: undefined, subresource: undefined, query: writeQueryText(options), body: object, contentType: undefined, signal: options?.signal, cause: cause() })),

    update: (type, object, options) => send(aimed({ method: 'PUT', type, namespace: namespaceOf(object), name: nameOf(object), subresource: options?.subresource, query: writeQueryText(options), body: object, contentType: undefined, signal: options?.signal, cause: cause() })),

    patch(type, ref, patch: Patch, options) {
      const fieldManager = options?.fieldManager ?? (patch.type === 'apply' ? transport.defaultFieldManager : undefined);
      const query = options === undefined && fieldManager === undefined ? '' : queryText({ ...(options === undefined ? {} : writeQuery(options)), fieldManager, force: options?.force });
      return send(aimed({ method: 'PATCH', type, namespace: ref.namespace, name: ref.name, subresource: options?.subresource, query, body: patch.type === 'json' ? patch.operations : patch.value, contentType: patchContentTypes[patch.type], signal: options?.signal, cause: cause() }));
    },

    delete: (type, ref, options) => send(aimed({ method: 'DELETE', type, namespace: ref.namespace, name: ref.name, subresource: undefined, query: '', body: options === undefined ? undefined : { kind: 'DeleteOptions', apiVersion: 'v1', ...options }, contentType: undefined, signal: undefined, cause: cause() })),

    async deleteCollection(type, scope, options = {}) {
      const { labelSelector, fieldSelector, ...rest } = options;
      await send({ method: 'DELETE', path: withQuery(resourcePath(type, scope?.namespace), { labelSelector, fieldSelector }), body: { kind: 'DeleteOptions', apiVersion: 'v1', ...rest }, cause: cause() });
    },

    createSubresource: (type, ref, subresource, body) => send(aimed({ method: 'POST', type, namespace: ref.namespace, name: ref.name, subresource, query: '', body, contentType: undefined, signal: undefined, cause: cause() })),

    getSubresource: (type, ref, subresource) => send(aimed({ method: 'GET', type, namespace: ref.namespace, name: ref.name, subresource, query: '', body: undefined, contentType: undefined, signal: undefined, cause: undefined })),

    raw: (method, path, body, options) => send({ method, path, body, contentType: options?.contentType, signal: options?.signal, cause: method === 'GET' ? undefined : cause() }),

    because: (cause) => (cause === '' ? client : createRestClient(transport, cause)),
  };
  return client;
}
