import type { AllocationResult, ResourceClaim } from '../../api/types/resource/v1.ts';
import type { Lister } from '../../client/informer/store.ts';

/** For so long a claim that was made is expected to be seen. */
const patienceMs = 120_000;

interface Pending {
  readonly claim: ResourceClaim;
  readonly allocation: AllocationResult;
  /** The claim is not written yet: nobody can see it. */
  readonly unwritten: boolean;
  readonly sinceMs: number;
  /** The allocation is being written, and may be in the claim whatever is heard of it. */
  isTried: boolean;
  /** The claim's version that has it: what is seen at that version or later is the truth. */
  version: bigint | undefined;
}

const versionOf = ({ metadata }: ResourceClaim): bigint => BigInt(metadata.resourceVersion ?? '0');

/** Allocations that are decided and not yet seen in the claims, by the claims' uids. */
export class PendingAllocations {
  readonly #pending = new Map<string, Pending>();
  /** The last of those who write a claim, by its uid. */
  readonly #writing = new Map<string, Promise<ResourceClaim>>();

  has({ metadata }: ResourceClaim): boolean {
    return this.#pending.has(metadata.uid ?? '');
  }

  allocationFor({ metadata }: ResourceClaim): AllocationResult | undefined {
    return this.#pending.get(metadata.uid ?? '')?.allocation;
  }

  set(claim: ResourceClaim, allocation: AllocationResult, { unwritten, nowMs }: { readonly unwritten: boolean; readonly nowMs: number }): void {
    this.#pending.set(claim.metadata.uid ?? '', { claim, allocation, unwritten, sinceMs: nowMs, isTried: false, version: undefined });
  }

  /** It is about to be written. */
  tried({ metadata }: ResourceClaim): void {
    const known = this.#pending.get(metadata.uid ?? '');
    if (known !== undefined) known.isTried = true;
  }

  /** Was it, or may it have been, written? */
  isTried({ metadata }: ResourceClaim): boolean {
    return this.#pending.get(metadata.uid ?? '')?.isTried === true;
  }

  /** Who shares a claim writes one after the other, each into what the one before has written: else they would be in each other's way. */
  inTurn(claim: ResourceClaim, write: (now: ResourceClaim) => Promise<ResourceClaim>): Promise<ResourceClaim> {
    const uid = claim.metadata.uid ?? '';
    const mine = this.#writing.get(uid)?.then(write, () => write(claim)) ?? write(claim);
    this.#writing.set(uid, mine);
    const end = (): void => {
      if (this.#writing.get(uid) === mine) this.#writing.delete(uid);
    };
    mine.then(end, end);
    return mine;
  }

  /** So the claim stands at the server, or stood. */
  found(claim: ResourceClaim): void {
    const known = this.#pending.get(claim.metadata.uid ?? '');
    if (known === undefined) return;
    if (claim.status?.allocation === undefined) this.delete(claim);
    else known.version = versionOf(claim);
  }

  delete({ metadata }: ResourceClaim): void {
    this.#pending.delete(metadata.uid ?? '');
  }

  /** Forgets what the claims say by now, and what was decided for claims that are gone. */
  settle(claims: Lister<ResourceClaim>, nowMs: number): void {
    for (const [uid, { claim, unwritten, sinceMs, version }] of this.#pending) {
      if (unwritten) continue;
      const now = claims.get(claim.metadata.namespace ?? '', claim.metadata.name ?? '');
      const isSeen = now?.metadata.uid === uid ? now.status?.allocation !== undefined || (version !== undefined && versionOf(now) >= version) : now !== undefined || nowMs - sinceMs > patienceMs;
      if (isSeen) this.#pending.delete(uid);
    }
  }

  *allocations(): Iterable<AllocationResult> {
    for (const { allocation } of this.#pending.values()) yield allocation;
  }
}
