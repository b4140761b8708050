import type { ApiError } from '../../api/status.ts';
import type { CachedObject } from './cached-object.ts';
import type { Change, ChangeType } from './change.ts';

/** Where the events of one watch go. Called synchronously, in order of revision; must not throw. */
export interface WatchSink {
  /** `change` is absent for the synthetic events that tell of what exists when the watch starts. */
  event(type: ChangeType, object: CachedObject, change: Change | undefined): void;
  /** Everything up to `revision` has been told. `initialEventsEnd` marks the end of the synthetic events. */
  bookmark(revision: number, initialEventsEnd: boolean): void;
  /** Called once after the events of one commit: the moment to write out what has gathered. */
  flush(): void;
  /** The watch is over: with an error event, or in peace. Nothing is called afterwards. */
  end(error: ApiError | undefined): void;
}

/** What a watch wants of one resource. */
export interface WatchFilter {
  /** `namespace/` or the empty string. */
  readonly prefix: string;
  /** Undefined: everything under the prefix. */
  readonly matches: ((object: CachedObject) => boolean) | undefined;
  /** A field that must have one value: lets the cache skip this watcher for all other objects. */
  readonly pinned: { readonly field: string; readonly value: string } | undefined;
}

/** Who is told of the changes to one resource. */
export interface Watcher {
  readonly filter: WatchFilter;
  readonly ended: boolean;
  /** The watch starts after this revision. */
  start(revision: number): void;
  /** A synthetic ADDED event for something that exists already. */
  initial(object: CachedObject): void;
  change(change: Change): void;
  bookmark(revision: number, initialEventsEnd: boolean): void;
  /** Called once after the events of one commit. */
  flush(): void;
  end(error?: ApiError): void;
}

/** One watch on one resource: narrows changes to what its filter selects and passes them to its sink. */
export class CacheWatcher implements Watcher {
  readonly filter: WatchFilter;
  readonly #sink: WatchSink;
  #ended = false;
  #dirty = false;
  /** Changes at and below it have been seen: one who joins while a change is being told gets it once. */
  #seen = 0;

  constructor(filter: WatchFilter, sink: WatchSink) {
    this.filter = filter;
    this.#sink = sink;
  }

  get ended(): boolean {
    return this.#ended;
  }

  #selects(object: CachedObject): boolean {
    return object.key.startsWith(this.filter.prefix) && (this.filter.matches === undefined || this.filter.matches(object));
  }

  /** The watch starts after this revision. */
  start(revision: number): void {
    this.#seen = revision;
  }

  /** A synthetic ADDED event for something that exists already. */
  initial(object: CachedObject): void {
    if (this.#ended || !this.#selects(object)) return;
    this.#dirty = true;
    this.#sink.event('ADDED', object, undefined);
  }

  /** An object that comes into the selection is ADDED, one that leaves it is DELETED, whatever happened to it. */
  change(change: Change): void {
    if (this.#ended || change.revision <= this.#seen) return;
    this.#seen = change.revision;
    const before = change.previous !== undefined && this.#selects(change.previous);
    const after = change.type !== 'DELETED' && this.#selects(change.object);
    if (!before && !after) return;
    this.#dirty = true;
    if (after) this.#sink.event(before ? 'MODIFIED' : 'ADDED', change.object, change);
    else this.#sink.event('DELETED', change.departed, change);
  }

  bookmark(revision: number, initialEventsEnd: boolean): void {
    if (this.#ended) return;
    this.#sink.bookmark(revision, initialEventsEnd);
    this.#dirty = true;
    this.flush();
  }

  flush(): void {
    if (!this.#dirty || this.#ended) return;
    this.#dirty = false;
    this.#sink.flush();
  }

  end(error?: ApiError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.end(error);
  }
}

/** The watchers of one resource, those that pin a field apart, so that a change visits only whom it may concern. */
export class WatcherSet {
  readonly #all = new Set<Watcher>();
  readonly #general = new Set<Watcher>();
  readonly #pinned = new Map<string, Map<string, Set<Watcher>>>();
  /** Those of the pinned ones that were told something since the last flush: usually one of thousands. */
  readonly #told = new Set<Watcher>();
  /** How many of the general ones there are, by the prefix that they watch. */
  readonly #prefixes = new Map<string, number>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Watcher> {
    return this.#all[Symbol.iterator]();
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    const { pinned } = watcher.filter;
    if (pinned === undefined) {
      this.#general.add(watcher);
      this.#prefixes.set(watcher.filter.prefix, (this.#prefixes.get(watcher.filter.prefix) ?? 0) + 1);
      return;
    }
    let values = this.#pinned.get(pinned.field);
    if (values === undefined) this.#pinned.set(pinned.field, (values = new Map()));
    const set = values.get(pinned.value);
    if (set === undefined) values.set(pinned.value, new Set([watcher]));
    else set.add(watcher);
  }

  delete(watcher: Watcher): void {
    this.#all.delete(watcher);
    const { pinned, prefix } = watcher.filter;
    if (pinned === undefined) {
      if (!this.#general.delete(watcher)) return;
      const left = this.#prefixes.get(prefix)! - 1;
      if (left === 0) this.#prefixes.delete(prefix);
      else this.#prefixes.set(prefix, left);
      return;
    }
    const values = this.#pinned.get(pinned.field);
    const set = values?.get(pinned.value);
    set?.delete(watcher);
    if (set?.size === 0) values?.delete(pinned.value);
    if (values?.size === 0) this.#pinned.delete(pinned.field);
  }

  /** About how many would hear of a change to an object; those who pin a field other than the name are left out. */
  concerned(namespace: string, name: string): number {
    const everywhere = this.#prefixes.get('') ?? 0;
    const inNamespace = namespace === '' ? 0 : (this.#prefixes.get(`${namespace}/`) ?? 0);
    const byName = name === '' ? 0 : (this.#pinned.get('metadata.name')?.get(name)?.size ?? 0);
    return everywhere + inNamespace + byName;
  }

  /** Tells a change to all whom it may concern. */
  tell(change: Change): void {
    for (const watcher of this.#general) watcher.change(change);
    for (const [field, values] of this.#pinned) {
      const now = change.object.field(field);
      const before = change.previous?.field(field) ?? now;
      this.#tellPinned(values.get(now), change);
      if (before !== now) this.#tellPinned(values.get(before), change);
    }
  }

  #tellPinned(watchers: ReadonlySet<Watcher> | undefined, change: Change): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      watcher.change(change);
      this.#told.add(watcher);
    }
  }

  flush(): void {
    for (const watcher of this.#general) watcher.flush();
    if (this.#told.size === 0) return;
    for (const watcher of this.#told) watcher.flush();
    this.#told.clear();
  }
}
