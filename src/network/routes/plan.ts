import { isIP } from 'node:net';
import type { IpNetwork } from '../../api/meta/ip-network.ts';
import { formatAddress, formatNetwork, includes, parseAddress, parseNetwork } from '../../api/meta/ip-network.ts';

/** A node as the pods' network sees it. */
export interface NetworkNode {
  readonly name: string;
  /** One for each family that its pods have. */
  readonly podCidrs: readonly string[];
  /** Where other nodes reach it, one for each family that it has. */
  readonly addresses: readonly string[];
}

/** A range of pods that is reached by handing packets to a node on the same link. */
export interface DirectRoute { readonly destination: string; readonly via: string }

/** A node that is not on our link: packets for its pods travel inside UDP packets (VXLAN) to its address. */
export interface OverlayPeer {
  /** Its pods' ranges, and the address of its end of the tunnel for each. */
  readonly ranges: readonly { readonly destination: string; readonly end: string }[];
  /** Ethernet address of its end. */
  readonly mac: string;
  /** The node's own address, to which the outer packets go. */
  readonly remote: string;
}

/** How this node reaches other nodes' pods. */
export interface RoutePlan {
  readonly direct: readonly DirectRoute[];
  readonly overlay: readonly OverlayPeer[];
}

const contains = (range: IpNetwork, text: string): boolean => {
  const address = parseAddress(text);
  return address !== undefined && includes(range, address);
};

const rangesOf = (node: NetworkNode): IpNetwork[] => node.podCidrs.map(parseNetwork).filter((range) => range !== undefined);

/** The address of a node's end of the tunnel for a range of its pods: the range's first, which no pod ever has. */
export const tunnelEnd = (range: IpNetwork): string => formatAddress({ family: range.family, value: range.base });

/** The Ethernet address of a node's end of the tunnel, which every node works out for itself from the pods' first range. */
export function tunnelMac(podCidrs: readonly string[]): string | undefined {
  const range = podCidrs.map(parseNetwork).find((one) => one !== undefined);
  if (range === undefined) return undefined;
  // The first 64 bits of an IPv6 range tell nodes apart; of those the last 32 do within one cluster.
  const bits = range.family === 4 ? range.base : (range.base >> 64n) & 0xffff_ffffn;
  return ['0e', '58', ...[24n, 16n, 8n, 0n].map((shift) => ((bits >> shift) & 0xffn).toString(16).padStart(2, '0'))].join(':');
}

/**
 * Routes from a node to all others: straight to those that share a link with it (`links` are the subnets that its interfaces
 * are in), through the tunnel to the rest. A node without a range of pods or without an address is left out, as is one that
 * claims our own address. Pure; in the order of the nodes' names.
 */
export function planRoutes(own: NetworkNode, others: readonly NetworkNode[], links: readonly string[]): RoutePlan {
  const subnets = links.map(parseNetwork).filter((range) => range !== undefined);
  const direct: DirectRoute[] = [];
  const overlay: OverlayPeer[] = [];
  const taken = new Set(own.podCidrs);
  for (const node of others.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (node.name === own.name || node.addresses.some((address) => own.addresses.includes(address) || isLoopback(address))) continue;
    const ranges = rangesOf(node).filter((range) => !taken.has(formatNetwork(range)));
    const tunnelled: IpNetwork[] = [];
    for (const range of ranges) {
      taken.add(formatNetwork(range));
      const via = node.addresses.find((address) => isIP(address) === range.family && subnets.some((subnet) => contains(subnet, address)));
      if (via === undefined) tunnelled.push(range);
      else direct.push({ destination: formatNetwork(range), via });
    }
    const remote = node.addresses.find((address) => own.addresses.some((mine) => isIP(mine) === isIP(address)));
    const mac = tunnelMac(node.podCidrs);
    if (tunnelled.length > 0 && remote !== undefined && mac !== undefined) overlay.push({ ranges: tunnelled.map((range) => ({ destination: formatNetwork(range), end: tunnelEnd(range) })), mac, remote });
  }
  return { direct, overlay };
}

/** Simulated nodes live at addresses that lead nowhere from another machine. */
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
