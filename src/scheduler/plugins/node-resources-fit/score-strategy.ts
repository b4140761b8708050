import type { NodeInfo } from '../../cache/node-info.ts';
import type { ResourceSpec, WantedResource } from '../common/resource-scores.ts';
import { allocatedOn, cpuAndMemory } from '../common/resource-scores.ts';

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

/** How well a pod would use a node, 0..100, by the strategy. `wanted` is what counts for the pod. */
export function scorer(strategy: ScoringStrategy): (wanted: readonly WantedResource[], node: NodeInfo) => number {
  const byRatio = strategy.type === 'RequestedToCapacityRatio';
  const line = brokenLine(strategy.requestedToCapacityRatio?.shape ?? []);
  const one: ResourceScore = byRatio ? (requested, capacity) => line(requested > capacity ? 100 : Math.floor((requested * 100) / capacity)) : strategy.type === 'MostAllocated' ? most : least;
  const round = byRatio ? Math.round : Math.floor;
  return (wanted, node) => {
    let total = 0;
    let weights = 0;
    for (const resource of wanted) {
      const own = node.allocatable[resource.name] ?? 0;
      const devices = own === 0 ? resource.devicesOn?.(node.node) : undefined;
      const capacity = devices?.capacity ?? own;
      if (capacity === 0) continue;
      const score = one((devices?.allocated ?? allocatedOn(resource, node)) + resource.amount, capacity);
      // Upstream leaves resources out of the mean that the shape makes worthless.
      if (byRatio && score <= 0) continue;
      total += score * resource.weight;
      weights += resource.weight;
    }
    return weights === 0 ? 0 : round(total / weights);
  };
}
