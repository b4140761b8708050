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

interface Index<T> {
  readonly values: IndexFunction<T>;
  readonly entries: Map<string, Map<string, T>>;
}

/** Objects by key, with indexes that follow every change. */
export class ObjectStore<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor() {
    this.addIndex('namespace', (object) => [namespaceOf(object)]);
  }

  /** Adds an index, over what is there already too. Adding the same name again does nothing. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { values, entries: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, values(object), object);
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(joinKey(namespace, name));
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined || namespace === '' ? [...this.#objects.values()] : this.byIndex('namespace', namespace);
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`no index ${JSON.stringify(name)}`);
    return [...(index.entries.get(value)?.values() ?? [])];
  }

  get size(): number {
    return this.#objects.size;
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  /** Puts an object and returns what it replaced. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old === undefined) insert(index, key, index.values(object), object);
      else replace(index, key, old, object);
    }
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) remove(index, key, index.values(old));
    return old;
  }
}

function insert<T>(index: Index<T>, key: string, values: readonly string[], object: T): void {
  for (const value of values) {
    let entry = index.entries.get(value);
    if (entry === undefined) index.entries.set(value, entry = new Map());
    entry.set(key, object);
  }
}

function remove<T>(index: Index<T>, key: string, values: readonly string[]): void {
  for (const value of values) {
    const entry = index.entries.get(value);
    entry?.delete(key);
    if (entry?.size === 0) index.entries.delete(value);
  }
}

/** What changes of an object seldom changes where it is found. */
function replace<T>(index: Index<T>, key: string, old: T, object: T): void {
  const before = index.values(old);
  const after = index.values(object);
  const isSame = before.length === after.length && before.every((value, i) => value === after[i]);
  if (!isSame) remove(index, key, before);
  insert(index, key, after, object);
}
