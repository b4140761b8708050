import { nameOf } from '../../../api/meta/object.ts';
import type { ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Lister } from '../../../client/informer/store.ts';
import type { PodInfo } from '../../cache/pod-info.ts';

/** More pods cannot share a claim. */
const maxConsumers = 256;

/** The pod's claims, or what is wrong with them. */
export function claimsOfPod({ pod, namespace, key, uid }: PodInfo, claims: Lister<ResourceClaim>): readonly ResourceClaim[] | string {
  const found: ResourceClaim[] = [];
  for (const { name, resourceClaimName, resourceClaimTemplateName } of pod.spec?.resourceClaims ?? []) {
    let claimName = resourceClaimName;
    if (claimName === undefined) {
      if (resourceClaimTemplateName === undefined) return `pod ${JSON.stringify(key)}, spec.resourceClaim ${JSON.stringify(name)}: pod claim must have either resourceClaimName or resourceClaimTemplateName`;
      const status = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
      if (status === undefined) return `pod ${JSON.stringify(key)}, spec.resourceClaim ${JSON.stringify(name)}: ResourceClaim not created yet`;
      // A template may turn out to need no claim.
      if (status.resourceClaimName === undefined) continue;
      claimName = status.resourceClaimName;
    }
    const claim = claims.get(namespace, claimName);
    if (claim === undefined) return `could not find ResourceClaim "${namespace}/${claimName}"`;
    if (claim.metadata.deletionTimestamp !== undefined) return `resourceclaim ${JSON.stringify(claimName)} is being deleted`;
    if (resourceClaimName === undefined && claim.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) !== true) return `ResourceClaim ${namespace}/${claimName} was not created for pod ${key} (pod is not owner)`;
    found.push(claim);
  }
  return found;
}

export const isReservedFor = ({ status }: ResourceClaim, { uid }: PodInfo): boolean => status?.reservedFor?.some((consumer) => consumer.uid === uid) === true;

/** May one more pod use it? */
export const canBeReserved = ({ status }: ResourceClaim): boolean => (status?.reservedFor ?? []).length < maxConsumers;

export const claimText = (claim: ResourceClaim): string => `${claim.metadata.namespace ?? ''}/${nameOf(claim)}`;
