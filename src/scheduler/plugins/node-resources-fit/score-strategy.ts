import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { ResourceSpec } from '../common/resource-scores.ts';
import { cpuAndMemory, shareOf } from '../common/resource-scores.ts';

/** At this utilization in percent, a node is worth this, 0..10. */
export interface ShapePoint { readonly utilization: number; readonly score: number }

export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly ResourceSpec[];
  readonly requestedToCapacityRatio?: { readonly shape: readonly ShapePoint[] };
}

export const leastAllocated: ScoringStrategy = { type: 'LeastAllocated', resources: cpuAndMemory };

/** Of one resource: 0..100, what would be requested of what there is. */
type ResourceScore = (requested: number, capacity: number) => number;

const least: ResourceScore = (requested, capacity) => (requested > capacity ? 0 : Math.floor(((capacity - requested) * 100) / capacity));
const most: ResourceScore = (requested, capacity) => Math.floor((Math.min(requested, capacity) * 100) / capacity);

/** Straight lines between the points, level before the first and after the last. */
function brokenLine(shape: readonly ShapePoint[]): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * 10 }));
  return (utilization) => {
    const next = points.findIndex((point) => utilization <= point.utilization);
    const to = points[next] ?? points.at(-1);
    const from = next > 0 ? points[next - 1] : undefined;
    if (to === undefined || from === undefined || next < 0) return to?.score ?? 0;
    return from.score + Math.trunc(((to.score - from.score) * (utilization - from.utilization)) / (to.utilization - from.utilization));
  };
}

/** How well the pod would use the node, 0..100, by the strategy. */
export function scorer(strategy: ScoringStrategy): (pod: PodInfo, node: NodeInfo) => number {
  const byRatio = strategy.type === 'RequestedToCapacityRatio';
  const line = brokenLine(strategy.requestedToCapacityRatio?.shape ?? []);
  const one: ResourceScore = byRatio ? (requested, capacity) => line(requested > capacity ? 100 : Math.floor((requested * 100) / capacity)) : strategy.type === 'MostAllocated' ? most : least;
  const round = byRatio ? Math.round : Math.floor;
  return (pod, node) => {
    let total = 0;
    let weights = 0;
    for (const { name, weight } of strategy.resources) {
      const share = shareOf(name, pod, node, { assumed: true });
      if (share === undefined) continue;
      const score = one(share.requested, share.allocatable);
      // Upstream leaves resources out of the mean that the shape makes worthless.
      if (byRatio && score <= 0) continue;
      total += score * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : round(total / weights);
  };
}
