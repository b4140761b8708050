import { scaledValue } from '../../api/meta/int-or-string.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps/v1.ts';

/** A field that means "no limit" when it has this value, as upstream's math.MaxInt32. */
const noLimit = 2 ** 31 - 1;

export const desiredReplicas = (deployment: Deployment): number => deployment.spec?.replicas ?? 1;
export const replicasOf = (set: ReplicaSet): number => set.spec?.replicas ?? 1;
export const isRollingUpdate = (deployment: Deployment): boolean => deployment.spec?.strategy?.type !== 'Recreate';
export const sumReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);
export const sumAvailable = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
/**
 * Available pods that stay. A status that is behind still counts those that the set has been told to let go, perhaps before
 * it was told to have more again: until the set has seen its size, none is counted on.
 */
const stayingOf = (set: ReplicaSet): number => ((set.status?.observedGeneration ?? 0) < (set.metadata.generation ?? 0) ? 0 : Math.min(replicasOf(set), set.status?.availableReplicas ?? 0));
export const sumStaying = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + stayingOf(set), 0);
export const activeSets = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter((set) => replicasOf(set) > 0);

/** The deadline in milliseconds; undefined when the deployment has none. */
export function progressDeadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds === undefined || seconds === noLimit ? undefined : seconds * 1000;
}

export function revisionHistoryLimit(deployment: Deployment): number | undefined {
  const limit = deployment.spec?.revisionHistoryLimit;
  return limit === undefined || limit === noLimit ? undefined : limit;
}

/** How many pods more, and how many fewer, than asked for a rolling update may have. Never both 0. */
export function fenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = desiredReplicas(deployment);
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  const maxSurge = scaledValue(rolling?.maxSurge ?? 0, replicas, 'up');
  const maxUnavailable = scaledValue(rolling?.maxUnavailable ?? 0, replicas, 'down');
  // Rounding may leave no room at all; validation forbids that only for values that are zero as written.
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

export const maxSurge = (deployment: Deployment): number => fenceposts(deployment).maxSurge;

export function maxUnavailable(deployment: Deployment): number {
  const replicas = desiredReplicas(deployment);
  return replicas === 0 ? 0 : Math.min(fenceposts(deployment).maxUnavailable, replicas);
}

/** The size that the new replica set may have now: as large as the surge allows. */
export function newSetReplicas(deployment: Deployment, allSets: readonly ReplicaSet[], newSet: Pick<ReplicaSet, 'spec'>): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const current = newSet.spec?.replicas ?? 0;
  const room = desired + maxSurge(deployment) - sumReplicas(allSets);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** How many pods of old sets may go in this step, so that enough stay available. May be negative. */
export function maxScaleDown(deployment: Deployment, allSets: readonly ReplicaSet[], newSet: ReplicaSet): number {
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(newSet) - stayingOf(newSet);
  return sumReplicas(allSets) - minAvailable - newUnavailable;
}

/** Half away from zero, as Go's integer.RoundToInt32. */
const round = (value: number): number => Math.trunc(value < 0 ? value - 0.5 : value + 0.5);

/**
 * The share of `toAdd` (negative when scaling down) that one active set gets, in proportion to its size at the
 * deployment's previous size `maxReplicasBefore`, when `added` have been given out already.
 */
export function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number, maxReplicasBefore: number | undefined): number {
  const size = replicasOf(set);
  if (size === 0 || toAdd === 0 || toAdd === added) return 0;
  const allowed = toAdd - added;
  const fraction = setFraction(size, deployment, maxReplicasBefore);
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

function setFraction(size: number, deployment: Deployment, maxReplicasBefore: number | undefined): number {
  if (desiredReplicas(deployment) === 0) return -size;
  const before = maxReplicasBefore === undefined || maxReplicasBefore === 0 ? (deployment.status?.replicas ?? 0) : maxReplicasBefore;
  if (before === 0) return 0;
  return round((size * (desiredReplicas(deployment) + maxSurge(deployment))) / before) - size;
}

/**
 * The new size of each active set when the deployment is scaled in the middle of a rollout: by name, in proportion,
 * with what rounding leaves over given to the largest.
 */
export function proportionalSizes(deployment: Deployment, sets: readonly ReplicaSet[], maxReplicasBefore: (set: ReplicaSet) => number | undefined): ReadonlyMap<string, number> {
  const active = activeSets(sets);
  const allowed = desiredReplicas(deployment) > 0 ? desiredReplicas(deployment) + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(active);
  // When growing, the newer of equal sets comes first; when shrinking, the older.
  const ordered = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? -byCreation(a, b) : byCreation(a, b)));
  let added = 0;
  const sizes = ordered.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(set, deployment, toAdd, added, maxReplicasBefore(set));
    added += share;
    return replicasOf(set) + share;
  });
  if (toAdd !== 0 && sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  return new Map(ordered.map((set, index) => [set.metadata.name!, sizes[index]!]));
}

/** Oldest first; by name when they are of the same second. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

/** The rollout has ended: every pod is new and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (status.updatedReplicas ?? 0) === desired && (status.replicas ?? 0) === desired && (status.availableReplicas ?? 0) === desired
    && (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
}

/** Something moved since the status that is stored: more new pods, fewer old ones, more ready or available. */
export function isProgressing(deployment: Deployment, next: DeploymentStatus): boolean {
  const old = deployment.status ?? {};
  const oldPods = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (next.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) || oldPods(next) < oldPods(old)
    || (next.readyReplicas ?? 0) > (old.readyReplicas ?? 0) || (next.availableReplicas ?? 0) > (old.availableReplicas ?? 0);
}
