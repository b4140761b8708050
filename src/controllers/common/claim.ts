import type { Selector } from '../../api/meta/labels.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf, nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { isReason } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';

export interface ClaimOptions<T extends KubeObject, O extends KubeObject> {
  readonly client: Client;
  readonly owner: O;
  readonly ownerType: ResourceType<O>;
  readonly type: ResourceType<T>;
  readonly selector: Selector;
  /** What beside the selector an object has to fulfil to be the owner's. */
  readonly belongs?: (object: T) => boolean;
  /** Of the owner's namespace. */
  readonly candidates: readonly T[];
  /** What adopted objects get beside the reference, and released ones lose. */
  readonly finalizer?: string;
  /** Orphans that it refuses are left alone. */
  readonly adoptable?: (object: T) => boolean;
}

/**
 * Which of the candidates belong to the owner, after it has adopted matching orphans and released what does not match
 * any more (upstream's ControllerRefManager). Before the first adoption the owner is read anew: one that is being
 * deleted adopts nothing.
 */
export async function claim<T extends KubeObject, O extends KubeObject>(options: ClaimOptions<T, O>): Promise<T[]> {
  const { client, owner, ownerType, type, selector, candidates, finalizer } = options;
  const uid = uidOf(owner);
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  let mayAdopt: Promise<void> | undefined;
  const claimed: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels) && options.belongs?.(object) !== false;
    if (controller !== undefined) {
      if (controller.uid !== uid) continue;
      if (matches) claimed.push(object);
      else if (!deleting) await release(object);
      continue;
    }
    if (deleting || !matches || object.metadata.deletionTimestamp !== undefined || options.adoptable?.(object) === false) continue;
    await (mayAdopt ??= checkOwner());
    const adopted = await adopt(object);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;

  async function checkOwner(): Promise<void> {
    const fresh = await client.get(ownerType, { namespace: namespaceOf(owner), name: nameOf(owner) });
    if (uidOf(fresh) !== uid) throw new Error(`original ${ownerType.kind} ${namespaceOf(owner)}/${nameOf(owner)} is gone: got uid ${uidOf(fresh)}, wanted ${uid}`);
    if (fresh.metadata.deletionTimestamp !== undefined) throw new Error(`${namespaceOf(owner)}/${nameOf(owner)} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
  }

  async function adopt(object: T): Promise<T | undefined> {
    try {
      return await client.patch(type, { namespace: namespaceOf(object), name: nameOf(object) }, {
        type: 'strategic', value: { metadata: { ownerReferences: [controllerReference(owner, ownerType)], uid: uidOf(object), ...(finalizer !== undefined && { finalizers: [finalizer] }) } },
      });
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async function release(object: T): Promise<void> {
    try {
      await client.patch(type, { namespace: namespaceOf(object), name: nameOf(object) }, {
        type: 'strategic', value: { metadata: { ownerReferences: [{ $patch: 'delete', uid }], uid: uidOf(object), ...(finalizer !== undefined && { '$deleteFromPrimitiveList/finalizers': [finalizer] }) } },
      });
    } catch (error) {
      // Gone (404), or no longer the same object or already released (422): nothing is left to do.
      if (!isReason(error, 'NotFound') && !isReason(error, 'Invalid')) throw error;
    }
  }
}
