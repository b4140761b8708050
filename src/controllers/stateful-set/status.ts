import type { StatefulSet, StatefulSetStatus } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { availableInMs, isReady } from '../common/pods.ts';
import { replicasOf, revisionOf } from './identity.ts';

/** Has the API server the pod? */
export const isCreated = (pod: Pod): boolean => (pod.status?.phase ?? '') !== '';
export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isReady(pod);
export const isBeingDeleted = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

export interface Instant { readonly set: StatefulSet; readonly nowMs: number }

export const isAvailable = (pod: Pod, { set, nowMs }: Instant): boolean => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0;
export const isUnavailable = (pod: Pod, instant: Instant): boolean => !isAvailable(pod, instant) || isBeingDeleted(pod);

/** How many pods there are of each sort. */
export interface Counts { replicas: number; readyReplicas: number; availableReplicas: number; currentReplicas: number; updatedReplicas: number }

export function countPods(pods: readonly Pod[], revisions: { readonly current: string; readonly update: string }, instant: Instant): Counts {
  const created = pods.filter(isCreated);
  const ready = pods.filter(isRunningAndReady);
  const kept = created.filter((pod) => !isBeingDeleted(pod));
  return {
    replicas: created.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, instant)).length,
    currentReplicas: kept.filter((pod) => revisionOf(pod) === revisions.current).length,
    updatedReplicas: kept.filter((pod) => revisionOf(pod) === revisions.update).length,
  };
}

/** The status to be written, as upstream's JSON has it: zero counts are left out where it leaves them out. */
export function statusOf(set: StatefulSet, counts: Counts, revisions: { readonly current: string; readonly update: string; readonly collisionCount: number }): StatefulSetStatus {
  const { replicas, readyReplicas, availableReplicas, updatedReplicas } = counts;
  const desired = replicasOf(set);
  // A rolling update is complete when every pod is new and ready: the new revision is the current one from then on.
  const complete = set.spec?.updateStrategy?.type === 'RollingUpdate' && updatedReplicas === desired && readyReplicas === desired && replicas === desired;
  const currentReplicas = complete ? updatedReplicas : counts.currentReplicas;
  const { generation } = set.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    replicas,
    ...(readyReplicas !== 0 && { readyReplicas }),
    ...(currentReplicas !== 0 && { currentReplicas }),
    ...(updatedReplicas !== 0 && { updatedReplicas }),
    currentRevision: complete ? revisions.update : revisions.current,
    updateRevision: revisions.update,
    collisionCount: revisions.collisionCount,
    availableReplicas,
  };
}

const compared = ['replicas', 'currentReplicas', 'readyReplicas', 'updatedReplicas', 'availableReplicas', 'currentRevision', 'updateRevision'] as const;

/** Has the stored status to be replaced? Upstream looks at neither collisions nor conditions. */
export function mustWrite(old: StatefulSetStatus | undefined, next: StatefulSetStatus): boolean {
  if ((next.observedGeneration ?? 0) > (old?.observedGeneration ?? 0)) return true;
  return compared.some((field) => (next[field] ?? (field.endsWith('Revision') ? '' : 0)) !== (old?.[field] ?? (field.endsWith('Revision') ? '' : 0)));
}
