import type { KubeObject } from '../../api/meta/object.ts';
import { keyOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { groupResourceOf } from '../../api/resource-type.ts';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { tellOf } from '../cause.ts';
import type { Client } from '../client.ts';
import { Backoff } from './backoff.ts';
import type { IndexFunction, Lister } from './store.ts';
import { ObjectStore } from './store.ts';

export interface InformerOptions<T> {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** Replaces what is kept of each object (to save memory); must keep the metadata that keys need. */
  readonly transform?: (object: T) => T;
}

/** Called in the order of events, synchronously. A handler must be quick: it puts keys on queues. */
export interface InformerHandler<T> {
  add?(object: T): void;
  /** Also called when a re-list finds an object changed. */
  update?(old: T, object: T): void;
  /** The last state that was seen, when the deletion itself was missed. */
  delete?(object: T): void;
}

/** Keeps a copy of a collection by list and watch, and tells handlers what changes. */
export interface Informer<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly lister: Lister<T>;
  /** Adding the same name twice keeps the first. */
  addIndex(name: string, values: IndexFunction<T>): void;
  /** Every object that is already held is added to the new handler at once. Returns how to remove it. */
  addHandler(handler: InformerHandler<T>): () => void;
  /** Starts it; a second call does nothing. It stops for good when the signal aborts. */
  start(signal: AbortSignal): void;
  /** Resolves when the first list has been delivered to the handlers; rejects when the informer is stopped before. */
  synced(): Promise<void>;
  readonly hasSynced: boolean;
  /** Empty before the first list. */
  readonly lastSyncResourceVersion: string;
}

/** An informer of its own, not started. Components use SharedInformers, so that each type is watched once. */
export function createInformer<T extends KubeObject>(client: Client, type: ResourceType<T>, options: InformerOptions<T>): Informer<T> {
  return new ListWatchInformer(client, type, options);
}

class ListWatchInformer<T extends KubeObject> implements Informer<T> {
  readonly type: ResourceType<T>;
  readonly #client: Client;
  readonly #options: InformerOptions<T>;
  readonly #store = new ObjectStore<T>();
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #backoff: Backoff;
  #started = false;
  #hasSynced = false;
  #resourceVersion = '';

  constructor(client: Client, type: ResourceType<T>, options: InformerOptions<T>) {
    this.type = type;
    this.#client = client;
    this.#options = options;
    this.#backoff = new Backoff({ random: options.random, initialMs: 800, maxMs: 30_000 });
    // Nobody may be waiting when an informer is stopped early.
    this.#synced.promise.catch(() => {});
    for (const [name, values] of Object.entries(options.indexes ?? {})) this.#store.addIndex(name, values);
  }

  get lister(): Lister<T> { return this.#store; }
  get hasSynced(): boolean { return this.#hasSynced; }
  get lastSyncResourceVersion(): string { return this.#resourceVersion; }

  addIndex(name: string, values: IndexFunction<T>): void {
    this.#store.addIndex(name, values);
  }

  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#store.list()) this.#tell([handler], 'add', object);
    return () => this.#handlers.delete(handler);
  }

  synced(): Promise<void> {
    return this.#synced.promise;
  }

  start(signal: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run(signal).catch((error: unknown) => {
      this.#synced.reject(signal.aborted ? (signal.reason as Error) : error);
      if (!signal.aborted) this.#options.logger.error('informer failed', { type: groupResourceOf(this.type), error });
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    let mustList = true;
    while (!signal.aborted) {
      try {
        if (mustList) {
          await this.#list(signal);
          mustList = false;
        }
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        const gone = error instanceof ApiError && error.code === 410;
        if (gone) mustList = true;
        logger.debug(gone ? 'watch expired, listing again' : 'list or watch failed', { type: groupResourceOf(this.type), error });
        await clock.sleep(this.#backoff.next(), signal);
      }
    }
    signal.throwIfAborted();
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    // The first list may come from the server's cache; one after an expired watch must be up to date.
    const list = await this.#client.list(this.type, namespace === undefined ? {} : { namespace }, {
      signal,
      ...(this.#resourceVersion === '' && { resourceVersion: '0' }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    });
    if (list.continue !== undefined) throw new Error('the server answered an unlimited list with a page');
    const gone = new Set(this.#store.keys());
    for (const item of list.items) {
      gone.delete(keyOf(item));
      this.#put(item);
    }
    for (const key of gone) this.#delete(key);
    this.#resourceVersion = list.resourceVersion;
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#synced.resolve();
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { namespace, labelSelector, fieldSelector, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    let events = 0;
    const stream = this.#client.watch(this.type, namespace === undefined ? {} : { namespace }, {
      signal,
      resourceVersion: this.#resourceVersion,
      allowWatchBookmarks: true,
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    });
    for await (const event of stream) {
      events++;
      this.#backoff.reset();
      const { object } = event;
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED':
          this.#put(object);
          break;
        case 'DELETED':
          this.#delete(keyOf(object), object);
          break;
        case 'BOOKMARK':
          break;
      }
      this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    }
    // A server that ends watches at once and without events must not be asked in a tight loop.
    if (!signal.aborted && events === 0 && clock.monotonicMs() - startedMs < 1000) throw new Error('very short watch: unexpected close, no events');
  }

  #put(received: T): void {
    const object = this.#options.transform?.(received) ?? received;
    const old = this.#store.set(object);
    if (old === undefined) this.#tell(this.#handlers, 'add', object);
    else if (old.metadata.uid !== object.metadata.uid) {
      // The object was deleted and made anew while nobody looked.
      this.#tell(this.#handlers, 'delete', old);
      this.#tell(this.#handlers, 'add', object);
    } else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) this.#tell(this.#handlers, 'update', object, old);
  }

  #delete(key: string, final?: T): void {
    const old = this.#store.delete(key);
    if (old === undefined) return;
    this.#tell(this.#handlers, 'delete', final === undefined ? old : (this.#options.transform?.(final) ?? final));
  }

  /** `old`: what an update replaced. What one handler throws is no matter of the others. */
  #tell(handlers: Iterable<InformerHandler<T>>, what: 'add' | 'update' | 'delete', object: T, old: T = object): void {
    tellOf(this.type, object, () => {
      for (const handler of handlers) {
        try {
          if (what === 'update') handler.update?.(old, object);
          else handler[what]?.(object);
        } catch (error) {
          this.#options.logger.error('informer handler threw', { type: groupResourceOf(this.type), event: what, error });
        }
      }
    });
  }
}
