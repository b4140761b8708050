import type { KubeObject } from '../../api/meta/object.ts';

/** What tells how far a cache has come: an informer. */
interface Cache { readonly lastSyncResourceVersion: string }

/** A cache does not show yet what was written. */
export class StaleCacheError extends Error {
  readonly cache: Cache;

  constructor(cache: Cache, written: string) {
    super(`read version: ${cache.lastSyncResourceVersion} is not as new as written version: ${written}`);
    this.name = 'StaleCacheError';
    this.cache = cache;
  }
}

/** Is a version later than, or the same as, another? Versions are decimal numbers without leading zeros. */
export function isAtLeast(version: string, other: string): boolean {
  return version.length === other.length ? version >= other : version.length > other.length;
}

/**
 * What a controller wrote, by the key that it wrote for: while a cache has not come as far, acting on it would do things
 * twice (KEP-5647, upstream's ConsistencyStore).
 */
export class WrittenVersions {
  readonly #written = new Map<string, Map<Cache, string>>();

  wrote(key: string, cache: Cache, object: KubeObject): void {
    const version = object.metadata.resourceVersion;
    if (version === undefined) return;
    let versions = this.#written.get(key);
    if (versions === undefined) this.#written.set(key, versions = new Map());
    const known = versions.get(cache);
    if (known === undefined || !isAtLeast(known, version)) versions.set(cache, version);
  }

  /** Does a cache not show all yet that was written for the key? */
  isBehind(key: string): boolean {
    return this.#unseen(key) !== undefined;
  }

  /** Throws a StaleCacheError while a cache does not show all that was written for the key. */
  ensureSeen(key: string): void {
    const unseen = this.#unseen(key);
    if (unseen !== undefined) throw new StaleCacheError(unseen.cache, unseen.written);
  }

  #unseen(key: string): { readonly cache: Cache; readonly written: string } | undefined {
    for (const [cache, written] of this.#written.get(key) ?? []) {
      if (!isAtLeast(cache.lastSyncResourceVersion, written)) return { cache, written };
    }
    this.#written.delete(key);
    return undefined;
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}
