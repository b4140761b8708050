import { mapsEqual, semanticEqual } from '../api/meta/equal.ts';
import { nameOf, uidOf } from '../api/meta/object.ts';
import type { ContainerStatus, Node, Pod } from '../api/types/core/v1.ts';
import type { ClusterCache } from './cache/cluster-cache.ts';
import type { PodGroupStates } from './cache/pod-group-states.ts';
import { groupNameOf } from './cache/pod-group-states.ts';
import { isResizeInfeasible } from './cache/effective-requests.ts';
import type { PodInfo } from './cache/pod-info.ts';
import { podInfoOf } from './cache/pod-info.ts';
import { isScaledDown, nodeChanges } from './framework/events.ts';
import type { Profile } from './framework/profile.ts';
import type { Nominator } from './queue/nominator.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

const isAssigned = (pod: Pod): boolean => pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '';
const isDone = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
const isLeaving = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

/** Of a pod that has a node, may what the scheduler counts have changed? Most updates are of the status alone. */
function countsOtherwise(old: Pod, pod: Pod): boolean {
  return isLeaving(old) !== isLeaving(pod) || !mapsEqual(old.metadata.labels, pod.metadata.labels) || !semanticEqual(old.spec, pod.spec)
    // While it is resized in place, what it has counts, too.
    || isGrantedOtherwise(old.status, pod.status) || isResizeInfeasible(old) !== isResizeInfeasible(pod)
    || haveContainersOtherwise(old.status?.containerStatuses, pod.status?.containerStatuses)
    || haveContainersOtherwise(old.status?.initContainerStatuses, pod.status?.initContainerStatuses);
}

type Granted = Pick<ContainerStatus, 'allocatedResources' | 'resources'>;

const isGrantedOtherwise = (old: Granted | undefined, now: Granted | undefined): boolean => !semanticEqual(old?.resources, now?.resources) || !semanticEqual(old?.allocatedResources, now?.allocatedResources);

/** The kubelet lists its containers in one order. */
function haveContainersOtherwise(old: readonly Granted[] | undefined, now: readonly Granted[] | undefined): boolean {
  for (let i = 0; i < Math.max(old?.length ?? 0, now?.length ?? 0); i++) if (isGrantedOtherwise(old?.[i], now?.[i])) return true;
  return false;
}

/** Keeps cache, queue and nominations as the API says. */
export class PodAndNodeEvents {
  readonly #cache: ClusterCache;
  readonly #queue: SchedulingQueue;
  readonly #nominator: Nominator;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #groups: PodGroupStates | undefined;
  readonly #removed: (uid: string) => void;

  constructor(parts: { readonly cache: ClusterCache; readonly queue: SchedulingQueue; readonly nominator: Nominator; readonly profiles: ReadonlyMap<string, Profile>; readonly groups?: PodGroupStates | undefined; /** Told of pods that are gone, or going. */ readonly removed: (uid: string) => void }) {
    this.#cache = parts.cache;
    this.#queue = parts.queue;
    this.#nominator = parts.nominator;
    this.#profiles = parts.profiles;
    this.#groups = parts.groups;
    this.#removed = parts.removed;
  }

  nodeAdded(node: Node): void {
    this.#cache.setNode(node);
    this.#queue.notice({ label: 'NodeAdd', object: node });
  }

  nodeUpdated(old: Node, node: Node): void {
    this.#cache.setNode(node);
    for (const event of nodeChanges(old, node)) this.#queue.notice(event);
  }

  nodeDeleted(node: Node): void {
    this.#queue.notice({ label: 'NodeDelete', old: node });
    this.#cache.removeNode(nameOf(node));
  }

  podAdded(pod: Pod): void {
    if (isDone(pod)) return;
    if (isAssigned(pod)) this.#assigned(pod);
    else if (!isLeaving(pod)) this.#waiting(podInfoOf(pod));
  }

  podUpdated(old: Pod, pod: Pod): void {
    if (uidOf(old) !== uidOf(pod)) {
      this.podDeleted(old);
      this.podAdded(pod);
    } else if (isDone(pod)) this.podDeleted(pod);
    else if (!isAssigned(pod)) this.#unscheduledUpdated(old, pod);
    else if (isAssigned(old) && this.#cache.placed(uidOf(pod)) !== undefined) this.#assignedUpdated(old, pod);
    else this.#assigned(pod);
  }

  podDeleted(pod: Pod): void {
    const uid = uidOf(pod);
    this.#queue.delete(uid);
    this.#groups?.delete(pod);
    this.#removed(uid);
    const nominated = this.#nominator.nodeOf(uid);
    this.#nominator.forget(uid);
    const known = this.#cache.placed(uid);
    if (known !== undefined) {
      this.#cache.forget(uid);
      this.#queue.notice({ label: 'AssignedPodDelete', old: known.pod });
    } else if (nominated !== undefined) {
      // Only pods that are no more important took it as running there.
      const old = podInfoOf(pod);
      this.#queue.notice({ label: 'AssignedPodDelete', old }, { upToPriority: old.priority });
    }
  }

  #profileOf(pod: Pod): Profile | undefined {
    return this.#profiles.get(pod.spec?.schedulerName ?? 'default-scheduler');
  }

  #waiting(info: PodInfo): void {
    const profile = this.#profileOf(info.pod);
    if (profile === undefined) return;
    this.#nominator.update(undefined, info);
    this.#groups?.add(info.pod);
    this.#queue.add(info, profile);
    if (this.#groups !== undefined && groupNameOf(info.pod) !== undefined) this.#queue.notice({ label: 'UnscheduledPodAdd', object: info });
  }

  /** A pod has a node: we put it there, or somebody else did. */
  #assigned(pod: Pod): void {
    const uid = uidOf(pod);
    const nodeName = pod.spec?.nodeName ?? '';
    this.#nominator.forget(uid);
    this.#groups?.add(pod);
    const known = this.#cache.placed(uid);
    if (known !== undefined && known.nodeName === nodeName && mapsEqual(known.pod.pod.metadata.labels, pod.metadata.labels)) {
      // What was assumed has come true: nothing is to be counted anew.
      const info = { ...known.pod, pod };
      this.#cache.refresh(info);
      this.#cache.settle(uid);
      this.#queue.notice({ label: 'AssignedPodAdd', object: info });
      return;
    }
    const info = podInfoOf(pod);
    this.#queue.delete(uid);
    this.#cache.confirm(info, nodeName);
    this.#queue.notice({ label: 'AssignedPodAdd', object: info });
  }

  #assignedUpdated(old: Pod, pod: Pod): void {
    const known = this.#cache.placed(uidOf(pod));
    if (known === undefined) return;
    this.#cache.settle(uidOf(pod));
    if (!countsOtherwise(old, pod)) {
      this.#cache.refresh({ ...known.pod, pod });
      return;
    }
    const info = podInfoOf(pod);
    this.#cache.confirm(info, pod.spec?.nodeName ?? '');
    if (!mapsEqual(old.metadata.labels, pod.metadata.labels)) this.#queue.notice({ label: 'AssignedPodUpdateLabel', old: known.pod, object: info });
    if (isScaledDown(known.pod, info)) this.#queue.notice({ label: 'AssignedPodScaleDown', old: known.pod, object: info });
  }

  #unscheduledUpdated(old: Pod, pod: Pod): void {
    const uid = uidOf(pod);
    // Upstream lets go of a pod that is deleted while it is bound, so that others need not wait for its room.
    if (isLeaving(pod)) {
      if (!isLeaving(old) || this.#queue.has(uid)) this.podDeleted(pod);
      return;
    }
    if (this.#cache.isAssumed(uid)) return;
    const info = podInfoOf(pod);
    const before = podInfoOf(old);
    this.#nominator.update(before, info);
    if (this.#queue.has(uid)) this.#queue.update(before, info);
    else this.#waiting(info);
    const nominated = old.status?.nominatedNodeName ?? '';
    if (nominated !== '' && nominated !== (pod.status?.nominatedNodeName ?? '')) this.#queue.notice({ label: 'AssignedPodDelete', old: before }, { upToPriority: before.priority });
  }
}
