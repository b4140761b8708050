import type { NodeInfo } from '../../cache/node-info.ts';
import type { Devices } from '../../devices/devices.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { likeNoOther } from '../../framework/plugin.ts';
import type { ResourceSpec, WantedResource } from '../common/resource-scores.ts';
import { allocatedOn, cpuAndMemory, wantedResources } from '../common/resource-scores.ts';
import { ScoredDevices } from '../common/scored-devices.ts';

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

/** About 75 when the pod changes little, up to 100 when it makes the node more evenly used. */
function score(wanted: readonly WantedResource[], node: NodeInfo): number {
  const before: number[] = [];
  const after: number[] = [];
  for (const resource of wanted) {
    const own = node.allocatable[resource.name] ?? 0;
    const devices = own === 0 ? resource.devicesOn?.(node.node) : undefined;
    const capacity = devices?.capacity ?? own;
    if (capacity === 0) continue;
    const allocated = devices?.allocated ?? allocatedOn(resource, node);
    before.push(Math.min(1, allocated / capacity));
    after.push(Math.min(1, (allocated + resource.amount) / capacity));
  }
  return 50 + Math.trunc((50 + balance(after) - balance(before)) / 2);
}

const name = 'NodeResourcesBalancedAllocation';

/** Prefers nodes that the pod makes more evenly used. */
export function nodeResourcesBalancedAllocation({ resources = cpuAndMemory }: NodeResourcesBalancedAllocationArgs, devices: Devices): Plugin<unknown, readonly WantedResource[]> {
  const scored = new ScoredDevices(name, resources, devices);
  return {
    name,
    ...(scored.any && { gate: (pod) => scored.gate(pod) }),
    alike: (pod) => (scored.matterTo(pod) ? likeNoOther : pod.requests),
    prepareScore: (pod) => {
      // A pod without requests changes no balance (upstream skips best-effort pods).
      if (resources.every((resource) => (pod.requests[resource.name] ?? 0) === 0)) return { skip: true };
      return { state: wantedResources(pod, resources, { assumed: false, devices }) };
    },
    score: (_pod, node, wanted) => score(wanted ?? [], node),
  };
}
