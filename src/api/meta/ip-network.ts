import { formatIp, parseCidr, parseIp } from './ip.ts';

/** An IP address as a number. */
export interface AddressValue { readonly family: 4 | 6; readonly value: bigint }

/** A network as numbers: `base` has no bits beyond the prefix; `width` is how many bits an address of the family has. */
export interface IpNetwork { readonly family: 4 | 6; readonly base: bigint; readonly prefixLength: number; readonly width: 32 | 128 }

const valueOf = (bytes: readonly number[]): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Undefined for what is no address. */
export function parseAddress(text: string): AddressValue | undefined {
  const address = parseIp(text);
  return address && { family: address.family, value: valueOf(address.bytes) };
}

/** In canonical form. */
export function formatAddress({ family, value }: AddressValue): string {
  const length = family === 4 ? 4 : 16;
  return formatIp({ family, bytes: Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn)) });
}

/** Reads `10.96.0.0/12` or `fd00::/112`; undefined for what is no network. IPv4-mapped ones are not. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.address.mapped) return undefined;
  const { family, bytes } = cidr.address;
  const width = family === 4 ? 32 : 128;
  const hostBits = BigInt(width - cidr.prefixLength);
  return { family, base: (valueOf(bytes) >> hostBits) << hostBits, prefixLength: cidr.prefixLength, width };
}

/** In canonical form. */
export const formatNetwork = ({ family, base, prefixLength }: IpNetwork): string => `${formatAddress({ family, value: base })}/${prefixLength}`;

/** The network's highest address, as a number. */
export const lastOf = ({ base, width, prefixLength }: IpNetwork): bigint => base + (1n << BigInt(width - prefixLength)) - 1n;

/** Whether an address is one of the network's, its own and its highest too. */
export const includes = (network: IpNetwork, { family, value }: AddressValue): boolean => family === network.family && value >= network.base && value <= lastOf(network);

/** The addresses that Services may have: without the network's own and, of IPv4, the broadcast address. May be none. */
export function usableAddresses(network: IpNetwork): { readonly first: bigint; readonly last: bigint } {
  return { first: network.base + 1n, last: lastOf(network) - (network.family === 4 ? 1n : 0n) };
}

/** Whether a Service of this network may have the address. */
export function isUsable(network: IpNetwork, { family, value }: AddressValue): boolean {
  const { first, last } = usableAddresses(network);
  return family === network.family && value >= first && value <= last;
}

export function overlaps(a: IpNetwork, b: IpNetwork): boolean {
  return a.family === b.family && a.base <= lastOf(b) && b.base <= lastOf(a);
}

/** Is `inner` the same as `outer` or a part of it? */
export const covers = (outer: IpNetwork, inner: IpNetwork): boolean => overlaps(outer, inner) && outer.prefixLength <= inner.prefixLength;
