import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin } from '../../framework/plugin.ts';
import type { ResourceSpec } from '../common/resource-scores.ts';
import { cpuAndMemory, shareOf } from '../common/resource-scores.ts';

export interface NodeResourcesBalancedAllocationArgs { readonly resources?: readonly ResourceSpec[] }

/** 100 when all resources are used to the same share; less the further they are apart (standard deviation). */
function balance(fractions: readonly number[]): number {
  let deviation = 0;
  if (fractions.length === 2) deviation = Math.abs((fractions[0]! - fractions[1]!) / 2);
  else if (fractions.length > 2) {
    const mean = fractions.reduce((sum, one) => sum + one, 0) / fractions.length;
    deviation = Math.sqrt(fractions.reduce((sum, one) => sum + (one - mean) ** 2, 0) / fractions.length);
  }
  return Math.trunc((1 - deviation) * 100);
}

/** Prefers nodes that the pod makes more evenly used: about 75 when it changes little, up to 100 when it helps. */
export function nodeResourcesBalancedAllocation({ resources = cpuAndMemory }: NodeResourcesBalancedAllocationArgs = {}): Plugin {
  const score = (pod: PodInfo, node: NodeInfo): number => {
    const before: number[] = [];
    const after: number[] = [];
    for (const { name } of resources) {
      const share = shareOf(name, pod, node, { assumed: false });
      if (share === undefined) continue;
      before.push(Math.min(1, share.allocated / share.allocatable));
      after.push(Math.min(1, share.requested / share.allocatable));
    }
    return 50 + Math.trunc((50 + balance(after) - balance(before)) / 2);
  };
  return {
    name: 'NodeResourcesBalancedAllocation',
    // A pod without requests changes no balance (upstream skips best-effort pods).
    prepareScore: ({ requests }) => ({ skip: resources.every(({ name }) => (requests[name] ?? 0) === 0) }),
    score,
  };
}
