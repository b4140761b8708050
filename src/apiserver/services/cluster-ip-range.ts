import type { AddressValue, IpNetwork } from '../../api/meta/ip-network.ts';
import { formatAddress, isUsable, parseNetwork, usableAddresses } from '../../api/meta/ip-network.ts';
import type { Random } from '../../base/random.ts';

/** Addresses that are looked at before a range counts as full: more of one range are never taken. */
const maxTried = 1n << 24n;

/** A network that Services get their addresses from. */
export class ClusterIpRange {
  readonly network: IpNetwork;
  readonly #first: bigint;
  readonly #last: bigint;
  /** So many of the first addresses are left to those who ask for one by name. */
  readonly #reserved: bigint;

  /** Throws an Error of one line for what is no network. */
  constructor(cidr: string) {
    const network = parseNetwork(cidr);
    if (network === undefined) throw new Error(`invalid CIDR address: ${cidr}`);
    this.network = network;
    const { first, last } = usableAddresses(network);
    this.#first = first;
    this.#last = last;
    this.#reserved = reservedIn(network);
  }

  get family(): 4 | 6 { return this.network.family; }

  /** The first usable address: the kubernetes Service's. */
  get first(): string { return this.#text(this.#first); }

  contains(address: AddressValue): boolean {
    return isUsable(this.network, address);
  }

  /**
   * A free address by chance, from the upper band of the range while it has any: the lower one is left to those who ask
   * for an address by name, as upstream does (KEP-3070). Undefined when all are taken.
   */
  pick(random: Random, taken: (address: string) => boolean): string | undefined {
    const band = this.#first + this.#reserved;
    return this.#pickBetween(random, taken, band, this.#last) ?? this.#pickBetween(random, taken, this.#first, band - 1n);
  }

  #text(value: bigint): string {
    return formatAddress({ family: this.network.family, value });
  }

  #pickBetween(random: Random, taken: (address: string) => boolean, low: bigint, high: bigint): string | undefined {
    const count = high - low + 1n;
    if (count <= 0n) return undefined;
    const start = scaled(random, count);
    for (let i = 0n; i < count && i < maxTried; i++) {
      const address = this.#text(low + ((start + i) % count));
      if (!taken(address)) return address;
    }
    return undefined;
  }
}

/** A number below `count` by chance; of counts that doubles cannot hold, the lower bits are chance too. */
function scaled(random: Random, count: bigint): bigint {
  if (count <= 1n << 53n) return BigInt(Math.floor(random.float() * Number(count)));
  return ((BigInt(Math.floor(random.float() * 2 ** 48)) << 80n) | (BigInt(Math.floor(random.float() * 2 ** 40)) << 40n) | BigInt(Math.floor(random.float() * 2 ** 40))) % count;
}

function reservedIn({ width, prefixLength }: IpNetwork): bigint {
  const size = 2 ** (width - prefixLength);
  return size <= 16 ? 0n : BigInt(Math.min(Math.max(16, Math.floor(size / 16)), 256));
}
