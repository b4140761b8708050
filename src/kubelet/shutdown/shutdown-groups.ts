import type { Pod } from '../../api/types/core/v1.ts';
import { specOf } from '../pods/pod-spec.ts';

/** How long pods of a priority, and of all up to the next one, get when their node is shut down. */
export interface ShutdownGroup { readonly priority: number; readonly graceSeconds: number }

/** Empty: pods are not ended. */
export type ShutdownGrace = readonly ShutdownGroup[];

const systemCriticalPriority = 2_000_000_000;

/** What `shutdownGracePeriod` and `shutdownGracePeriodCriticalPods` mean: the critical pods' part is taken from the whole. */
export function graceOfPeriods({ wholeMs, criticalMs }: { readonly wholeMs: number; readonly criticalMs: number }): ShutdownGrace {
  if (wholeMs === 0 || criticalMs > wholeMs) return [];
  return [
    { priority: 0, graceSeconds: Math.floor((wholeMs - criticalMs) / 1000) },
    { priority: systemCriticalPriority, graceSeconds: Math.floor(criticalMs / 1000) },
  ];
}

/** All groups together: what a node's end may take. */
export function wholeGraceMs(grace: ShutdownGrace): number {
  return grace.reduce((sum, { graceSeconds }) => sum + graceSeconds, 0) * 1000;
}

/** The pods of each group, the groups in the order in which they end. Those below the lowest priority belong to it. */
export function groupPods(grace: ShutdownGrace, pods: readonly Pod[]): { readonly group: ShutdownGroup; readonly pods: readonly Pod[] }[] {
  const groups = grace.toSorted((a, b) => a.priority - b.priority).map((group) => ({ group, pods: [] as Pod[] }));
  for (const pod of pods) {
    const priority = specOf(pod).priority ?? 0;
    const own = groups.findLast(({ group }) => group.priority <= priority) ?? groups[0];
    own?.pods.push(pod);
  }
  return groups.filter(({ pods: members }) => members.length > 0);
}

/** What one pod gets: its own grace period where that is shorter. */
export function graceOf(pod: Pod, { graceSeconds }: ShutdownGroup): number {
  return Math.min(graceSeconds, specOf(pod).terminationGracePeriodSeconds ?? Infinity);
}
