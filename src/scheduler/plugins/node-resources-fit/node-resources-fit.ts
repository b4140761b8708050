import { amountsOf } from '../../../api/pod/resources.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin } from '../../framework/plugin.ts';
import type { Verdict } from '../../framework/verdict.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';

/** Refusals are made once a text: this filter speaks thousands of times a second. */
const refusals = new Map<string, Verdict>();

function refusal(reasons: readonly string[], retry: boolean): Verdict {
  const key = `${retry} ${reasons.join('|')}`;
  let known = refusals.get(key);
  if (known === undefined) {
    if (refusals.size > 1000) refusals.clear();
    refusals.set(key, (known = retry ? refuse(...reasons) : refuseForGood(...reasons)));
  }
  return known;
}

/** Which resources a pod asks for that a node has no room for; empty when it fits. */
function lacking(requests: PodInfo['requests'], node: NodeInfo): { readonly reasons: string[]; readonly couldFit: boolean } | undefined {
  let reasons: string[] | undefined;
  let couldFit = true;
  const allowedPods = node.allocatable['pods'] ?? 0;
  if (node.pods.size + 1 > allowedPods) reasons = ['Too many pods'];
  for (const resource in requests) {
    const wanted = requests[resource]!;
    if (wanted === 0) continue;
    const allocatable = node.allocatable[resource] ?? 0;
    if (wanted + (node.requested[resource] ?? 0) > allocatable) {
      (reasons ??= []).push(`Insufficient ${resource}`);
      if (wanted > allocatable) couldFit = false;
    }
  }
  return reasons === undefined ? undefined : { reasons, couldFit };
}

/** Share of the node that stays free, 0..100; the mean of cpu and memory. */
function leastAllocated(pod: PodInfo, node: NodeInfo): number {
  let score = 0;
  let weights = 0;
  for (const [capacity, used] of [
    [node.allocatable['cpu'] ?? 0, node.scoringMilliCpu + pod.scoringMilliCpu],
    [node.allocatable['memory'] ?? 0, node.scoringMemoryBytes + pod.scoringMemoryBytes],
  ] as const) {
    if (capacity === 0) continue;
    weights++;
    if (used <= capacity) score += Math.floor(((capacity - used) * 100) / capacity);
  }
  return weights === 0 ? 0 : Math.floor(score / weights);
}

/** Requests fit into what is allocatable; nodes with more left score higher (strategy LeastAllocated). */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  normalize: 'as-is',
  filter: ({ requests }, node) => {
    const lack = lacking(requests, node);
    return lack === undefined ? undefined : refusal(lack.reasons, lack.couldFit);
  },
  score: (pod, node) => leastAllocated(pod, node),
  mayHelp: (event, { requests }) => {
    if (event.type === 'pod-removed') return true;
    if (event.type !== 'node-added' && event.type !== 'node-updated') return false;
    const allocatable = amountsOf(event.node.status?.allocatable);
    return Object.entries(requests).every(([resource, wanted]) => wanted <= (allocatable[resource] ?? 0));
  },
};
