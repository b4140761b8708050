import type { KubeObject } from '../../api/meta/object.ts';
import { keyOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import type { ObjectReader } from '../cache/reader.ts';

type Listener = (change: { readonly object: KubeObject | undefined; readonly previous: KubeObject | undefined }) => void;

/** An ObjectReader over plain maps that tests fill by hand. */
export class FakeReader implements ObjectReader {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Map<string, Set<Listener>>();

  #of(type: ResourceType<unknown>): Map<string, KubeObject> {
    const key = `${type.group}/${type.resource}`;
    let objects = this.#objects.get(key);
    if (objects === undefined) this.#objects.set(key, (objects = new Map()));
    return objects;
  }

  has(type: ResourceType<unknown>): boolean {
    return this.#objects.has(`${type.group}/${type.resource}`);
  }

  get<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T | undefined {
    return this.#of(type).get(namespace === '' ? name : `${namespace}/${name}`) as T | undefined;
  }

  list<T extends KubeObject>(type: ResourceType<T>, namespace?: string): readonly T[] {
    const keys = [...this.#of(type).keys()].sort();
    return keys.map((key) => this.#of(type).get(key) as T).filter((object) => namespace === undefined || object.metadata.namespace === namespace);
  }

  onChange<T extends KubeObject>(type: ResourceType<T>, listener: (change: { readonly object: T | undefined; readonly previous: T | undefined }) => void): () => void {
    const key = `${type.group}/${type.resource}`;
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(listener as Listener);
    return () => void listeners.delete(listener as Listener);
  }

  /** Creates or replaces. */
  put<T extends KubeObject>(type: ResourceType<T>, ...objects: readonly T[]): void {
    for (const object of objects) {
      const previous = this.#of(type).get(keyOf(object));
      this.#of(type).set(keyOf(object), object);
      this.#notify(type, { object, previous });
    }
  }

  remove<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): void {
    const key = namespace === '' ? name : `${namespace}/${name}`;
    const previous = this.#of(type).get(key);
    this.#of(type).delete(key);
    this.#notify(type, { object: undefined, previous });
  }

  #notify(type: ResourceType<unknown>, change: Parameters<Listener>[0]): void {
    for (const listener of this.#listeners.get(`${type.group}/${type.resource}`) ?? []) listener(change);
  }
}
