import type { KubeObject } from '../../../api/meta/object.ts';
import { keyOf } from '../../../api/meta/object.ts';
import type { Lister } from '../../../client/informer/store.ts';

/**
 * Objects as they are about to be: what was decided counts until the API tells of a newer state. `base` is the version
 * that the decision was made upon.
 */
export class AssumeCache<T extends KubeObject> {
  readonly #lister: Lister<T>;
  readonly #assumed = new Map<string, { readonly object: T; readonly base: string | undefined }>();

  constructor(lister: Lister<T>) {
    this.#lister = lister;
  }

  get(key: string): T | undefined {
    const known = this.#lister.getByKey(key);
    const assumed = this.#assumed.get(key);
    if (assumed === undefined) return known;
    if (known !== undefined && known.metadata.resourceVersion === assumed.base) return assumed.object;
    this.#assumed.delete(key);
    return known;
  }

  list(): T[] {
    return this.#lister.list().flatMap((object) => this.get(keyOf(object)) ?? []);
  }

  assume(object: T): void {
    this.#assumed.set(keyOf(object), { object, base: object.metadata.resourceVersion });
  }

  restore(object: KubeObject): void {
    this.#assumed.delete(keyOf(object));
  }
}
