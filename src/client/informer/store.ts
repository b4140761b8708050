import type { KubeObject } from '../../api/meta/object.ts';
import { joinKey, keyOf, namespaceOf } from '../../api/meta/object.ts';

/** The values under which an object is found in an index. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Read access to what an informer holds. Objects are shared and frozen: copy before changing. */
export interface Lister<T extends KubeObject> {
  /** Empty namespace for cluster-scoped objects. */
  get(namespace: string, name: string): T | undefined;
  getByKey(key: string): T | undefined;
  /** All objects, or those of one namespace; in no particular order. */
  list(namespace?: string): readonly T[];
  /** Objects whose index function gave `value`. Throws for an index that was not added. */
  byIndex(index: string, value: string): readonly T[];
  readonly size: number;
}

/** An object that is held, and where each index has it. */
interface Entry<T> {
  object: T;
  readonly values: (readonly string[])[];
}

interface Index<T> {
  readonly values: IndexFunction<T>;
  readonly entries: Map<string, Set<Entry<T>>>;
}

const namespaceIndex = 'namespace';
/** Most indexes are of what few objects have. */
const nowhere: readonly string[] = [];

/** Objects by key, with indexes that follow every change. */
export class ObjectStore<T extends KubeObject> implements Lister<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #names: string[] = [];
  readonly #indexes: Index<T>[] = [];

  /** Adds an index, over what is there already too. Adding the same name again does nothing. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#names.includes(name)) return;
    const index: Index<T> = { values, entries: new Map() };
    this.#names.push(name);
    this.#indexes.push(index);
    for (const entry of this.#entries.values()) insert(index, entry);
  }

  get(namespace: string, name: string): T | undefined {
    return this.#entries.get(joinKey(namespace, name))?.object;
  }

  getByKey(key: string): T | undefined {
    return this.#entries.get(key)?.object;
  }

  list(namespace?: string): readonly T[] {
    if (namespace === undefined || namespace === '') return objectsOf(this.#entries.values());
    // Few are asked by namespace: the index is made for the first who does.
    this.addIndex(namespaceIndex, (object) => [namespaceOf(object)]);
    return this.byIndex(namespaceIndex, namespace);
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes[this.#names.indexOf(name)];
    if (index === undefined) throw new Error(`no index ${JSON.stringify(name)}`);
    const found = index.entries.get(value);
    return found === undefined ? [] : objectsOf(found);
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Puts an object and returns what it replaced. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      const added: Entry<T> = { object, values: [] };
      this.#entries.set(key, added);
      for (const index of this.#indexes) insert(index, added);
      return undefined;
    }
    const old = entry.object;
    entry.object = object;
    for (let i = 0; i < this.#indexes.length; i++) follow(this.#indexes[i]!, entry, i);
    return old;
  }

  delete(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    for (let i = 0; i < this.#indexes.length; i++) remove(this.#indexes[i]!, entry, entry.values[i]!);
    return entry.object;
  }
}

function objectsOf<T>(entries: Iterable<Entry<T>>): T[] {
  const objects: T[] = [];
  for (const entry of entries) objects.push(entry.object);
  return objects;
}

/** Into the index after those that have the entry already. */
function insert<T>(index: Index<T>, entry: Entry<T>): void {
  const values = index.values(entry.object);
  entry.values.push(values.length === 0 ? nowhere : values);
  place(index, entry, values);
}

function place<T>(index: Index<T>, entry: Entry<T>, values: readonly string[]): void {
  for (const value of values) {
    const found = index.entries.get(value);
    if (found === undefined) index.entries.set(value, new Set([entry]));
    else found.add(entry);
  }
}

function remove<T>(index: Index<T>, entry: Entry<T>, values: readonly string[]): void {
  for (const value of values) {
    const found = index.entries.get(value);
    found?.delete(entry);
    if (found?.size === 0) index.entries.delete(value);
  }
}

/** What changes of an object seldom changes where it is found. */
function follow<T>(index: Index<T>, entry: Entry<T>, at: number): void {
  const before = entry.values[at]!;
  const after = index.values(entry.object);
  if (isSame(before, after)) return;
  remove(index, entry, before);
  entry.values[at] = after;
  place(index, entry, after);
}

function isSame(before: readonly string[], after: readonly string[]): boolean {
  if (before.length !== after.length) return false;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) return false;
  return true;
}
