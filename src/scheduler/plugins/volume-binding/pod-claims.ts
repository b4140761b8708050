import { joinKey } from '../../../api/meta/object.ts';
import { classOfClaim, classOfVolume, isFullyBound } from '../../../api/storage/persistent-volumes.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { StorageClass } from '../../../api/types/storage/v1.ts';
import type { Lister } from '../../../client/informer/store.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { claimsOf } from '../../cache/pod-info.ts';
import { isOwnedBy } from '../common/ephemeral-claims.ts';
import type { AssumeCache } from './assume-cache.ts';

/** The claims of a pod, by what is to be done about them. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** To be bound when the node is chosen. */
  readonly delayed: readonly PersistentVolumeClaim[];
  /** To be bound before: by the volume controller. */
  readonly immediate: readonly PersistentVolumeClaim[];
  /** Volumes of the classes of the delayed ones. */
  readonly volumes: ReadonlyMap<string, readonly PersistentVolume[]>;
}

export interface ClaimSources {
  readonly claims: AssumeCache<PersistentVolumeClaim>;
  readonly volumes: AssumeCache<PersistentVolume>;
  readonly classes: Lister<StorageClass>;
}

/** What is wrong with the pod's claims, so that no node would do; undefined when nothing is. */
export function claimProblem(pod: PodInfo, claims: Lister<PersistentVolumeClaim>): string | undefined {
  for (const { name, ephemeral } of claimsOf(pod.pod)) {
    const quoted = JSON.stringify(name);
    const claim = claims.get(pod.namespace, name);
    if (claim === undefined) return ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}` : `persistentvolumeclaim ${quoted} not found`;
    if (claim.status?.phase === 'Lost') return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec?.volumeName ?? '')}`;
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim ${quoted} is being deleted`;
    if (ephemeral && !isOwnedBy(claim, pod.pod)) return `PVC ${pod.namespace}/${name} was not created for pod ${pod.key} (pod is not owner)`;
  }
  return undefined;
}

/** Sorts the pod's claims. Throws for a class that does not say when it binds. */
export function claimsByState(pod: PodInfo, { claims, volumes, classes }: ClaimSources): PodClaims {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  const immediate: PersistentVolumeClaim[] = [];
  for (const { name } of claimsOf(pod.pod)) {
    const claim = claims.get(joinKey(pod.namespace, name));
    if (claim === undefined) throw new Error(`error getting PVC ${JSON.stringify(joinKey(pod.namespace, name))}: could not find v1.PersistentVolumeClaim`);
    if (isFullyBound(claim)) bound.push(claim);
    // A claim that names its volume is bound by the controller alone.
    else if (isDelayed(claim, classes) && (claim.spec?.volumeName ?? '') === '') delayed.push(claim);
    else immediate.push(claim);
  }
  const wanted = new Set(delayed.map(classOfClaim));
  const byClass = new Map<string, PersistentVolume[]>([...wanted].map((className) => [className, []]));
  if (wanted.size > 0) for (const volume of volumes.list()) byClass.get(classOfVolume(volume))?.push(volume);
  return { bound, delayed, immediate, volumes: byClass };
}

function isDelayed(claim: PersistentVolumeClaim, classes: Lister<StorageClass>): boolean {
  const className = classOfClaim(claim);
  const storageClass = className === '' ? undefined : classes.get('', className);
  if (storageClass === undefined) return false;
  if (storageClass.volumeBindingMode === undefined) throw new Error(`VolumeBindingMode not set for StorageClass ${JSON.stringify(className)}`);
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer';
}
