import type { Logger } from '../../base/logger.ts';
import type { Store, StoreEvent } from '../../store/store.ts';
import type { Change } from './change.ts';
import type { ResourceContents } from './resource-cache.ts';
import { ResourceCache } from './resource-cache.ts';

/** What all keys start with. */
export const registryRoot = '/registry/';

/** How many entries are read from the store at a time when the cache fills. */
const loadPageSize = 5000;

/** `/registry/GROUP/RESOURCE/`; the core group is called `core`. */
export function storagePrefix(group: string, resource: string): string {
  return `${registryRoot}${group === '' ? 'core' : group}/${resource}/`;
}

/** What a watch cache holds at one moment: another server can start with it, on a copy of the store. */
export interface CacheContents {
  readonly revision: number;
  /** By the prefix of their keys. */
  readonly resources: ReadonlyMap<string, ResourceContents>;
}

function prefixOf(key: string): string {
  const afterGroup = key.indexOf('/', registryRoot.length);
  return key.slice(0, key.indexOf('/', afterGroup + 1) + 1);
}

/**
 * Everything that is stored, in memory, as encoded bytes or, where the store has none, as objects. Follows the store: a write is visible here before the call
 * that made it resolves. Reads are synchronous.
 */
export class WatchCache implements Disposable {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #resources = new Map<string, ResourceCache>();
  readonly #stop = new AbortController();
  readonly #waiting = new Set<{ readonly revision: number; readonly resolve: () => void }>();
  readonly #onAdvance: (() => void)[] = [];
  #revision = 0;
  #loadedAt = 0;
  #forgottenAt = 0;

  private constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /**
   * Fills the cache and follows the store from there on. `contents`: of the cache of another server, on a store with the
   * same content; used when the store is still at its revision, which saves reading it.
   */
  static async start(store: Store, logger: Logger, contents?: CacheContents): Promise<WatchCache> {
    const cache = new WatchCache(store, logger);
    await (contents !== undefined && contents.revision === store.revision ? cache.#adopt(contents) : cache.#load());
    return cache;
  }

  /** What is in the cache now. */
  get contents(): CacheContents {
    return { revision: this.#revision, resources: new Map([...this.#resources].map(([prefix, resource]) => [prefix, resource.contents])) };
  }

  async #adopt({ revision, resources }: CacheContents): Promise<void> {
    this.#loadedAt = revision;
    for (const [prefix, contents] of resources) this.#resource(prefix).adopt(contents);
    await this.#follow(revision);
  }

  /** Everything up to this revision is in the cache, and has been told to watchers. */
  get revision(): number {
    return this.#revision;
  }

  get resources(): Iterable<ResourceCache> {
    return this.#resources.values();
  }

  async #load(): Promise<void> {
    let after: string | undefined;
    let revision: number | undefined;
    for (;;) {
      const page = await this.#store.list(registryRoot, { limit: loadPageSize, ...(revision !== undefined && { revision }), ...(after !== undefined && { after }) });
      revision ??= page.revision;
      this.#loadedAt = revision;
      for (const entry of page.entries) this.#resource(prefixOf(entry.key)).load(entry.key, entry.value, entry.modRevision);
      if (page.remaining === 0) break;
      after = page.entries.at(-1)!.key;
    }
    await this.#follow(revision);
  }

  async #follow(revision: number): Promise<void> {
    this.#revision = revision;
    await this.#store.watch(registryRoot, { fromRevision: revision + 1, signal: this.#stop.signal }, (events, reached) => this.#take(events, reached));
  }

  /** The cache of one stored resource. It exists, empty, for resources that nothing was stored of yet. */
  resource(group: string, resource: string): ResourceCache {
    return this.#resource(storagePrefix(group, resource));
  }

  #resource(prefix: string): ResourceCache {
    let cache = this.#resources.get(prefix);
    if (cache === undefined) this.#resources.set(prefix, (cache = new ResourceCache(prefix, Math.max(this.#loadedAt, this.#forgottenAt))));
    return cache;
  }

  /** Lets go of the cache of a resource that is no longer served, if there is nothing in it. */
  forget(group: string, resource: string): void {
    const prefix = storagePrefix(group, resource);
    if (this.#resources.get(prefix)?.size !== 0) return;
    this.#resources.delete(prefix);
    // What happened to it until now will not be known to its next cache.
    this.#forgottenAt = this.#revision;
  }

  #take(events: readonly StoreEvent[], reached: number): void {
    // Most commits are of one write.
    let first: ResourceCache | undefined;
    const firsts: Change[] = [];
    let others: Map<ResourceCache, Change[]> | undefined;
    for (const event of events) {
      const resource = this.#resource(prefixOf(event.type === 'put' ? event.entry.key : event.key));
      const change = resource.apply(event);
      first ??= resource;
      if (resource === first) {
        firsts.push(change);
        continue;
      }
      const changes = (others ??= new Map<ResourceCache, Change[]>()).get(resource);
      if (changes === undefined) others.set(resource, [change]);
      else changes.push(change);
    }
    if (reached > this.#revision) this.#revision = reached;
    if (first !== undefined) this.#publish(first, firsts);
    if (others !== undefined) for (const [resource, changes] of others) this.#publish(resource, changes);
    for (const waiting of this.#waiting) {
      if (waiting.revision > this.#revision) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
    for (const listener of this.#onAdvance) listener();
  }

  /** Calls `listener`, which must not throw, each time that `revision` may have moved on, after watchers were told; for as long as the cache lives. */
  onAdvance(listener: () => void): void {
    this.#onAdvance.push(listener);
  }

  #publish(resource: ResourceCache, changes: readonly Change[]): void {
    try {
      resource.publish(changes);
    } catch (error) {
      this.#logger.error('a watcher failed', { resource: resource.prefix, error });
    }
  }

  /** Undefined when everything up to `revision` is here already; else a promise of it. */
  reached(revision: number): Promise<void> | undefined {
    if (revision <= this.#revision) return undefined;
    return new Promise((resolve) => this.#waiting.add({ revision, resolve }));
  }

  /** Undefined when the cache has everything that the store has committed; else a promise of it. */
  fresh(): Promise<void> | undefined {
    return this.reached(this.#store.revision);
  }

  /** Ends every watch and stops following the store. */
  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const resource of this.#resources.values()) resource.close();
  }
}
