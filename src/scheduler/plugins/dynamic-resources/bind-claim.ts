import { nameOf, namespaceOf } from '../../../api/meta/object.ts';
import { resourceclaims } from '../../../api/resources.ts';
import { isReason } from '../../../api/status.ts';
import type { AllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import { formatTime } from '../../../base/clock.ts';
import type { Client } from '../../../client/client.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { claimText, isReservedFor } from './pod-claims.ts';

/** Keeps a claim until the devices are given back. */
const finalizer = 'resource.kubernetes.io/delete-protection';
const maxAttempts = 5;

/** Writes into the claim what was allocated and that the pod uses it. Rejects when somebody else was faster. */
export async function reserveClaim(claim: ResourceClaim, pod: PodInfo, { client, clock, allocation }: { readonly client: Client; readonly clock: Clock; readonly allocation: AllocationResult | undefined }): Promise<void> {
  const ref = { namespace: namespaceOf(claim), name: nameOf(claim) };
  let now = claim;
  for (let attempt = 1; ; attempt++) {
    try {
      await write(now);
      return;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= maxAttempts) throw error;
      now = await client.get(resourceclaims, ref);
    }
  }

  async function write(given: ResourceClaim): Promise<void> {
    let current = given;
    if (current.metadata.deletionTimestamp !== undefined) throw new Error(`claim ${claimText(claim)} got deleted in the meantime`);
    if (isReservedFor(current, pod) && current.status?.allocation !== undefined) return;
    if (allocation !== undefined) {
      if (current.status?.allocation !== undefined) throw new Error(`claim ${claimText(claim)} got allocated elsewhere in the meantime`);
      if (current.metadata.finalizers?.includes(finalizer) !== true) current = await client.update(resourceclaims, { ...current, metadata: { ...current.metadata, finalizers: [...(current.metadata.finalizers ?? []), finalizer] } });
    }
    const decided = allocation ?? current.status?.allocation;
    if (decided === undefined) throw new Error(`claim ${claimText(claim)} got deallocated elsewhere in the meantime`);
    await client.update(resourceclaims, {
      ...current,
      status: {
        ...current.status,
        allocation: { ...decided, allocationTimestamp: decided.allocationTimestamp ?? formatTime(clock.now()) },
        reservedFor: [...(current.status?.reservedFor ?? []), { resource: 'pods', name: nameOf(pod.pod), uid: pod.uid }],
      },
    }, { subresource: 'status' });
  }
}
