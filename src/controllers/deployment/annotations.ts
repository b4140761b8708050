import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts';
import { desiredReplicas, maxSurge } from './arithmetic.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';
/** The revision that somebody wants back, asked for through an old API version. */
export const rollbackAnnotation = 'deprecated.deployment.rollback.to';
const maxHistoryCharacters = 2000;

const notCopied: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration', revisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation, maxReplicasAnnotation,
  rollbackAnnotation,
]);

/** Annotations that a deployment gives to its replica sets: all but apply's and the controller's own. */
export const isCopiedAnnotation = (key: string): boolean => !notCopied.has(key);

type Annotations = Readonly<Record<string, string>>;

/** The revision of a replica set, 64 bits wide; 0 for one without, or with one that cannot be read. */
export function revisionOf(set: ReplicaSet): bigint {
  const text = set.metadata.annotations?.[revisionAnnotation] ?? '';
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

function numberAnnotation(set: ReplicaSet, name: string): number | undefined {
  const text = set.metadata.annotations?.[name];
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

/** The size that the deployment had when the set was last scaled. */
export const desiredReplicasOf = (set: ReplicaSet): number | undefined => numberAnnotation(set, desiredReplicasAnnotation);
/** The same with the surge. */
export const maxReplicasOf = (set: ReplicaSet): number | undefined => numberAnnotation(set, maxReplicasAnnotation);

/** The set's annotations with the deployment's sizes in them. */
export function withReplicaAnnotations(annotations: Annotations | undefined, deployment: Deployment): Record<string, string> {
  const desired = desiredReplicas(deployment);
  return { ...annotations, [desiredReplicasAnnotation]: String(desired), [maxReplicasAnnotation]: String(desired + maxSurge(deployment)) };
}

/**
 * The annotations that the new set is to have: the deployment's (but for apply's and our own), and `revision` where that
 * is higher than what it has. A set that had a revision already is being rolled back to, and keeps its former ones.
 */
export function newSetAnnotations(deployment: Deployment, annotations: Annotations | undefined, revision: bigint): Record<string, string> {
  const next: Record<string, string> = { ...annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (isCopiedAnnotation(key)) next[key] = value;
  const old = annotations?.[revisionAnnotation];
  if (old !== undefined && !/^\d+$/.test(old)) return next;
  if (BigInt(old ?? 0) >= revision) return next;
  next[revisionAnnotation] = String(revision);
  if (old !== undefined) {
    const history = [...(annotations?.[revisionHistoryAnnotation] ?? '').split(',').filter((entry) => entry !== ''), old];
    while (history.length > 1 && history.join(',').length > maxHistoryCharacters) history.shift();
    next[revisionHistoryAnnotation] = history.join(',');
  }
  return next;
}
