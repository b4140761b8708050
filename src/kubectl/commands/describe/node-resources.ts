import type { Quantity } from '../../../api/meta/quantity.ts';
import { formatQuantity, milliValue, parseQuantity, value } from '../../../api/meta/quantity.ts';
import { addResources, zeroQuantity } from '../../../api/meta/resource-list.ts';
import { ageOf } from '../../../api/meta/time.ts';
import { podLimits, podRequests } from '../../../api/pod/pod-quantities.ts';
import type { Node, Pod } from '../../../api/types/core/v1.ts';
import type { Describing } from './describer.ts';

type List = Readonly<Record<string, Quantity>>;

const standard = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage']);

/** `250m (12%)`. */
function share(list: List, name: string, allocatable: Readonly<Record<string, string>>): string {
  const have = list[name] ?? zeroQuantity;
  const units = name === 'cpu' ? milliValue : value;
  const all = units(parseQuantity(allocatable[name] ?? '0'));
  return `${formatQuantity(have)} (${all === 0 ? 0 : Math.trunc(units(have) / all * 100)}%)`;
}

/** The pods of a node, and what they have of it together. */
export function writeNodeResources({ status }: Node, pods: readonly Pod[], { page, nowMs }: Describing): void {
  const allocatable = status?.allocatable ?? status?.capacity ?? {};
  page.field('Non-terminated Pods', `(${pods.length} in total)`);
  page.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  page.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  let requests: List = {};
  let limits: List = {};
  for (const pod of pods) {
    const [request, limit] = [podRequests(pod, { useStatus: true, overhead: true }), podLimits(pod, { useStatus: true, overhead: true })];
    page.line(1, `${pod.metadata?.namespace ?? ''}\t${pod.metadata?.name ?? ''}\t\t${[share(request, 'cpu', allocatable), share(limit, 'cpu', allocatable), share(request, 'memory', allocatable), share(limit, 'memory', allocatable)].join('\t')}\t${ageOf(pod.metadata?.creationTimestamp, nowMs)}`);
    requests = addResources(requests, podRequests(pod, { useStatus: false, overhead: true }));
    limits = addResources(limits, podLimits(pod, { useStatus: false, overhead: true }));
  }
  page.raw('Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n');
  page.line(1, 'Resource\tRequests\tLimits');
  page.line(1, '--------\t--------\t------');
  const names = Object.keys(allocatable).sort();
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...names.filter((one) => one.startsWith('hugepages-'))]) page.line(1, `${name}\t${share(requests, name, allocatable)}\t${share(limits, name, allocatable)}`);
  for (const name of names.filter((one) => !one.startsWith('hugepages-') && !standard.has(one))) page.line(1, `${name}\t${formatQuantity(requests[name] ?? zeroQuantity)}\t${formatQuantity(limits[name] ?? zeroQuantity)}`);
}
