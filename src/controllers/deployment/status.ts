import { findCondition } from '../../api/meta/conditions.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/types/apps/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { desiredReplicas, isComplete, isProgressing, maxUnavailable, progressDeadlineMs, sumAvailable, sumReplicas } from './arithmetic.ts';

/** A condition that is new now. */
export function newCondition(type: 'Available' | 'Progressing' | 'ReplicaFailure', status: 'True' | 'False' | 'Unknown', reason: string, message: string, nowMs: number): DeploymentCondition {
  const now = formatTime(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/**
 * The conditions with this one at the end; unchanged when its status and reason are known already. The time of
 * transition stays while the status does.
 */
export function withCondition(conditions: readonly DeploymentCondition[], condition: DeploymentCondition): DeploymentCondition[] {
  const known = findCondition(conditions, condition.type);
  if (known !== undefined && known.status === condition.status && known.reason === condition.reason) return [...conditions];
  const kept = known?.status === condition.status && known.lastTransitionTime !== undefined ? { ...condition, lastTransitionTime: known.lastTransitionTime } : condition;
  return [...withoutCondition(conditions, condition.type), kept];
}

export const withoutCondition = (conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] => conditions.filter((condition) => condition.type !== type);

/** The status that the replica sets add up to, with the Available condition. Zero counts are left out, as upstream's JSON does. */
export function calculateStatus(deployment: Deployment, allSets: readonly ReplicaSet[], newSet: ReplicaSet | undefined, nowMs: number): DeploymentStatus {
  const sum = (pick: (set: ReplicaSet) => number | undefined): number => allSets.reduce((total, set) => total + (pick(set) ?? 0), 0);
  const available = sumAvailable(allSets);
  const counts = {
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumReplicas(allSets) - available),
  };
  const terminatingKnown = allSets.every((set) => set.status?.terminatingReplicas !== undefined);
  const condition = available >= desiredReplicas(deployment) - maxUnavailable(deployment)
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', nowMs)
    : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', nowMs);
  const { generation } = deployment.metadata;
  const { collisionCount } = deployment.status ?? {};
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminatingKnown && { terminatingReplicas: sum((set) => set.status?.terminatingReplicas) }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: withCondition(deployment.status?.conditions ?? [], condition),
  };
}

/** `calculateStatus` with the Progressing and ReplicaFailure conditions, for a deployment that is rolled out. */
export function rolloutStatus(deployment: Deployment, allSets: readonly ReplicaSet[], newSet: ReplicaSet | undefined, nowMs: number): DeploymentStatus {
  const status = calculateStatus(deployment, allSets, newSet, nowMs);
  let conditions = status.conditions ?? [];
  const deadlineMs = progressDeadlineMs(deployment);
  if (deadlineMs === undefined) conditions = withoutCondition(conditions, 'Progressing');
  else conditions = progressConditions(deployment, status, conditions, newSet, deadlineMs, nowMs);

  const failure = findCondition(newSet?.status?.conditions, 'ReplicaFailure') ?? allSets.map((set) => findCondition(set.status?.conditions, 'ReplicaFailure')).find((condition) => condition !== undefined);
  if (failure === undefined) conditions = withoutCondition(conditions, 'ReplicaFailure');
  else conditions = withCondition(conditions, { ...failure, ...(failure.lastTransitionTime !== undefined && { lastUpdateTime: failure.lastTransitionTime }) });
  return { ...status, conditions };
}

function progressConditions(deployment: Deployment, status: DeploymentStatus, conditions: DeploymentCondition[], newSet: ReplicaSet | undefined, deadlineMs: number, nowMs: number): DeploymentCondition[] {
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  // One active set whose rollout has been reported complete: a resync, in which progress is not estimated.
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable') return conditions;
  const what = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  if (isComplete(deployment, status)) return withCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`, nowMs));
  if (isProgressing(deployment, status)) {
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`, nowMs);
    // Progress renews lastUpdateTime even when the reason stays: the deadline counts from there.
    const kept = current?.status === 'True' && current.lastTransitionTime !== undefined ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition;
    return withCondition(withoutCondition(conditions, 'Progressing'), kept);
  }
  if (hasTimedOut(status, deadlineMs, nowMs)) return withCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`, nowMs));
  return conditions;
}

function hasTimedOut(status: DeploymentStatus, deadlineMs: number, nowMs: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return (parseTime(condition.lastUpdateTime ?? '') ?? nowMs) + deadlineMs < nowMs;
}

/** Milliseconds until progress has to be checked again; undefined when it has not. */
export function progressCheckInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const deadlineMs = progressDeadlineMs(deployment);
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  if (deadlineMs === undefined || condition === undefined || isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  // A second more, so that the deadline has surely passed by then: times are stored in whole seconds.
  return Math.max(0, (parseTime(condition.lastUpdateTime ?? '') ?? nowMs) + deadlineMs - nowMs) + 1000;
}
