/** Devices that have to be made ready, by their drivers, before a pod that uses them is bound (KEP-5007). */
import { findCondition } from '../../../api/meta/conditions.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { DeviceRequestAllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';

const results = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status?.allocation?.devices?.results ?? [];

/** Is there anything to wait for? */
export const hasBindingConditions = (claim: ResourceClaim): boolean => results(claim).some(({ bindingConditions = [] }) => bindingConditions.length > 0);

/** `failed` says what went wrong; `waiting`: a condition is not there yet. */
export type Readiness = { readonly kind: 'ready' } | { readonly kind: 'waiting' } | { readonly kind: 'failed'; readonly message: string };

/** How far the devices of an allocated claim are. */
export function readinessOf(claim: ResourceClaim): Readiness {
  if (claim.status?.allocation === undefined) return { kind: 'waiting' };
  for (const { driver, pool, device, bindingConditions = [], bindingFailureConditions = [] } of results(claim)) {
    if (bindingConditions.length === 0) continue;
    const conditions = claim.status.devices?.find((one) => one.driver === driver && one.pool === pool && one.device === device)?.conditions;
    if (conditions === undefined) return { kind: 'waiting' };
    for (const type of bindingFailureConditions) {
      const failed = findCondition(conditions, type);
      if (failed?.status === 'True') return { kind: 'failed', message: `device binding failed: claim=${claim.metadata.name ?? ''}, reason=${failed.reason}, message=${JSON.stringify(failed.message)}` };
    }
    if (bindingConditions.some((type) => findCondition(conditions, type)?.status !== 'True')) return { kind: 'waiting' };
  }
  return { kind: 'ready' };
}

/** Have the devices had their time? It counts from when they were allocated. */
export function isOverdue(claim: ResourceClaim, { timeoutMs, nowMs }: { readonly timeoutMs: number; readonly nowMs: number }): boolean {
  const allocatedMs = parseTime(claim.status?.allocation?.allocationTimestamp ?? '');
  return allocatedMs !== undefined && results(claim).some(({ bindingConditions }) => bindingConditions !== undefined) && allocatedMs + timeoutMs < nowMs;
}
