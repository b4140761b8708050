import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';

/** A resource that counts when nodes are scored. */
export interface ResourceSpec { readonly name: string; readonly weight: number }

export const cpuAndMemory: readonly ResourceSpec[] = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }];

/** Resources that every node has; others are scored only for pods that ask for them. */
const isNative = (name: string): boolean => name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name === 'pods';

/** A resource that counts for a pod, and how much of it the pod would take. */
export interface WantedResource extends ResourceSpec {
  readonly amount: number;
  /** Pods without requests count as if they asked for a little. */
  readonly assumed: boolean;
}

/** Those of the resources that count for the pod. `assumed`: as if it asked for a little where it asks for nothing. */
export function wantedResources(pod: PodInfo, specs: readonly ResourceSpec[], options: { readonly assumed: boolean }): WantedResource[] {
  return specs.flatMap(({ name, weight }) => {
    const amount = (options.assumed ? pod.scoringRequests : pod.requests)[name] ?? 0;
    // Only cpu and memory are assumed.
    return amount === 0 && !isNative(name) ? [] : [{ name, weight, amount, assumed: options.assumed && (name === 'cpu' || name === 'memory') }];
  });
}

/** How much of the resource the node's pods take. */
export const allocatedOn = ({ name, assumed }: WantedResource, node: NodeInfo): number => (assumed ? node.scoringRequested : node.requested)[name] ?? 0;
