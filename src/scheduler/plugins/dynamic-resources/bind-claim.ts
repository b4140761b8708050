import { nameOf, namespaceOf, uidOf } from '../../../api/meta/object.ts';
import { pods, resourceclaims } from '../../../api/resources.ts';
import { isReason } from '../../../api/status.ts';
import type { ContainerExtendedResourceRequest } from '../../../api/types/core/v1.ts';
import type { AllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import { formatTime } from '../../../base/clock.ts';
import type { Client, ObjectRef } from '../../../client/client.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { PendingAllocations } from '../../devices/pending-allocations.ts';
import type { Asking } from '../../until-answered.ts';
import { untilAnswered } from '../../until-answered.ts';
import { claimText, isReservedFor } from './pod-claims.ts';

/** Keeps a claim until the devices are given back. */
const finalizer = 'resource.kubernetes.io/delete-protection';
const maxAttempts = 5;

const refOf = (claim: ResourceClaim): ObjectRef => ({ namespace: namespaceOf(claim), name: nameOf(claim) });

/** Does it with what is known of the claim, and again with the newest when that is not it any more. */
async function withNewest(client: Client, claim: ResourceClaim, act: (now: ResourceClaim) => Promise<ResourceClaim>): Promise<ResourceClaim> {
  let now = claim;
  for (let attempt = 1; ; attempt++) {
    try {
      return await act(now);
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= maxAttempts) throw error;
      now = await client.get(resourceclaims, refOf(claim));
    }
  }
}

/** Writes into the claim what was allocated, if anything was, and that the pod uses it. Rejects when somebody else was faster. */
export function reserveClaim(claim: ResourceClaim, pod: PodInfo, { client, clock, allocation }: { readonly client: Client; readonly clock: Clock; readonly allocation: AllocationResult | undefined }): Promise<ResourceClaim> {
  return withNewest(client, claim, async (given) => {
    let current = given;
    if (current.metadata.deletionTimestamp !== undefined) throw new Error(`claim ${claimText(claim)} got deleted in the meantime`);
    if (isReservedFor(current, pod) && current.status?.allocation !== undefined) return current;
    if (allocation !== undefined) {
      if (current.status?.allocation !== undefined) throw new Error(`claim ${claimText(claim)} got allocated elsewhere in the meantime`);
      if (current.metadata.finalizers?.includes(finalizer) !== true) current = await client.update(resourceclaims, { ...current, metadata: { ...current.metadata, finalizers: [...(current.metadata.finalizers ?? []), finalizer] } });
    }
    const decided = allocation ?? current.status?.allocation;
    if (decided === undefined) throw new Error(`claim ${claimText(claim)} got deallocated elsewhere in the meantime`);
    return client.update(resourceclaims, {
      ...current,
      status: {
        ...current.status,
        allocation: { ...decided, allocationTimestamp: decided.allocationTimestamp ?? formatTime(clock.now()) },
        reservedFor: [...(current.status?.reservedFor ?? []), { resource: 'pods', name: nameOf(pod.pod), uid: pod.uid }],
      },
    }, { subresource: 'status' });
  });
}

/** The pod does not use the claim after all; others may. */
export async function unreserveClaim(client: Client, claim: ResourceClaim, { uid }: PodInfo): Promise<void> {
  await client.patch(resourceclaims, refOf(claim), { type: 'strategic', value: { metadata: { uid: claim.metadata.uid }, status: { reservedFor: [{ $patch: 'delete', uid }] } } }, { subresource: 'status' });
}

/** Asks the server which of these claims have their devices, until that is known of each. `free`: the devices of this one are free. */
export async function lookUp(claims: readonly ResourceClaim[], { client, pending, free, ...asking }: Asking & { readonly client: Client; readonly pending: PendingAllocations; readonly free: (claim: ResourceClaim) => void }): Promise<void> {
  await Promise.all(claims.map(async (claim) => {
    let now: ResourceClaim | undefined;
    try {
      now = await untilAnswered(() => client.get(resourceclaims, refOf(claim)), asking);
    } catch (error) {
      // Stopped, or not allowed to know: that stays open.
      if (!isReason(error, 'NotFound')) return;
    }
    if (now !== undefined && uidOf(now) === uidOf(claim)) pending.found(now);
    else pending.delete(claim);
    if (!pending.has(claim)) free(claim);
  }));
}

/** Gives the claim's devices back, so that others can be tried. */
export async function deallocateClaim(client: Client, claim: ResourceClaim): Promise<void> {
  const { allocation: _allocation, reservedFor: _reservedFor, devices: _devices, ...status } = claim.status ?? {};
  await client.update(resourceclaims, { ...claim, status }, { subresource: 'status' });
}

/** Writes a claim that was in memory only. */
export async function createClaim(client: Client, { metadata, ...claim }: ResourceClaim): Promise<ResourceClaim> {
  const { name: _name, uid: _uid, ...kept } = metadata;
  try {
    return await client.create(resourceclaims, { ...claim, metadata: kept });
  } catch (error) {
    throw new Error(`create claim for extended resources ${claimText({ metadata, ...claim })}: ${(error as Error).message}`, { cause: error });
  }
}

/** Removes a claim that the scheduler made, with the devices that it holds. */
export async function deleteClaim(client: Client, claim: ResourceClaim): Promise<void> {
  await withNewest(client, claim, (now) => client.update(resourceclaims, { ...now, metadata: { ...now.metadata, finalizers: (now.metadata.finalizers ?? []).filter((one) => one !== finalizer) } }));
  await client.delete(resourceclaims, refOf(claim));
}

/** Tells the kubelet which devices of the claim stand for which container's resources. */
export async function tellPod(client: Client, { pod, uid }: PodInfo, { claim, mappings }: { readonly claim: ResourceClaim; readonly mappings: readonly ContainerExtendedResourceRequest[] }): Promise<void> {
  const extendedResourceClaimStatus = { resourceClaimName: nameOf(claim), requestMappings: mappings };
  await client.patch(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, { type: 'strategic', value: { metadata: { uid }, status: { extendedResourceClaimStatus } } }, { subresource: 'status' });
}
