import { nameOf } from '../../api/meta/object.ts';
import type { DaemonSet, DaemonSetStatus } from '../../api/types/apps/v1.ts';
import type { Node } from '../../api/types/core/v1.ts';
import { isReady } from '../common/pods.ts';
import type { PodsByNode } from './nodes-plan.ts';
import { isAvailable } from './nodes-plan.ts';
import { isUpToDate, oldestFirst, placementOn } from './placement.ts';

const optional = ['updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'] as const;
const required = ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled', 'numberReady'] as const;

type Counts = Record<(typeof optional)[number] | (typeof required)[number], number>;

/** What the pods on each node add up to; of several on a node the oldest counts. */
export function countNodes(set: DaemonSet, nodes: readonly Node[], podsByNode: PodsByNode, options: { readonly hash: string; readonly nowMs: number }): Counts {
  const counts: Counts = { desiredNumberScheduled: 0, currentNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0, updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 0 };
  for (const node of nodes) {
    const [pod] = (podsByNode.get(nameOf(node)) ?? []).toSorted(oldestFirst);
    if (!placementOn(node, set).shouldRun) {
      if (pod !== undefined) counts.numberMisscheduled++;
      continue;
    }
    counts.desiredNumberScheduled++;
    if (pod === undefined) continue;
    counts.currentNumberScheduled++;
    if (isReady(pod)) {
      counts.numberReady++;
      if (isAvailable(pod, set, options.nowMs)) counts.numberAvailable++;
    }
    if (isUpToDate(pod, set, options.hash)) counts.updatedNumberScheduled++;
  }
  counts.numberUnavailable = counts.desiredNumberScheduled - counts.numberAvailable;
  return counts;
}

/** Does the stored status say all this, of this generation? */
export function isCurrent(set: DaemonSet, counts: Counts): boolean {
  const { status } = set;
  return (status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) && [...required, ...optional].every((field) => (status?.[field] ?? 0) === counts[field]);
}

/** The status with other counts; zeros are left out where upstream's JSON leaves them out. `generation`: what was acted on. */
export function withCounts(status: DaemonSetStatus | undefined, counts: Counts, generation: number | undefined): DaemonSetStatus {
  const { updatedNumberScheduled: _u, numberAvailable: _a, numberUnavailable: _n, ...kept } = status ?? {};
  const next: DaemonSetStatus = {
    ...kept,
    desiredNumberScheduled: counts.desiredNumberScheduled,
    currentNumberScheduled: counts.currentNumberScheduled,
    numberMisscheduled: counts.numberMisscheduled,
    numberReady: counts.numberReady,
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  for (const field of optional) if (counts[field] !== 0) next[field] = counts[field];
  return next;
}
