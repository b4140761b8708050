import { formatIp, parseCidr, parseIp } from '../../../api/meta/ip.ts';

/** Addresses from one to another, both included. */
export interface AddressPool {
  /** As it was written. */
  readonly text: string;
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const numberOf = (bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** The address with this number in a family. */
export function addressAt(family: 4 | 6, value: bigint): string {
  const length = family === 4 ? 4 : 16;
  return formatIp({ family, bytes: Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn)) });
}

/** Reads `ADDRESS/PREFIX`, `FIRST-LAST` or one address. Throws an Error of one line. */
export function parsePool(text: string): AddressPool {
  const wrong = (): Error => new Error(`wants addresses such as 192.168.1.240/28, 192.168.1.240-192.168.1.250 or fd00::f0/124, not ${JSON.stringify(text)}`);
  if (text.includes('/')) {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw wrong();
    const { family, bytes } = cidr.address;
    const hostBits = BigInt(bytes.length * 8 - cidr.prefixLength);
    const first = (numberOf(bytes) >> hostBits) << hostBits;
    return { text, family, first, last: first + (1n << hostBits) - 1n };
  }
  const [from, to = from, ...rest] = text.split('-').map((part) => parseIp(part.trim()));
  if (rest.length > 0 || from === undefined || to === undefined || from.family !== to.family) throw wrong();
  const [first, last] = [numberOf(from.bytes), numberOf(to.bytes)];
  if (first > last) throw wrong();
  return { text, family: from.family, first, last };
}

export function contains(pool: AddressPool, address: string): boolean {
  const ip = parseIp(address);
  if (ip?.family !== pool.family) return false;
  const value = numberOf(ip.bytes);
  return value >= pool.first && value <= pool.last;
}

export const sizeOf = ({ first, last }: AddressPool): bigint => last - first + 1n;

/** The lowest address of the pools in this family that is not taken; undefined when all are. */
export function lowestFree(pools: readonly AddressPool[], family: 4 | 6, isTaken: (address: string) => boolean): string | undefined {
  for (const pool of pools) {
    if (pool.family !== family) continue;
    for (let value = pool.first; value <= pool.last; value++) {
      const address = addressAt(family, value);
      if (!isTaken(address)) return address;
    }
  }
  return undefined;
}
