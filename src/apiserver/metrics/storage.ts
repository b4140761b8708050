import type { Clock } from '../../base/clock.ts';
import type { Entry, ListOptions, ListResult, Store, WatchOptions, Write, WriteResult } from '../../store/store.ts';
import type { ServedResources } from '../served-resources.ts';
import { Histogram, labelled } from './histogram.ts';
import type { Gauge, Rows } from './registry.ts';
import { histogramFamily } from './registry.ts';

/** What the watch cache holds, read at each scrape. */
export function cacheMetrics(resources: ServedResources): Gauge[] {
  const each = (read: (storage: { cache: { size: number; watcherCount: number; sizeBytes: number; eventsReceived: number } }) => number, labels: 'resource' | 'group'): Gauge['read'] => () =>
    Array.from(resources.storages, (storage) => [labels === 'group' ? { group: storage.group, resource: storage.resource } : { resource: storage.group === '' ? storage.resource : `${storage.resource}.${storage.group}` }, read(storage)] as const);
  return [
    { name: 'apiserver_storage_objects', help: '[STABLE] (Deprecated since 1.34.0) Number of stored objects at the time of last check split by kind.', read: each(({ cache }) => cache.size, 'resource') },
    { name: 'apiserver_resource_objects', help: '[ALPHA] Number of stored objects at the time of last check split by kind.', read: each(({ cache }) => cache.size, 'group') },
    { name: 'apiserver_resource_size_estimate_bytes', help: '[ALPHA] Estimated size of stored objects in database. Estimate is based on sum of last observed sizes of serialized objects.', read: each(({ cache }) => cache.sizeBytes, 'group') },
    { name: 'apiserver_storage_events_received_total', type: 'counter', help: '[BETA] Changes that the store has told of.', read: () => [...each(({ cache }) => cache.eventsReceived, 'group')() as Rows].filter(([, count]) => count > 0) },
    { name: 'apiserver_registered_watchers', help: '[ALPHA] Number of currently registered watchers for a given resource', read: each(({ cache }) => cache.watcherCount, 'group') },
    { name: 'apiserver_watch_cache_bytes', help: 'Bytes of encoded objects held by the watch cache.', read: each(({ cache }) => cache.sizeBytes, 'resource') },
  ];
}

const durationBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
type Operation = 'get' | 'list' | 'create' | 'update' | 'delete';

interface Done {
  readonly operation: Operation;
  readonly type: string;
  readonly durations: Histogram;
  errors: number;
}

/** A store whose operations are counted and timed, under the names that upstream gives its store's client. */
export class MeasuredStore implements Store {
  readonly #inner: Store;
  readonly #clock: Clock;
  /** By operation, then by the part of the key that names the type. */
  readonly #done: Readonly<Record<Operation, Map<string, Done>>> = { get: new Map(), list: new Map(), create: new Map(), update: new Map(), delete: new Map() };
  readonly #all: Done[] = [];

  constructor(inner: Store, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  get revision(): number { return this.#inner.revision; }
  get compactedRevision(): number { return this.#inner.compactedRevision; }
  get(key: string, options?: { readonly revision?: number }): Promise<Entry | undefined> { return this.#measured('get', key, this.#inner.get(key, options)); }
  list(prefix: string, options?: ListOptions): Promise<ListResult> { return this.#measured('list', prefix, this.#inner.list(prefix, options)); }
  count(prefix: string): Promise<number> { return this.#inner.count(prefix); }
  write(write: Write): Promise<WriteResult> { return this.#measured(write.type === 'delete' ? 'delete' : write.expectedRevision === 0 ? 'create' : 'update', write.key, this.#inner.write(write)); }
  watch(prefix: string, options: WatchOptions, listener: Parameters<Store['watch']>[2]): Promise<void> { return this.#inner.watch(prefix, options, listener); }
  compact(revision: number): Promise<void> { return this.#inner.compact(revision); }
  sizeBytes(): Promise<number> { return this.#inner.sizeBytes(); }
  [Symbol.asyncDispose](): Promise<void> { return this.#inner[Symbol.asyncDispose]() as Promise<void>; }

  #measured<T>(operation: Operation, key: string, result: Promise<T>): Promise<T> {
    const startedMs = this.#clock.monotonicMs();
    const afterGroup = key.indexOf('/', 10);
    const type = key.slice(10, Math.max(key.indexOf('/', afterGroup + 1), 10));
    const stats = this.#done[operation].get(type) ?? this.#first(operation, type);
    const ended = (): void => stats.durations.observe((this.#clock.monotonicMs() - startedMs) / 1000);
    result.then(ended, () => {
      stats.errors += 1;
      ended();
    });
    return result;
  }

  #first(operation: Operation, type: string): Done {
    const stats: Done = { operation, type: type.replace(/^core\//, '').replace(/^([^/]+)\/([^/]+)$/, '$2.$1'), durations: new Histogram(durationBounds), errors: 0 };
    this.#done[operation].set(type, stats);
    this.#all.push(stats);
    return stats;
  }

  get families(): Gauge[] {
    const all = (): readonly Readonly<Done>[] => this.#all;
    return [
      { name: 'apiserver_storage_size_bytes', help: '[STABLE] Size of the storage database file physically allocated in bytes.', read: async () => [[{ storage_cluster_id: 'etcd-0' }, await this.#inner.sizeBytes()]] },
      { name: 'etcd_requests_total', type: 'counter', help: '[ALPHA] Etcd request counts for each operation and object type.', read: () => all().map(({ operation, type, durations }) => [{ operation, type }, durations.total] as const) },
      { name: 'etcd_request_errors_total', type: 'counter', help: '[ALPHA] Etcd failed request counts for each operation and object type.', read: () => all().filter(({ errors }) => errors > 0).map(({ operation, type, errors }) => [{ operation, type }, errors] as const) },
      histogramFamily('etcd_request_duration_seconds', '[ALPHA] Etcd request latency in seconds for each operation and object type.', () => all().map(({ operation, type, durations }) => labelled({ operation, type }, durations))),
    ];
  }
}
