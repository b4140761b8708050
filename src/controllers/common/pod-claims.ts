import { keyOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { Pod, PodResourceClaim } from '../../api/types/core/v1.ts';
import type { ResourceClaim } from '../../api/types/resource/v1.ts';
import { isTerminal } from './pods.ts';

/** Names the entry of a pod's spec.resourceClaims that a claim was made for. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name';

/** More consumers cannot share a claim. */
const maxConsumers = 256;

/** The pod whose controlled object the claim is. */
export function owningPod({ metadata }: ResourceClaim): { readonly name: string; readonly uid: string } | undefined {
  return metadata.ownerReferences?.find(({ controller, apiVersion, kind }) => controller === true && apiVersion === 'v1' && kind === 'Pod');
}

/** Why the claim is not the pod's own; undefined when it is. */
export function notFor(pod: Pod, claim: ResourceClaim): string | undefined {
  const isOwner = claim.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === pod.metadata.uid) === true;
  return isOwner && namespaceOf(claim) === namespaceOf(pod) ? undefined : `ResourceClaim ${keyOf(claim)} was not created for pod ${keyOf(pod)} (pod is not owner)`;
}

/** Is the claim allocated, not the pod's yet, and free for one more? */
export function canReserve(pod: Pod, { status }: ResourceClaim): boolean {
  const reservedFor = status?.reservedFor ?? [];
  return status?.allocation !== undefined && !reservedFor.some(({ uid }) => uid === pod.metadata.uid) && reservedFor.length < maxConsumers;
}

/** No container of the pod runs, and none ever will. */
export const isDone = (pod: Pod): boolean => isTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && (pod.spec?.nodeName ?? '') === '');

const maxBaseLength = 57;

/** The start of the name of a claim that is made for a pod; both names are cut in proportion where they are too long. */
export function generateNameFor(pod: Pod, podClaim: PodResourceClaim): string {
  const [podName, claimName] = [nameOf(pod), podClaim.name];
  const full = `${podName}-${claimName}-`;
  if (full.length <= maxBaseLength) return full;
  const base = podName.slice(0, Math.floor((podName.length * maxBaseLength) / full.length));
  // Upstream measures the claim's part against the name that it is just cutting, and sets no hyphen behind it.
  return `${base}-${claimName.slice(0, Math.floor((claimName.length * maxBaseLength) / full.length))}`;
}
