import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import { cloneJson, deepFreeze } from '../../base/json-value.ts';
import type { LocalEndpoint, LocalRequest } from '../transports/local-endpoint.ts';

type Listener = (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: KubeObject) => void;
type Json = Record<string, unknown>;
interface Stored extends KubeObject { spec?: unknown; status?: unknown }
interface LogEntry { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly collection: string; readonly object: Stored; readonly revision: number }
interface Target { collection: string; namespace: string; name: string; subresource: string }

/**
 * A LocalEndpoint of two pages for tests of the client: objects of any resource in a map, with revisions and watches,
 * and nothing of what makes an API server (validation, defaults, admission, strategic merge). `failNext` makes the next
 * matching request fail; `expire` makes it forget its history; `dropWatches` ends all watches.
 */
export class MemoryEndpoint implements LocalEndpoint {
  readonly #clock: Clock;
  readonly #objects = new Map<string, Stored>();
  readonly #watchers = new Set<{ readonly collection: string; readonly matches: (object: Stored) => boolean; readonly listener: Listener; readonly end: () => void }>();
  readonly requests: LocalRequest[] = [];
  #log: LogEntry[] = [];
  #oldest = 0;
  #revision = 1;
  #uid = 0;
  #failures: { readonly matches: (request: LocalRequest) => boolean; readonly error: Error }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failNext(matches: (request: LocalRequest) => boolean, error: Error): void {
    this.#failures.push({ matches, error });
  }

  expire(): void {
    this.#log = [];
    this.#oldest = this.#revision;
  }

  dropWatches(): void {
    for (const watcher of this.#watchers) watcher.end();
  }

  async request(sent: LocalRequest): Promise<unknown> {
    const request: LocalRequest = { ...sent, body: cloneJson(sent.body) };
    this.#admit(request);
    const target = parse(request.path);
    const query = new URLSearchParams(request.path.split('?')[1] ?? '');
    const key = `${target.collection} ${target.namespace}/${target.name}`;
    const current = this.#objects.get(key);
    if (target.name !== '' && current === undefined && request.method !== 'POST') {
      throw new ApiError('NotFound', `${target.collection} "${target.name}" not found`);
    }
    switch (request.method) {
      case 'GET':
        if (current !== undefined) return current;
        return deepFreeze({ metadata: { resourceVersion: String(this.#revision) }, items: this.#select(target, query) });
      case 'POST':
        return this.#create(target, request.body as Stored);
      case 'PUT': {
        const sent = request.body as Stored;
        const version = sent.metadata.resourceVersion;
        if (version !== undefined && version !== current!.metadata.resourceVersion) throw new ApiError('Conflict', 'the object has been modified');
        return this.#replace(target, key, current!, sent);
      }
      case 'PATCH':
        if (request.contentType?.includes('json-patch') === true) throw new Error('not supported: json patch');
        return this.#replace(target, key, current!, merge(current, request.body) as Stored);
      case 'DELETE':
        return this.#delete(target, key, current!);
    }
  }

  async watch(request: LocalRequest, listener: Listener): Promise<void> {
    this.#admit(request);
    const target = parse(request.path);
    const query = new URLSearchParams(request.path.split('?')[1] ?? '');
    const matches = selector(target, query);
    const since = Number(query.get('resourceVersion') ?? 0);
    if (since < this.#oldest) {
      listener('ERROR', new ApiError('Expired', `too old resource version: ${since} (${this.#oldest})`).toStatus() as unknown as KubeObject);
      return;
    }
    for (const entry of this.#log) if (entry.revision > since && entry.collection === target.collection && matches(entry.object)) listener(entry.type, entry.object);
    await new Promise<void>((resolve) => {
      const watcher = { collection: target.collection, matches, listener, end: (): void => { this.#watchers.delete(watcher); resolve(); } };
      this.#watchers.add(watcher);
      request.signal?.addEventListener('abort', watcher.end, { once: true });
    });
  }

  #admit(request: LocalRequest): void {
    this.requests.push(request);
    const index = this.#failures.findIndex(({ matches }) => matches(request));
    if (index >= 0) throw this.#failures.splice(index, 1)[0]!.error;
  }

  #select(target: Target, query: URLSearchParams): Stored[] {
    const matches = selector(target, query);
    return [...this.#objects].filter(([key, object]) => key.startsWith(`${target.collection} `) && matches(object)).map(([, object]) => object);
  }

  #create(target: Target, sent: Stored): Stored {
    const name = sent.metadata.name ?? `${sent.metadata.generateName ?? ''}${String(++this.#uid).padStart(5, '0')}`;
    const key = `${target.collection} ${target.namespace}/${name}`;
    if (this.#objects.has(key)) throw new ApiError('AlreadyExists', `${target.collection} "${name}" already exists`);
    const metadata = { ...sent.metadata, name, uid: `uid-${++this.#uid}`, creationTimestamp: formatTime(this.#clock.now()), generation: 1, ...(target.namespace !== '' && { namespace: target.namespace }) };
    return this.#commit('ADDED', target.collection, key, { ...sent, metadata });
  }

  #replace(target: Target, key: string, current: Stored, sent: Stored): Stored {
    const next: Stored = target.subresource === 'status' ? { ...current, status: sent.status } : { ...sent, ...(current.status !== undefined && { status: current.status }) };
    const { uid, creationTimestamp, generation, deletionTimestamp } = current.metadata;
    const specChanged = JSON.stringify(next.spec) !== JSON.stringify(current.spec);
    const metadata = { ...next.metadata, uid: uid!, creationTimestamp: creationTimestamp!, generation: (generation ?? 0) + (specChanged ? 1 : 0), ...(deletionTimestamp !== undefined && { deletionTimestamp }) };
    if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) return this.#remove(target.collection, key, { ...next, metadata });
    return this.#commit('MODIFIED', target.collection, key, { ...next, metadata });
  }

  #delete(target: Target, key: string, current: Stored): Stored {
    if ((current.metadata.finalizers ?? []).length === 0) return this.#remove(target.collection, key, current);
    return this.#commit('MODIFIED', target.collection, key, { ...current, metadata: { ...current.metadata, deletionTimestamp: formatTime(this.#clock.now()) } });
  }

  #remove(collection: string, key: string, object: Stored): Stored {
    this.#objects.delete(key);
    return this.#publish('DELETED', collection, object);
  }

  #commit(type: 'ADDED' | 'MODIFIED', collection: string, key: string, object: Stored): Stored {
    const stored = this.#publish(type, collection, object);
    this.#objects.set(key, stored);
    return stored;
  }

  #publish(type: LogEntry['type'], collection: string, object: Stored): Stored {
    const revision = ++this.#revision;
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    this.#log.push({ type, collection, object: stored, revision });
    for (const watcher of this.#watchers) if (watcher.collection === collection && watcher.matches(stored)) watcher.listener(type, stored);
    return stored;
  }
}

function parse(path: string): Target {
  const parts = path.split('?')[0]!.split('/').filter((part) => part !== '').map(decodeURIComponent);
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [resource, name = '', subresource = ''] = namespaced ? rest.slice(2) : rest;
  return { collection: resource!, namespace: namespaced ? rest[1]! : '', name, subresource };
}

function selector(target: Target, query: URLSearchParams): (object: Stored) => boolean {
  const labels = (query.get('labelSelector') ?? '').split(',').filter((text) => text !== '').map((text) => text.split('='));
  return (object) => (target.namespace === '' || object.metadata.namespace === target.namespace)
    && labels.every(([key, value]) => object.metadata.labels?.[key!] === value);
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = { ...(typeof target === 'object' && target !== null && !Array.isArray(target) ? (target as Json) : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
