import { compareQuantity, milliValue } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { specOf } from '../pods/pod-spec.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The quality of service class: what the API says, else computed from CPU and memory of all init and regular containers. */
export function qosClassOf(pod: Pod): QosClass {
  const known = pod.status?.qosClass;
  if (known === 'Guaranteed' || known === 'Burstable' || known === 'BestEffort') return known;
  return computeQosClass(pod);
}

export function computeQosClass(pod: Pod): QosClass {
  const spec = specOf(pod);
  const podLevel = spec.resources !== undefined && (spec.resources.requests !== undefined || spec.resources.limits !== undefined);
  const lists = podLevel ? [spec.resources ?? {}] : [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.resources ?? {});
  let any = false;
  let guaranteed = true;
  for (const { requests = {}, limits = {} } of lists) {
    for (const name of ['cpu', 'memory']) {
      const request = requests[name] ?? limits[name];
      const limit = limits[name];
      const isSet = (quantity: string | undefined): quantity is string => quantity !== undefined && milliValue(quantity) > 0;
      if (isSet(requests[name]) || isSet(limit)) any = true;
      if (!isSet(limit) || request === undefined || compareQuantity(request, limit) !== 0) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
