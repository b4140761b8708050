import { isConditionTrue } from '../../../../api/meta/conditions.ts';
import { keyOf, nameOf } from '../../../../api/meta/object.ts';
import type { Node, Service } from '../../../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../../../api/types/discovery/v1.ts';
import { sha256Hex } from '../../../../base/sha256.ts';
import { cleanupFinalizer, isBalanced, wantsLoadBalancer } from '../../../service/wants.ts';
import { addressesOf } from '../assign.ts';

/** Stands on nodes where somebody announces addresses: the others are not elected. */
export const announcesAnnotation = 'coxswain.io/announces-load-balancers';

export interface ElectionState {
  readonly services: readonly Service[];
  readonly nodes: readonly Node[];
  readonly slicesOf: (service: string) => readonly EndpointSlice[];
}

const isCandidate = (node: Node): boolean => isBalanced(node) && node.metadata.annotations?.[announcesAnnotation] === 'true'
  && isConditionTrue(node.status?.conditions, 'Ready') && !isConditionTrue(node.status?.conditions, 'NetworkUnavailable');

/** Nodes that have something of the Service that takes connections; those that end count when nothing else is left. */
function nodesWithEndpoints(slices: readonly EndpointSlice[]): ReadonlySet<string> {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  const usable = ready.length > 0 ? ready : endpoints.filter(({ conditions }) => conditions?.serving === true);
  return new Set(usable.flatMap(({ nodeName }) => (nodeName === undefined ? [] : [nodeName])));
}

/**
 * Which node answers for a Service's addresses: every node comes to the same, from what it sees of the cluster. Ready nodes
 * that announce; with policy Local those with endpoints of the Service. Services are spread over them, and one that is
 * announced moves only when its node cannot go on. Undefined: none can.
 */
export function electedNode(service: Service, { nodes, slicesOf }: Pick<ElectionState, 'nodes' | 'slicesOf'>): string | undefined {
  const key = keyOf(service);
  const local = service.spec?.externalTrafficPolicy === 'Local' ? nodesWithEndpoints(slicesOf(key)) : undefined;
  const candidates = nodes.filter(isCandidate).map(nameOf).filter((name) => local?.has(name) !== false);
  const rank = (name: string): string => sha256Hex(`${name}#${key}`);
  return candidates.map((name) => ({ name, rank: rank(name) })).toSorted((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.name;
}

/** The addresses that one node is to announce, in order. Those that another program gave are left to that. */
export function announcedBy(nodeName: string, state: ElectionState): string[] {
  return state.services
    .filter((service) => wantsLoadBalancer(service) && service.metadata.finalizers?.includes(cleanupFinalizer) === true && addressesOf(service).length > 0)
    .filter((service) => electedNode(service, state) === nodeName)
    .flatMap(addressesOf).toSorted();
}
