import { keyOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import { pods, resourceclaims } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ResourceClaim, ResourceClaimConsumerReference } from '../../api/types/resource/v1.ts';
import type { Client } from '../../client/client.ts';
import type { Lister } from '../../client/informer/store.ts';
import { messageOf } from '../common/errors.ts';
import { isDone, owningPod } from '../common/pod-claims.ts';

const finalizer = 'resource.kubernetes.io/delete-protection';

export interface ClaimParts {
  readonly client: Client;
  readonly pods: Lister<Pod>;
  /** Pods of these uids were seen to go. */
  readonly gone: { has(uid: string): boolean };
}

/**
 * Takes pods that will not run off a claim's consumers, takes the allocation back with the last of them, and deletes a
 * claim that was made for a pod once that pod is done with it.
 */
export async function syncClaim(claim: ResourceClaim, parts: ClaimParts): Promise<void> {
  const { client } = parts;
  const reservedFor = claim.status?.reservedFor ?? [];
  const remaining: ResourceClaimConsumerReference[] = [];
  for (const consumer of reservedFor) if (await stillUses(claim, consumer, parts)) remaining.push(consumer);
  const isHeld = claim.metadata.finalizers?.includes(finalizer) === true;
  if (remaining.length < reservedFor.length) {
    const written = await writeStatus(client, claim, { reservedFor: remaining, deallocate: remaining.length === 0 && isHeld });
    if (written.status?.allocation === undefined) await letGo(client, written);
  } else if (isHeld && claim.metadata.deletionTimestamp !== undefined && remaining.length === 0) {
    await letGo(client, claim.status?.allocation === undefined ? claim : await writeStatus(client, claim, { reservedFor: remaining, deallocate: true }));
  }
  if (remaining.length === 0) await deleteUnused(claim, parts);
}

async function stillUses(claim: ResourceClaim, { apiGroup = '', resource, name, uid }: ResourceClaimConsumerReference, parts: ClaimParts): Promise<boolean> {
  // What else uses claims, we cannot judge.
  if (apiGroup !== '' || resource !== 'pods') return true;
  if (parts.gone.has(uid)) return false;
  const pod = parts.pods.get(namespaceOf(claim), name);
  if (pod !== undefined) return pod.metadata.uid === uid && !isDone(pod);
  // The cache may be behind: taking the claim from a pod that is being scheduled would be bad.
  try {
    return (await parts.client.get(pods, { namespace: namespaceOf(claim), name })).metadata.uid === uid;
  } catch (error) {
    if (isReason(error, 'NotFound')) return false;
    throw error;
  }
}

function writeStatus(client: Client, claim: ResourceClaim, { reservedFor, deallocate }: { readonly reservedFor: readonly ResourceClaimConsumerReference[]; readonly deallocate: boolean }): Promise<ResourceClaim> {
  const { reservedFor: _before, allocation, ...others } = claim.status ?? {};
  const status = { ...others, ...(reservedFor.length > 0 && { reservedFor: [...reservedFor] }), ...(allocation !== undefined && !deallocate && { allocation }) };
  // An update and no patch: it is to fail when anything changed meanwhile.
  return client.update(resourceclaims, { ...claim, status }, { subresource: 'status' });
}

async function letGo(client: Client, claim: ResourceClaim): Promise<void> {
  const finalizers = claim.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return;
  await client.update(resourceclaims, { ...claim, metadata: { ...claim.metadata, finalizers: finalizers.filter((one) => one !== finalizer) } });
}

/** The garbage collector would do it when the pod goes; but finished pods may stay long. */
async function deleteUnused(claim: ResourceClaim, parts: ClaimParts): Promise<void> {
  const owner = owningPod(claim);
  const pod = owner === undefined ? undefined : parts.pods.get(namespaceOf(claim), owner.name);
  if (owner === undefined || pod === undefined || (pod.metadata.uid === owner.uid && !isDone(pod))) return;
  try {
    await parts.client.delete(resourceclaims, { namespace: namespaceOf(claim), name: nameOf(claim) });
  } catch (error) {
    if (isReason(error, 'NotFound')) return;
    throw new Error(`delete unused generated claim ${keyOf(claim)}: ${messageOf(error)}`, { cause: error });
  }
}
