import { milliValue, value } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { clashes, hostPortsOf } from '../../api/pod/host-ports.ts';
import { isTerminalPhase } from '../pods/pod-spec.ts';
import { podResources } from '../resources/quantities.ts';
import type { Admission } from './verdict.ts';

/** As upstream counts: CPU in thousandths, the rest in whole units. */
const inUnits = (resource: string, quantity: string): number => (resource === 'cpu' ? milliValue : value)(quantity);

/** What each pod asks for: the others are asked at every admission. */
const known = new WeakMap<Pod, ReadonlyMap<string, number>>();

function requestsOf(pod: Pod): ReadonlyMap<string, number> {
  let requests = known.get(pod);
  if (requests === undefined) known.set(pod, requests = new Map(Object.entries(podResources(pod, 'requests')).map(([resource, quantity]) => [resource, inUnits(resource, quantity)])));
  return requests;
}

/** Did the scheduler allocate devices of a claim for it (KEP-5004)? */
const isOfDevices = ({ status }: Pod, resource: string): boolean => status?.extendedResourceClaimStatus?.requestMappings?.some(({ resourceName }) => resourceName === resource) === true;

/** Does what the pod asks for fit beside the others, its host ports included? */
export const resourceFit: Admission = (pod, { others, allocatable }) => {
  const active = others.filter((other) => other.metadata.uid !== pod.metadata.uid && !isTerminalPhase(other.status?.phase));
  const refuse = (resource: string, requested: number, used: number, capacity: number): { reason: string; message: string } => ({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const maxPods = value(allocatable['pods'] ?? '110');
  if (active.length + 1 > maxPods) return refuse('pods', 1, active.length, maxPods);
  for (const [resource, requested] of requestsOf(pod)) {
    // Extended resources that others than the kubelet look after are the scheduler's business alone.
    if ((allocatable[resource] === undefined && resource.includes('/')) || requested === 0 || isOfDevices(pod, resource)) continue;
    const capacity = inUnits(resource, allocatable[resource] ?? '0');
    const used = active.reduce((sum, other) => sum + (requestsOf(other).get(resource) ?? 0), 0);
    if (requested > capacity - used) return refuse(resource, requested, used, capacity);
  }
  const wanted = hostPortsOf(pod);
  if (wanted.length > 0 && active.some((other) => hostPortsOf(other).some((taken) => wanted.some((one) => clashes(taken, one))))) {
    return { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" };
  }
  return undefined;
};
