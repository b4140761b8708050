import { value } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { clashes, hostPortsOf } from '../../api/pod/host-ports.ts';
import { isTerminalPhase } from '../pods/pod-spec.ts';
import { inUnits, requestsOf } from '../resources/quantities.ts';
import type { Admission } from './verdict.ts';

/** Did the scheduler allocate devices of a claim for it (KEP-5004)? */
const isOfDevices = ({ status }: Pod, resource: string): boolean => status?.extendedResourceClaimStatus?.requestMappings?.some(({ resourceName }) => resourceName === resource) === true;

/** Does what the pod asks for fit beside the others, its host ports included? */
export const resourceFit: Admission = (pod, { others, allocatable }) => {
  // Extended resources that others than the kubelet look after are the scheduler's business alone.
  const wanted = [...requestsOf(pod)].filter(([resource, requested]) => (allocatable[resource] !== undefined || !resource.includes('/')) && requested !== 0 && !isOfDevices(pod, resource));
  const used = wanted.map(() => 0);
  const ports = hostPortsOf(pod);
  let pods = 0;
  let isPortTaken = false;
  // The one look at all of them that every pod costs.
  for (const other of others) {
    if (!other.isAdmitted || other.isForgotten || other.pod.metadata.uid === pod.metadata.uid || isTerminalPhase(other.pod.status?.phase)) continue;
    pods++;
    for (let index = 0; index < wanted.length; index++) used[index]! += other.requests.get(wanted[index]![0]) ?? 0;
    if (ports.length > 0 && !isPortTaken) isPortTaken = hostPortsOf(other.pod).some((taken) => ports.some((one) => clashes(taken, one)));
  }
  const refuse = (resource: string, requested: number, taken: number, capacity: number): { reason: string; message: string } => ({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`,
  });
  const maxPods = value(allocatable['pods'] ?? '110');
  if (pods + 1 > maxPods) return refuse('pods', 1, pods, maxPods);
  for (const [index, [resource, requested]] of wanted.entries()) {
    const capacity = inUnits(resource, allocatable[resource] ?? '0');
    const taken = used[index] ?? 0;
    if (requested > capacity - taken) return refuse(resource, requested, taken, capacity);
  }
  return isPortTaken ? { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" } : undefined;
};
