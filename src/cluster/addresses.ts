import { ipFamilyOf } from '../api/meta/ip.ts';
import { formatAddress, parseNetwork } from '../api/meta/ip-network.ts';

/** The `index`-th address of a range, counted from its base: 1 is the first that a host can have. Of two ranges, that of the first. */
export function addressInRange(cidr: string, index: number): string {
  const [first = ''] = cidr.split(',');
  const network = parseNetwork(first.trim());
  if (network === undefined) throw new Error(`${JSON.stringify(first)} is no range of addresses`);
  return formatAddress({ family: network.family, value: network.base + BigInt(index) });
}

/** The families of ranges or addresses, in their order: the first is that of everything that has only one. */
export const familiesOf = (ranges: string): (4 | 6)[] => ranges.split(',').map((range) => (range.includes(':') ? 6 : 4));

/** Of a node's ranges that in which Services reach it: of the family that Services have first; the first where there is none. */
export const servingRange = (podCidrs: readonly string[], serviceCidr: string): string | undefined => podCidrs.find((range) => familiesOf(range)[0] === familiesOf(serviceCidr)[0]) ?? podCidrs[0];

/** Ranges that are nobody's (RFC 2544, RFC 5180), so that simulated machines are never mistaken for real ones. */
const simulatedRanges = { 4: '198.18.0.0/15', 6: '2001:2::/48' } as const;

/** The addresses of the `number`-th simulated machine of a cluster whose pods are in these ranges: one of each family, in their order. */
export const simulatedAddresses = (number: number, clusterCidr: string): string[] => familiesOf(clusterCidr).map((family) => addressInRange(simulatedRanges[family], number));

/** As an EndpointSlice calls the family of an address. */
export const addressTypeOf = (address: string): 'IPv4' | 'IPv6' => (ipFamilyOf(address) === 6 ? 'IPv6' : 'IPv4');

/** Whether an address that is listened on is this machine's own alone. */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1' || address === 'localhost';

/** Whether it stands for all addresses of the machine. */
export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';
