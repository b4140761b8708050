import type { Pod } from '../../api/types/core/v1.ts';
import { parseTime } from '../../api/meta/time.ts';
import { isReady, readySinceMs } from '../common/pods.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The pods to delete first, `count` of them: unassigned before assigned, pending before running, not ready before ready,
 * cheap before dear, on crowded nodes before others, ready for a short time, restarted often, and young before old.
 * `related` are the active pods of all replica sets of the same owner: they tell how crowded nodes are.
 */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, nowMs: number): readonly Pod[] {
  if (count >= pods.length) return pods;
  const onNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    if (node !== '') onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: Pod): number => onNode.get(pod.spec?.nodeName ?? '') ?? 0;
  return pods.toSorted((a, b) => compare(a, b, rank, nowMs)).slice(0, count);
}

/** Negative when `a` is to be deleted before `b`. */
function compare(a: Pod, b: Pod, rank: (pod: Pod) => number, nowMs: number): number {
  const assigned = (pod: Pod): number => ((pod.spec?.nodeName ?? '') === '' ? 0 : 1);
  if (assigned(a) !== assigned(b)) return assigned(a) - assigned(b);
  const phase = (pod: Pod): number => phaseRank[pod.status?.phase ?? ''] ?? 0;
  if (phase(a) !== phase(b)) return phase(a) - phase(b);
  const ready = (pod: Pod): number => (isReady(pod) ? 1 : 0);
  if (ready(a) !== ready(b)) return ready(a) - ready(b);
  if (deletionCost(a) !== deletionCost(b)) return deletionCost(a) - deletionCost(b);
  if (rank(a) !== rank(b)) return rank(b) - rank(a);
  if (ready(a) === 1) {
    const [sinceA, sinceB] = [readySinceMs(a), readySinceMs(b)];
    if (sinceA !== sinceB) return compareAge(a, b, sinceA, sinceB, nowMs);
  }
  if (restarts(a, true) !== restarts(b, true)) return restarts(b, true) - restarts(a, true);
  if (restarts(a, false) !== restarts(b, false)) return restarts(b, false) - restarts(a, false);
  const created = (pod: Pod): number | undefined => (pod.metadata.creationTimestamp === undefined ? undefined : parseTime(pod.metadata.creationTimestamp));
  return created(a) === created(b) ? 0 : compareAge(a, b, created(a), created(b), nowMs);
}

/**
 * Younger first, but ages are told apart by their power of two only, and equals by uid: so the choice is spread instead
 * of always hitting the newest (LogarithmicScaleDown).
 */
function compareAge(a: Pod, b: Pod, aMs: number | undefined, bMs: number | undefined, nowMs: number): number {
  if (aMs === undefined || bMs === undefined) return aMs === undefined ? -1 : 1;
  const logarithm = (sinceMs: number): number => (nowMs - sinceMs > 0 ? Math.trunc(Math.log2((nowMs - sinceMs) * 1e6)) : -1);
  const difference = logarithm(aMs) - logarithm(bMs);
  if (difference !== 0) return difference;
  return (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCostAnnotation] ?? '';
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}

/** The most restarts of one container: regular ones, or those init containers that go on running. */
function restarts(pod: Pod, regular: boolean): number {
  const statuses = regular
    ? (pod.status?.containerStatuses ?? [])
    : (pod.status?.initContainerStatuses ?? []).filter(({ name }) => pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === 'Always'));
  return Math.max(0, ...statuses.map(({ restartCount }) => restartCount));
}
