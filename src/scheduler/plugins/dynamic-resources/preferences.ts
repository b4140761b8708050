import type { AllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';

/** What the first of a request's alternatives is worth. */
const most = 8;

/** Do the claims name alternatives? */
export const haveAlternatives = (claims: readonly ResourceClaim[]): boolean => claims.some(({ spec }) => spec.devices?.requests?.some(({ firstAvailable = [] }) => firstAvailable.length > 0) === true);

/** How far up in their lists the alternatives are that the claims were given, or would be. */
export function preferenceOf(claims: readonly ResourceClaim[], allocations: readonly AllocationResult[]): number {
  let score = 0;
  let next = 0;
  for (const { spec, status } of claims) {
    const allocation = status?.allocation ?? allocations[next++];
    const chosen = new Set(allocation?.devices?.results?.map(({ request }) => request));
    for (const { name, firstAvailable = [] } of spec.devices?.requests ?? []) for (const [i, one] of firstAvailable.entries()) if (chosen.has(`${name}/${one.name}`)) score += most - i;
  }
  return score;
}
