import type { Loose } from '../meta/loose.ts';
import type { PodSpec, ResourceRequirements } from '../types/core/v1.ts';
import { amountOf } from './resources.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const counted = ['cpu', 'memory'] as const;

interface Totals { cpu: number; memory: number }

function add(totals: Totals, list: Readonly<Record<string, string>> | undefined, resource: keyof Totals): boolean {
  const text = list?.[resource];
  const amount = text === undefined ? 0 : amountOf(resource, text);
  totals[resource] += amount;
  return amount > 0;
}

/**
 * The class that decides who is throttled and evicted first (upstream's ComputePodQOS). Guaranteed: every container
 * limits cpu and memory, and all request together what they may use. BestEffort: nobody asks for anything. Burstable:
 * the rest. Resources of the pod as a whole, where given, decide alone.
 */
export function podQosClass(spec: Loose<PodSpec>): QosClass {
  const { resources } = spec;
  const wholePod = Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;
  const requests: Totals = { cpu: 0, memory: 0 };
  const limits: Totals = { cpu: 0, memory: 0 };
  let allLimited = true;
  const count = (one: Loose<ResourceRequirements> | undefined): void => {
    for (const resource of counted) {
      if (one !== undefined) add(requests, one.requests, resource);
      if (one === undefined || !add(limits, one.limits, resource)) allLimited = false;
    }
  };
  if (wholePod) count(resources);
  else {
    for (const container of spec.containers ?? []) count(container.resources);
    for (const container of spec.initContainers ?? []) count(container.resources);
  }
  if (requests.cpu + requests.memory + limits.cpu + limits.memory === 0) return 'BestEffort';
  return allLimited && requests.cpu === limits.cpu && requests.memory === limits.memory ? 'Guaranteed' : 'Burstable';
}
