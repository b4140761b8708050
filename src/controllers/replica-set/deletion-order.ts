import type { Pod } from '../../api/types/core/v1.ts';
import { activePodOrder } from '../common/pod-order.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

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
  const compare = activePodOrder({
    beforeAge: (a, b) => deletionCost(a) - deletionCost(b) || rank(b) - rank(a),
    compareAge: (aMs, bMs, a, b) => compareAge(a, b, aMs, bMs, nowMs),
  });
  return pods.toSorted(compare).slice(0, count);
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
