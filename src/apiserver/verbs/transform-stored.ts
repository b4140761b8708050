import { StoredObject } from '../../api/codec/stored.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { notFoundError } from '../../api/status.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Core } from '../core.ts';
import type { WriteOrigin } from '../provenance/provenance.ts';
import type { StoredResource } from '../served-resources.ts';
import { objectKey } from './get.ts';
import { existingOf, put } from './store-object.ts';

/**
 * Changes an object from inside the server, past admission and the resource's own rules. `change` gets a copy of which
 * the first two levels are its own, to be changed in place (`pod.spec.nodeName`); what is below is shared and frozen, to be
 * replaced. It throws to refuse, and runs again when somebody else wrote meanwhile. Throws NotFound.
 */
export async function transformStored<T extends KubeObject>(core: Core, served: StoredResource, target: { readonly namespace: string; readonly name: string }, options: { readonly dryRun: boolean; readonly origin: WriteOrigin; change(object: T): void }): Promise<CachedObject> {
  const key = objectKey(target.namespace, target.name);
  const waiting = core.cache.fresh();
  if (waiting !== undefined) await waiting;
  let existing = await existingOf(served, key);
  for (;;) {
    if (existing === undefined) throw notFoundError(served.schema, target.name);
    const object = copyOf(existing.object as T);
    options.change(object);
    if (options.dryRun) return existing;
    const result = await put(core, served, key, new StoredObject(object), existing.revision);
    if (result.ok) {
      core.provenance.wrote(served.storage, key, { operation: 'updated', revision: result.object.revision, uid: object.metadata.uid }, options.origin);
      return result.object;
    }
    existing = result.current;
  }
}

function copyOf<T extends KubeObject>(object: T): T {
  const copy: Record<string, unknown> = { ...(object as KubeObject & Record<string, unknown>) };
  for (const name in copy) {
    const member = copy[name];
    if (typeof member === 'object' && member !== null) copy[name] = Array.isArray(member) ? [...(member as unknown[])] : { ...member };
  }
  return copy as unknown as T;
}
