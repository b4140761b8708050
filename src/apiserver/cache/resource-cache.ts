import { StoredObject } from '../../api/codec/stored.ts';
import type { StoreEvent, Value } from '../../store/store.ts';
import type { FieldsOf } from './cached-object.ts';
import { CachedObject } from './cached-object.ts';
import { ChangeWindow } from './change-window.ts';
import { Change } from './change.ts';
import { FieldIndex } from './field-index.ts';
import { SortedMap } from './sorted-map.ts';
import type { Watcher, WatchFilter } from './watcher.ts';
import { WatcherSet } from './watcher.ts';

const noFields: Readonly<Record<string, string>> = Object.freeze({});

/** What the cache of one resource holds at one moment, in order of key. */
export interface ResourceContents {
  readonly objects: readonly CachedObject[];
  readonly changedAt: number;
}

/** All objects of one stored resource as they stand, the latest changes, and those who watch. */
export class ResourceCache {
  /** What the resource's keys start with in the store, e.g. `/registry/core/pods/`. */
  readonly prefix: string;
  readonly #entries = new SortedMap<CachedObject>();
  readonly #window: ChangeWindow;
  readonly #watchers = new WatcherSet();
  readonly #listeners = new Set<(change: Change) => void>();
  #fieldsOf: FieldsOf | undefined;
  /** Fields that lists and watches select by so often that an index pays. */
  #indexedFields: readonly string[] = [];
  readonly #indexes = new Map<string, FieldIndex>();
  /** Asks late: what the store held at start is loaded before it is known how its fields are read. */
  readonly #selectable: FieldsOf = (object) => this.#fieldsOf?.(object) ?? noFields;
  #changedAt = 0;
  /** Changes that were taken in. */
  eventsReceived = 0;

  constructor(prefix: string, floor: number) {
    this.prefix = prefix;
    this.#window = new ChangeWindow(floor);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all objects together, about. Takes a look at each. */
  get sizeBytes(): number {
    let bytes = 0;
    this.#entries.scan('', undefined, ({ size }) => {
      bytes += size;
      return true;
    });
    return bytes;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** About how many watchers a change to this object would be told to; `name` is empty for one that has none yet. */
  watchersOf(namespace: string, name: string): number {
    return this.#watchers.concerned(namespace, name);
  }

  /** The latest revision that changed this resource: lists are the same at it and at any later one. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Watches may start after this revision or any later one. */
  get floor(): number {
    return this.#window.floor;
  }

  /** How selectable fields are read, and which of them may have an index; told once, before anything is selected. */
  select(fieldsOf: FieldsOf | undefined, indexedFields: readonly string[]): void {
    this.#fieldsOf = fieldsOf;
    this.#indexedFields = indexedFields;
  }

  get(key: string): CachedObject | undefined {
    return this.#entries.get(key);
  }

  scan(prefix: string, after: string | undefined, visit: (object: CachedObject) => boolean): void {
    this.#entries.scan(prefix, after, visit);
  }

  /** As `scan`, of no more than what the filter's pinned field leaves where that has an index; the filter's other wishes are the caller's. */
  scanFor({ prefix, pinned }: WatchFilter, after: string | undefined, visit: (object: CachedObject) => boolean): void {
    if (pinned === undefined || !this.#indexedFields.includes(pinned.field)) {
      this.#entries.scan(prefix, after, visit);
      return;
    }
    let index = this.#indexes.get(pinned.field);
    if (index === undefined) this.#indexes.set(pinned.field, (index = new FieldIndex(pinned.field, (each) => { this.#entries.scan('', undefined, each); })));
    index.scan(pinned.value, prefix, after, visit);
  }

  count(prefix: string, after?: string): number {
    return this.#entries.count(prefix, after);
  }

  /** From a stored value, as of any revision: for reads of the past. */
  decode(storeKey: string, value: Value, revision: number): CachedObject {
    return CachedObject.fromStored(storeKey.slice(this.prefix.length), value, revision, this.#selectable);
  }

  /** Puts in what the store held at start. */
  load(storeKey: string, value: Value, revision: number): void {
    this.#entries.set(this.decode(storeKey, value, revision));
    if (revision > this.#changedAt) this.#changedAt = revision;
  }

  /** Puts in what the cache of another server holds of a store with the same content. */
  adopt({ objects, changedAt }: ResourceContents): void {
    this.#entries.fill(objects.map((object) => object.under(this.#selectable)));
    this.#changedAt = changedAt;
  }

  /** All objects as they stand. */
  get contents(): ResourceContents {
    const objects: CachedObject[] = [];
    this.#entries.scan('', undefined, (object) => objects.push(object) > 0);
    return { objects, changedAt: this.#changedAt };
  }

  /** Takes in one committed event. */
  apply(event: StoreEvent): Change {
    let change: Change;
    this.eventsReceived += 1;
    if (event.type === 'put') {
      const { key, value, modRevision } = event.entry;
      const object = this.decode(key, value, modRevision);
      if (value instanceof StoredObject && value.isEncoded && (value.wanted || this.#isObserved)) object.adopt(value.object, { lent: !this.#isObserved });
      const previous = this.#entries.set(object);
      for (const index of this.#indexes.values()) index.set(object);
      change = new Change(previous === undefined ? 'ADDED' : 'MODIFIED', modRevision, object, previous);
    } else {
      const key = event.key.slice(this.prefix.length);
      const previous = this.#entries.delete(key);
      for (const index of this.#indexes.values()) index.delete(key);
      change = new Change('DELETED', event.revision, previous?.at(event.revision) ?? this.decode(event.key, event.previous.value, event.revision), previous);
    }
    this.#changedAt = change.revision;
    this.#window.push(change);
    return change;
  }

  /** Does anybody look at decoded objects as they change? */
  get #isObserved(): boolean {
    return this.#watchers.size > 0 || this.#listeners.size > 0 || this.#indexes.size > 0;
  }

  /** Tells everyone of changes that `apply` took in. */
  publish(changes: readonly Change[]): void {
    for (const change of changes) {
      for (const listener of this.#listeners) listener(change);
      this.#watchers.tell(change);
    }
    this.#watchers.flush();
    for (const change of changes) change.release();
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts a watch with all changes after `revision`, which must not be below `floor`. */
  watchFrom(revision: number, watcher: Watcher): void {
    watcher.start(revision);
    const changes = [...this.#window.after(revision)];
    for (const change of changes) watcher.change(change);
    watcher.flush();
    for (const change of changes) change.release();
    if (!watcher.ended) this.#watchers.add(watcher);
  }

  /** Starts a watch with an ADDED event for everything that exists, in order of key. */
  watchFromNow(watcher: Watcher): void {
    watcher.start(this.#changedAt);
    this.scanFor(watcher.filter, undefined, (object) => {
      watcher.initial(object);
      return !watcher.ended;
    });
    watcher.flush();
    if (!watcher.ended) this.#watchers.add(watcher);
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Forgets changes at and below `revision`. */
  trim(revision: number): void {
    this.#window.trim(revision);
  }

  /** Ends every watch. */
  close(): void {
    for (const watcher of this.#watchers) {
      this.#watchers.delete(watcher);
      watcher.end();
    }
  }
}
