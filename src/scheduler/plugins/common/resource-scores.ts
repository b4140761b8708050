import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';

/** A resource that counts when nodes are scored. */
export interface ResourceSpec { readonly name: string; readonly weight: number }

export const cpuAndMemory: readonly ResourceSpec[] = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }];

/** Resources that every node has; others are scored only for pods that ask for them. */
const isNative = (name: string): boolean => name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name === 'pods';

/** What of one resource a node has, has given away, and would have given away with the pod. */
export interface Share { readonly allocatable: number; readonly allocated: number; readonly requested: number }

/** `assumed`: count pods without requests as if they asked for a little. Undefined: the resource does not count here. */
export function shareOf(name: string, pod: PodInfo, node: NodeInfo, options: { readonly assumed: boolean }): Share | undefined {
  const wanted = (options.assumed ? pod.scoringRequests : pod.requests)[name] ?? 0;
  if (wanted === 0 && !isNative(name)) return undefined;
  const allocatable = node.allocatable[name] ?? 0;
  if (allocatable === 0) return undefined;
  // Only cpu and memory are assumed.
  const given = options.assumed && (name === 'cpu' || name === 'memory') ? node.scoringRequested : node.requested;
  const allocated = given[name] ?? 0;
  return { allocatable, allocated, requested: allocated + wanted };
}
