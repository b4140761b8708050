import type { CachedObject } from './cached-object.ts';
import { SortedMap } from './sorted-map.ts';

/**
 * The objects of one resource by the value of one field, in order of key. Made when somebody first selects by the field,
 * kept from then on.
 */
export class FieldIndex {
  readonly #field: string;
  readonly #byValue = new Map<string, SortedMap<CachedObject>>();
  /** By key: so that what an object was need not be decoded again. */
  readonly #values = new Map<string, string>();

  constructor(field: string, objects: (visit: (object: CachedObject) => boolean) => void) {
    this.#field = field;
    objects((object) => {
      this.set(object);
      return true;
    });
  }

  /** Takes an object in, in the place of what had its key. */
  set(object: CachedObject): void {
    const { key } = object;
    const value = object.field(this.#field);
    const before = this.#values.get(key);
    if (before !== undefined && before !== value) this.delete(key);
    this.#values.set(key, value);
    let objects = this.#byValue.get(value);
    if (objects === undefined) this.#byValue.set(value, (objects = new SortedMap()));
    objects.set(object);
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    const objects = this.#byValue.get(value);
    objects?.delete(key);
    if (objects?.size === 0) this.#byValue.delete(value);
  }

  /** The objects of one value, as `SortedMap.scan` visits them. */
  scan(value: string, prefix: string, after: string | undefined, visit: (object: CachedObject) => boolean): void {
    this.#byValue.get(value)?.scan(prefix, after, visit);
  }
}
