import type { AllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Lister } from '../../../client/informer/store.ts';

/** For so long a claim that was made is expected to be seen. */
const patienceMs = 120_000;

interface Pending {
  readonly claim: ResourceClaim;
  readonly allocation: AllocationResult;
  /** The claim is not written yet: nobody can see it. */
  readonly unwritten: boolean;
  readonly sinceMs: number;
}

/** Allocations that are decided and not yet seen in the claims, by the claims' uids. */
export class PendingAllocations {
  readonly #pending = new Map<string, Pending>();

  has({ metadata }: ResourceClaim): boolean {
    return this.#pending.has(metadata.uid ?? '');
  }

  allocationFor({ metadata }: ResourceClaim): AllocationResult | undefined {
    return this.#pending.get(metadata.uid ?? '')?.allocation;
  }

  set(claim: ResourceClaim, allocation: AllocationResult, { unwritten, nowMs }: { readonly unwritten: boolean; readonly nowMs: number }): void {
    this.#pending.set(claim.metadata.uid ?? '', { claim, allocation, unwritten, sinceMs: nowMs });
  }

  delete({ metadata }: ResourceClaim): void {
    this.#pending.delete(metadata.uid ?? '');
  }

  /** Forgets what the claims say by now, and what was decided for claims that are gone. */
  settle(claims: Lister<ResourceClaim>, nowMs: number): void {
    for (const [uid, { claim, unwritten, sinceMs }] of this.#pending) {
      if (unwritten) continue;
      const now = claims.get(claim.metadata.namespace ?? '', claim.metadata.name ?? '');
      if (now?.metadata.uid === uid ? now.status?.allocation !== undefined : now !== undefined || nowMs - sinceMs > patienceMs) this.#pending.delete(uid);
    }
  }

  *allocations(): Iterable<AllocationResult> {
    for (const { allocation } of this.#pending.values()) yield allocation;
  }
}
