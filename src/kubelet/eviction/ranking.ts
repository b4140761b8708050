import { value } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ContainerStats } from '../../runtime/runtime.ts';
import { specOf } from '../pods/pod-spec.ts';
import { podResources } from '../resources/quantities.ts';

/** What a pod uses. */
export interface PodUsage {
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly containers: readonly ContainerStats[];
}

/** Undefined for pods of which nothing is known: they go first. */
export type UsageOf = (pod: Pod) => PodUsage | undefined;

const requestOf = (pod: Pod, resource: string): number => value(podResources(pod, 'requests')[resource] ?? '0');

/**
 * The pods in the order in which they are evicted: those that use more than they asked for before the others, then by
 * priority, then by how much more (upstream's rankMemoryPressure and rankDiskPressure; of processes only priority counts).
 */
export function rankPods(pods: readonly Pod[], resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids', usageOf: UsageOf): Pod[] {
  const excess = (pod: Pod): number => {
    const usage = usageOf(pod);
    if (usage === undefined) return Infinity;
    if (resource === 'pids') return 0;
    return resource === 'memory' ? usage.memoryBytes - requestOf(pod, 'memory') : usage.storageBytes - requestOf(pod, 'ephemeral-storage');
  };
  const ranked = pods.map((pod) => ({ pod, excess: excess(pod), priority: specOf(pod).priority ?? 0 }));
  return ranked.sort((a, b) => Number(b.excess > 0) - Number(a.excess > 0) || a.priority - b.priority || (a.excess === b.excess ? 0 : b.excess - a.excess)).map(({ pod }) => pod);
}

/** The statistics of a runtime, by pod. */
export function usageByPod(stats: readonly ContainerStats[]): UsageOf {
  const byUid = Map.groupBy(stats, ({ podUid }) => podUid);
  return (pod) => {
    const containers = byUid.get(pod.metadata.uid ?? '');
    if (containers === undefined) return undefined;
    const sum = (read: (one: ContainerStats) => number): number => containers.reduce((total, one) => total + read(one), 0);
    return { containers, memoryBytes: sum(({ memoryWorkingSetBytes }) => memoryWorkingSetBytes), storageBytes: sum(({ rootfsUsedBytes }) => rootfsUsedBytes) };
  };
}
