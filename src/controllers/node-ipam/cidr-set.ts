import type { IpNetwork } from '../../api/meta/ip-network.ts';
import { formatAddress, parseNetwork } from '../../api/meta/ip-network.ts';

/** Reads `10.244.0.0/16` or `fd00::/48`. Throws an Error of one line for anything else. */
export function parseCidr(text: string): IpNetwork {
  const network = parseNetwork(text);
  if (network === undefined) throw new Error(`invalid CIDR address: ${text}`);
  return network;
}

/** Hands out equal parts of a range, each once, going round. */
export class CidrSet {
  readonly #range: IpNetwork;
  readonly #maskBits: number;
  readonly #used = new Set<number>();
  readonly #count: number;
  #next = 0;

  constructor(cidr: string, maskBits: { readonly ipv4: number; readonly ipv6: number }) {
    this.#range = parseCidr(cidr);
    this.#maskBits = this.#range.family === 4 ? maskBits.ipv4 : maskBits.ipv6;
    if (this.#maskBits < this.#range.prefixLength || this.#maskBits > this.#range.width) throw new Error(`node CIDR mask size /${this.#maskBits} does not fit into cluster CIDR ${cidr}`);
    // More nodes than 65536 do not come from one range.
    this.#count = 2 ** Math.min(16, this.#maskBits - this.#range.prefixLength);
  }

  get family(): 4 | 6 { return this.#range.family; }

  /** The next free part; undefined when all are taken. */
  allocate(): string | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#used.has(index)) continue;
      this.#used.add(index);
      this.#next = (index + 1) % this.#count;
      return `${formatAddress({ family: this.#range.family, value: this.#range.base + (BigInt(index) << BigInt(this.#range.width - this.#maskBits)) })}/${this.#maskBits}`;
    }
    return undefined;
  }

  /** Marks what overlaps `cidr` as taken. False when it is not of this range. */
  occupy(cidr: string): boolean {
    const indexes = this.#indexesOf(cidr);
    for (const index of indexes) this.#used.add(index);
    return indexes.length > 0;
  }

  release(cidr: string): void {
    for (const index of this.#indexesOf(cidr)) this.#used.delete(index);
  }

  #indexesOf(cidr: string): number[] {
    const other = parseCidr(cidr);
    const { family, base, prefixLength, width } = this.#range;
    if (other.family !== family || other.base >> BigInt(width - prefixLength) !== base >> BigInt(width - prefixLength)) return [];
    const first = Number((other.base - base) >> BigInt(width - this.#maskBits));
    const count = other.prefixLength >= this.#maskBits ? 1 : 2 ** (this.#maskBits - other.prefixLength);
    return Array.from({ length: Math.min(count, this.#count - first) }, (_, index) => first + index);
  }
}
