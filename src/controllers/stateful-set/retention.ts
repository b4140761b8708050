import type { KubeObject } from '../../api/meta/object.ts';
import { nameOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { apiVersionOf } from '../../api/resource-type.ts';
import { pods, statefulsets } from '../../api/resources.ts';
import type { StatefulSet } from '../../api/types/apps/v1.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts';
import type { OwnerReference } from '../../api/types/meta/v1.ts';
import { inOrdinalRange } from './identity.ts';

/** When claims go: with the set, or when their pod is scaled away. */
function policyOf(set: StatefulSet): { readonly deletedWithSet: boolean; readonly deletedWhenScaled: boolean } {
  const policy = set.spec?.persistentVolumeClaimRetentionPolicy;
  return { deletedWithSet: policy?.whenDeleted === 'Delete', deletedWhenScaled: policy?.whenScaled === 'Delete' };
}

export const deletesWhenScaled = (set: StatefulSet): boolean => policyOf(set).deletedWhenScaled;

const referencesOf = (claim: PersistentVolumeClaim): readonly OwnerReference[] => claim.metadata.ownerReferences ?? [];
/** Does the reference name the object, whatever its uid? */
const names = (reference: OwnerReference, object: KubeObject, type: ResourceType<unknown>): boolean =>
  reference.apiVersion === apiVersionOf(type) && reference.kind === type.kind && reference.name === nameOf(object);
// A pod that has not been created has no uid, and nothing refers to it.
const isOwnedBy = (claim: PersistentVolumeClaim, owner: KubeObject): boolean => referencesOf(claim).some(({ uid }) => uid === owner.metadata.uid);

/** Does the claim refer to an earlier object of the owner's name? */
function isStale(claim: PersistentVolumeClaim, owner: KubeObject, type: ResourceType<unknown>): boolean {
  const reference = referencesOf(claim).find((one) => names(one, owner, type));
  return reference !== undefined && reference.uid !== owner.metadata.uid;
}

/** Does the claim refer to an earlier pod of this name? Then it is about to be deleted, and the pod has to wait. */
export const isStaleForPod = (claim: PersistentVolumeClaim, pod: Pod): boolean => isStale(claim, pod, pods);

/** Is something else than the set and its pod in charge of a claim that the policy says may have to go? */
export function hasUnexpectedController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  const { deletedWithSet, deletedWhenScaled } = policyOf(set);
  if (!deletedWithSet && !deletedWhenScaled) return false;
  return referencesOf(claim).some((reference) => {
    if (names(reference, set, statefulsets)) return reference.uid !== set.metadata.uid;
    if (names(reference, pod, pods)) return reference.uid !== pod.metadata.uid;
    return reference.controller === true;
  });
}

/** Who has to own the claim. */
function wantedOwners(set: StatefulSet, pod: Pod): { readonly set: boolean; readonly pod: boolean } {
  const { deletedWithSet, deletedWhenScaled } = policyOf(set);
  const scaledAway = deletedWhenScaled && !inOrdinalRange(set, pod);
  return { set: deletedWithSet && !scaledAway, pod: scaledAway };
}

/** Is nothing to be changed about who owns the claim? Also when it is in a state that nobody should touch. */
export function ownersMatch(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  if (isStale(claim, set, statefulsets) || isStale(claim, pod, pods)) return true;
  const [bySet, byPod] = [isOwnedBy(claim, set), isOwnedBy(claim, pod)];
  if (hasUnexpectedController(claim, set, pod)) return !bySet && !byPod;
  const weak = referencesOf(claim).some(({ uid, controller }) => (uid === set.metadata.uid || uid === pod.metadata.uid) && controller !== true);
  if (weak) return false;
  const wanted = wantedOwners(set, pod);
  return bySet === wanted.set && byPod === wanted.pod;
}

/** The claim with the owners that the set's policy asks for; with neither when something else is in charge of it. */
export function withOwners(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): PersistentVolumeClaim {
  const ownerReferences = referencesOf(claim).filter((reference) => !names(reference, set, statefulsets) && !names(reference, pod, pods));
  if (!hasUnexpectedController(claim, set, pod)) {
    const wanted = wantedOwners(set, pod);
    if (wanted.pod) ownerReferences.push(controllerReference(pod, pods));
    if (wanted.set) ownerReferences.push(controllerReference(set, statefulsets));
  }
  return { ...claim, metadata: { ...claim.metadata, ownerReferences } };
}
