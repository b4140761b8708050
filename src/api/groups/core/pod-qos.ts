import { compareQuantity } from '../../meta/quantity.ts';
import type { Pod } from '../../types/core/v1.ts';

const counted = ['cpu', 'memory'] as const;

/**
 * Guaranteed: every container limits cpu and memory and requests just that. BestEffort: none asks for anything.
 * Burstable: the rest (upstream's ComputePodQOS). Pod-level resources, where given, decide alone.
 */
export function podQosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const { spec } = pod;
  if (spec === undefined) return 'BestEffort';
  const all = spec.resources === undefined ? [...spec.containers, ...(spec.initContainers ?? [])].map((one) => one.resources ?? {}) : [spec.resources];
  const asks = (list: Readonly<Record<string, string>> | undefined): boolean => counted.some((resource) => list?.[resource] !== undefined && compareQuantity(list[resource], '0') > 0);
  if (!all.some(({ requests, limits }) => asks(requests) || asks(limits))) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) => counted.every((resource) => {
    const limit = limits?.[resource];
    if (limit === undefined || compareQuantity(limit, '0') === 0) return false;
    const request = requests?.[resource];
    return request === undefined || compareQuantity(request, limit) === 0;
  }));
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
