import { includes, lastOf, parseNetwork } from '../../api/meta/ip-network.ts';
import { nameOf } from '../../api/meta/object.ts';
import { podCidrsOf } from '../../api/node/pod-cidrs.ts';
import type { Node, NodeAddress } from '../../api/types/core/v1.ts';
import type { Route } from '../contract.ts';

/** What is to be done so that the cloud has one route for each pod range of each node. */
export interface RoutePlan {
  readonly remove: readonly Route[];
  readonly create: readonly { readonly node: Node; readonly cidr: string }[];
  /** A route is made again with other addresses: the old one must be gone first. */
  readonly replaces: boolean;
}

function sameAddresses(a: readonly NodeAddress[], b: readonly NodeAddress[]): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => one.type === other.type && one.address === other.address));
}

/** Compares the cloud's routes with the cluster's nodes. Routes outside of the cluster's ranges are somebody else's. Pure. */
export function planRoutes(nodes: readonly Node[], routes: readonly Route[], clusterCidrs: readonly string[]): RoutePlan {
  const byName = new Map(nodes.map((node) => [nameOf(node), node]));
  const isRight = ({ targetNode, targetAddresses, destinationCidr }: Route): boolean => {
    const node = byName.get(targetNode);
    return node !== undefined && podCidrsOf(node).includes(destinationCidr) && (targetAddresses === undefined || sameAddresses(targetAddresses, node.status?.addresses ?? []));
  };
  const remove = routes.filter((route) => isWithin(route.destinationCidr, clusterCidrs) && (route.blackhole === true || !isRight(route)));
  const create = nodes.flatMap((node) => podCidrsOf(node)
    .filter((cidr) => !routes.some((route) => route.targetNode === nameOf(node) && route.destinationCidr === cidr && isRight(route)))
    .map((cidr) => ({ node, cidr })));
  return { remove, create, replaces: routes[0]?.targetAddresses !== undefined };
}

/** Whether one end of a range is in one of the others. */
function isWithin(text: string, ranges: readonly string[]): boolean {
  const range = parseNetwork(text);
  if (range === undefined) return false;
  const ends = [range.base, lastOf(range)].map((value) => ({ family: range.family, value }));
  return ranges.map(parseNetwork).some((outer) => outer !== undefined && ends.some((end) => includes(outer, end)));
}
