import { parseTime } from '../../api/meta/time.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { isReady, readySinceMs } from './pods.ts';

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

type Compare = (a: Pod, b: Pod) => number;
/** Compares two times, epoch milliseconds or undefined where a pod does not say; they are never equal. */
type CompareAge = (aMs: number | undefined, bMs: number | undefined, a: Pod, b: Pod) => number;

/** A pod whose age is not known goes first, then younger ones. */
const youngerFirst: CompareAge = (aMs, bMs) => (aMs === undefined || bMs === undefined ? (aMs === undefined ? -1 : 1) : bMs - aMs);

/**
 * The order in which pods are given up when there are too many (upstream's ActivePods; negative when `a` goes first):
 * unassigned before assigned, pending before running, not ready before ready, ready for a short time, restarted often,
 * young before old. `beforeAge` is asked after readiness and before ages, which `compareAge` tells apart.
 */
export function activePodOrder({ beforeAge = () => 0, compareAge = youngerFirst }: { readonly beforeAge?: Compare; readonly compareAge?: CompareAge } = {}): Compare {
  const assigned = (pod: Pod): number => ((pod.spec?.nodeName ?? '') === '' ? 0 : 1);
  const phase = (pod: Pod): number => phaseRank[pod.status?.phase ?? ''] ?? 0;
  const ready = (pod: Pod): number => (isReady(pod) ? 1 : 0);
  return (a, b) => {
    const state = assigned(a) - assigned(b) || phase(a) - phase(b) || ready(a) - ready(b) || beforeAge(a, b);
    if (state !== 0) return state;
    if (ready(a) === 1) {
      const [sinceA, sinceB] = [readySinceMs(a), readySinceMs(b)];
      if (sinceA !== sinceB) return compareAge(sinceA, sinceB, a, b);
    }
    const restarted = restarts(b, true) - restarts(a, true) || restarts(b, false) - restarts(a, false);
    if (restarted !== 0) return restarted;
    const created = (pod: Pod): number | undefined => (pod.metadata.creationTimestamp === undefined ? undefined : parseTime(pod.metadata.creationTimestamp));
    return created(a) === created(b) ? 0 : compareAge(created(a), created(b), a, b);
  };
}

/** The most restarts of one container: regular ones, or those init containers that go on running. */
function restarts(pod: Pod, regular: boolean): number {
  const statuses = regular
    ? (pod.status?.containerStatuses ?? [])
    : (pod.status?.initContainerStatuses ?? []).filter(({ name }) => pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === 'Always'));
  return Math.max(0, ...statuses.map(({ restartCount }) => restartCount));
}
