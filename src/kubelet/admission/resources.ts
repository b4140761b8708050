import { compareQuantity, formatQuantity, milliValue, subtractQuantity, value } from '../../api/meta/quantity.ts';
import { clashes, hostPortsOf } from '../../api/pod/host-ports.ts';
import { isTerminalPhase } from '../pods/pod-spec.ts';
import { podResources } from '../resources/quantities.ts';
import type { Admission } from './verdict.ts';

/** Does what the pod asks for fit beside the others, its host ports included? */
export const resourceFit: Admission = (pod, { others, allocatable }) => {
  const active = others.filter((other) => other.metadata.uid !== pod.metadata.uid && !isTerminalPhase(other.status?.phase));
  const refuse = (resource: string, requested: number, used: number, capacity: number): { reason: string; message: string } => ({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const maxPods = value(allocatable['pods'] ?? '110');
  if (active.length + 1 > maxPods) return refuse('pods', 1, active.length, maxPods);
  for (const [resource, requested] of Object.entries(podResources(pod, 'requests'))) {
    // Extended resources that others than the kubelet look after are the scheduler's business alone.
    if (allocatable[resource] === undefined && resource.includes('/')) continue;
    const capacity = allocatable[resource] ?? '0';
    const number = resource === 'cpu' ? milliValue : value;
    if (number(requested) === 0) continue;
    let free = capacity;
    for (const other of active) free = formatQuantity(subtractQuantity(free, podResources(other, 'requests')[resource] ?? '0'));
    if (compareQuantity(requested, free) > 0) return refuse(resource, number(requested), number(capacity) - number(free), number(capacity));
  }
  const taken = active.flatMap(hostPortsOf);
  if (hostPortsOf(pod).some((wanted) => taken.some((one) => clashes(one, wanted)))) {
    return { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" };
  }
  return undefined;
};
