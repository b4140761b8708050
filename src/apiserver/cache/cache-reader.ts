import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { deepFreeze } from './freeze.ts';
import type { CachedObject } from './cached-object.ts';
import type { ObjectReader } from './reader.ts';
import type { ResourceCache } from './resource-cache.ts';
import type { ServedResources } from '../served-resources.ts';

interface Opened {
  readonly cache: ResourceCache;
  readonly decode: (object: CachedObject) => KubeObject;
}

/** ObjectReader over the watch cache. Objects come in the version that their type names. */
export class CacheReader implements ObjectReader {
  readonly #resources: ServedResources;
  /** By type, of which there are few and they stay: every pod that is created reads several. */
  readonly #opened = new WeakMap<ResourceType<unknown>, Opened>();

  constructor(resources: ServedResources) {
    this.#resources = resources;
  }

  #open(type: ResourceType<unknown>): Opened {
    const known = this.#opened.get(type);
    if (known !== undefined) return known;
    const storage = this.#resources.storage(type.group, type.resource);
    if (storage === undefined) throw new Error(`${type.resource}.${type.group} is not stored`);
    const conversion = this.#resources.find(type.group, type.version, type.resource)?.conversion;
    const opened: Opened = { cache: storage.cache, decode: conversion === undefined ? (object) => object.object : (object) => deepFreeze(conversion.fromStored(object.object)) };
    this.#opened.set(type, opened);
    return opened;
  }

  has(type: ResourceType<unknown>): boolean {
    return this.#resources.storage(type.group, type.resource) !== undefined;
  }

  get<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T | undefined {
    const { cache, decode } = this.#open(type);
    const found = cache.get(namespace === '' ? name : `${namespace}/${name}`);
    return found === undefined ? undefined : (decode(found) as T);
  }

  list<T extends KubeObject>(type: ResourceType<T>, namespace?: string): readonly T[] {
    const { cache, decode } = this.#open(type);
    const found: T[] = [];
    cache.scan(namespace === undefined ? '' : `${namespace}/`, undefined, (object) => found.push(decode(object) as T) > 0);
    return found;
  }

  onChange<T extends KubeObject>(type: ResourceType<T>, listener: (change: { readonly object: T | undefined; readonly previous: T | undefined }) => void): () => void {
    const { cache, decode } = this.#open(type);
    return cache.onChange((change) => listener({
      object: change.type === 'DELETED' ? undefined : (decode(change.object) as T),
      previous: change.previous === undefined ? undefined : (decode(change.previous) as T),
    }));
  }
}
