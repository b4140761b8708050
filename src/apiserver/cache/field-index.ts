import type { CachedObject } from './cached-object.ts';
import { SortedMap } from './sorted-map.ts';

/**
 * The objects of one resource by the value of one field, in order of key. Made when somebody first selects by the field,
 * kept from then on.
 */
export class FieldIndex {
  readonly #field: string;
  readonly #byValue = new Map<string, SortedMap<CachedObject>>();

  constructor(field: string, objects: (visit: (object: CachedObject) => boolean) => void) {
    this.#field = field;
    objects((object) => {
      this.#add(object);
      return true;
    });
  }

  #valueOf(object: CachedObject): string {
    return object.fields[this.#field] ?? '';
  }

  #add(object: CachedObject): void {
    const value = this.#valueOf(object);
    let objects = this.#byValue.get(value);
    if (objects === undefined) this.#byValue.set(value, (objects = new SortedMap()));
    objects.set(object);
  }

  /** Follows one change: `previous` is what stood there, `object` what stands there now; undefined: nothing. */
  replace(previous: CachedObject | undefined, object: CachedObject | undefined): void {
    if (previous !== undefined) {
      const value = this.#valueOf(previous);
      // The same place, the same value: what follows overwrites it.
      if (object === undefined || this.#valueOf(object) !== value) {
        const objects = this.#byValue.get(value);
        objects?.delete(previous.key);
        if (objects?.size === 0) this.#byValue.delete(value);
      }
    }
    if (object !== undefined) this.#add(object);
  }

  /** The objects of one value, as `SortedMap.scan` visits them. */
  scan(value: string, prefix: string, after: string | undefined, visit: (object: CachedObject) => boolean): void {
    this.#byValue.get(value)?.scan(prefix, after, visit);
  }
}
