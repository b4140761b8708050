import { keyOf } from '../meta/object.ts';
import type { Pod, PodResourceClaim } from '../types/core/v1.ts';

/** Which claim an entry of a pod means. */
export type NamedClaim =
  /** The template turned out to need none. */
  | { readonly kind: 'none' }
  /** Not made yet. */
  | { readonly kind: 'missing' }
  /** `generated`: made from a template, so that it must be the pod's own. */
  | { readonly kind: 'named'; readonly name: string; readonly generated: boolean };

/** Throws an Error for an entry that names neither a claim nor a template. */
export function claimFor(pod: Pod, { name, resourceClaimName, resourceClaimTemplateName }: PodResourceClaim): NamedClaim {
  if (resourceClaimName !== undefined) return { kind: 'named', name: resourceClaimName, generated: false };
  if (resourceClaimTemplateName === undefined) throw new Error(`pod ${JSON.stringify(keyOf(pod))}, spec.resourceClaim ${JSON.stringify(name)}: pod claim must have either resourceClaimName or resourceClaimTemplateName`);
  const status = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  if (status === undefined) return { kind: 'missing' };
  return status.resourceClaimName === undefined ? { kind: 'none' } : { kind: 'named', name: status.resourceClaimName, generated: true };
}

/** Names of the claims that the entries of the pod are known to mean. */
export function claimNamesOf(pod: Pod): string[] {
  const entries = pod.spec?.resourceClaims ?? [];
  if (entries.length === 0) return [];
  const names = entries.flatMap((entry) => {
    if (entry.resourceClaimName === undefined && entry.resourceClaimTemplateName === undefined) return [];
    const claim = claimFor(pod, entry);
    return claim.kind === 'named' ? [claim.name] : [];
  });
  return [...new Set(names)];
}

/** The same with the claim that the scheduler made for the pod's extended resources. */
export function allClaimNamesOf(pod: Pod): string[] {
  const names = claimNamesOf(pod);
  const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  return extended === undefined ? names : [...names, extended];
}
