import { StoredObject } from '../../api/codec/stored.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Entry } from '../../store/store.ts';
import { CachedObject } from '../cache/cached-object.ts';
import type { Core } from '../core.ts';
import type { CustomVersion } from '../custom-resources/custom-version.ts';
import type { Storage, StoredResource } from '../served-resources.ts';

export type PutResult =
  | { readonly ok: true; readonly object: CachedObject }
  /** What stands there instead; undefined: nothing. */
  | { readonly ok: false; readonly current: CachedObject | undefined };

/**
 * Writes one object if the key stands at `expectedRevision` (0: does not exist). Resolves once the write is durable
 * and visible in the cache. The object must not be changed afterwards.
 */
export function put(core: Core, served: Pick<StoredResource, 'storage' | 'custom'>, key: string, stored: StoredObject, expectedRevision: number): Promise<PutResult> {
  return served.custom === undefined ? putStored(core, served.storage, key, stored, expectedRevision) : putCustom(core, { storage: served.storage, custom: served.custom }, key, stored.object, expectedRevision);
}

async function putCustom(core: Core, { storage, custom }: Pick<StoredResource, 'storage'> & { readonly custom: CustomVersion }, key: string, object: KubeObject, expectedRevision: number): Promise<PutResult> {
  const result = await putStored(core, storage, key, new StoredObject(await custom.toStored(object)), expectedRevision);
  if (result.ok) {
    custom.written(result.object);
    return { ok: true, object: await custom.view(result.object) };
  }
  return { ok: false, current: result.current && await custom.view(result.current) };
}

/** What stands under a key, in the version of the request. Synchronous for built-in kinds. */
export function existingOf({ storage, custom }: StoredResource, key: string): CachedObject | undefined | Promise<CachedObject> {
  const existing = storage.cache.get(key);
  return existing === undefined || custom === undefined ? existing : custom.view(existing);
}

async function putStored(core: Core, storage: Storage, key: string, value: StoredObject, expectedRevision: number): Promise<PutResult> {
  const result = await core.store.write({ type: 'put', key: storage.cache.prefix + key, value, expectedRevision });
  if (!result.ok) return { ok: false, current: currentOf(storage, key, result.current) };
  const cached = storage.cache.get(key);
  if (cached !== undefined && cached.revision === result.revision) return { ok: true, object: cached };
  return { ok: true, object: storage.cache.decode(storage.cache.prefix + key, value, result.revision) };
}

export type RemoveResult =
  /** The last state, under the revision of the deletion. */
  | { readonly ok: true; readonly object: CachedObject }
  | { readonly ok: false; readonly current: CachedObject | undefined };

/** Removes one object if it stands at `expectedRevision`. */
export async function remove(core: Core, served: Pick<StoredResource, 'storage' | 'custom'>, key: string, expectedRevision: number): Promise<RemoveResult> {
  const { storage, custom } = served;
  const removed = await removeStored(core, storage, key, expectedRevision);
  if (custom === undefined) return removed;
  if (removed.ok) return { ok: true, object: await custom.view(removed.object) };
  return { ok: false, current: removed.current && await custom.view(removed.current) };
}

async function removeStored(core: Core, storage: Storage, key: string, expectedRevision: number): Promise<RemoveResult> {
  const existing = storage.cache.get(key);
  const result = await core.store.write({ type: 'delete', key: storage.cache.prefix + key, expectedRevision });
  if (!result.ok) return { ok: false, current: currentOf(storage, key, result.current) };
  const { value, modRevision } = result.previous!;
  // The cache has mostly decoded it already.
  if (existing?.revision === modRevision) return { ok: true, object: existing.at(result.revision) };
  return { ok: true, object: storage.cache.decode(storage.cache.prefix + key, value, result.revision) };
}

function currentOf(storage: Storage, key: string, entry: Entry | undefined): CachedObject | undefined {
  if (entry === undefined) return undefined;
  const cached = storage.cache.get(key);
  return cached !== undefined && cached.revision === entry.modRevision ? cached : storage.cache.decode(entry.key, entry.value, entry.modRevision);
}

/** What a dry run answers: the object as it would stand, under the revision that it has now (0: none). */
export function dryRunObject(key: string, object: KubeObject, revision: number): CachedObject {
  if (revision === 0) delete object.metadata.resourceVersion;
  else object.metadata.resourceVersion = String(revision);
  return CachedObject.fromObject(key, object, revision);
}
