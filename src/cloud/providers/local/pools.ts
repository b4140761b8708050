import { formatAddress, lastOf, parseAddress, parseNetwork } from '../../../api/meta/ip-network.ts';

/** Addresses from one to another, both included. */
export interface AddressPool {
  /** As it was written. */
  readonly text: string;
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads `ADDRESS/PREFIX`, `FIRST-LAST` or one address. Throws an Error of one line. */
export function parsePool(text: string): AddressPool {
  const wrong = (): Error => new Error(`wants addresses such as 192.168.1.240/28, 192.168.1.240-192.168.1.250 or fd00::f0/124, not ${JSON.stringify(text)}`);
  if (text.includes('/')) {
    const network = parseNetwork(text);
    if (network === undefined) throw wrong();
    return { text, family: network.family, first: network.base, last: lastOf(network) };
  }
  const [from, to = from, ...rest] = text.split('-').map((part) => parseAddress(part.trim()));
  if (rest.length > 0 || from === undefined || to === undefined || from.family !== to.family) throw wrong();
  if (from.value > to.value) throw wrong();
  return { text, family: from.family, first: from.value, last: to.value };
}

export function contains(pool: AddressPool, address: string): boolean {
  const ip = parseAddress(address);
  return ip !== undefined && ip.family === pool.family && ip.value >= pool.first && ip.value <= pool.last;
}

export const sizeOf = ({ first, last }: AddressPool): bigint => last - first + 1n;

/** The lowest address of the pools in this family that is not taken; undefined when all are. */
export function lowestFree(pools: readonly AddressPool[], family: 4 | 6, isTaken: (address: string) => boolean): string | undefined {
  for (const pool of pools) {
    if (pool.family !== family) continue;
    for (let value = pool.first; value <= pool.last; value++) {
      const address = formatAddress({ family, value });
      if (!isTaken(address)) return address;
    }
  }
  return undefined;
}
