import { formatAddress, parseNetwork } from '../../api/meta/ip-network.ts';
import { RuntimeError } from '../runtime.ts';

/** More addresses than these are never looked through: no node has so many pods. */
const mostBits = 31;

/**
 * Addresses of one range, as the host-local plugin hands them out: in turn, the first host address kept for the bridge, the
 * network and broadcast addresses never used.
 */
export class IpPool {
  readonly #cidr: string;
  readonly #family: 4 | 6;
  readonly #base: bigint;
  /** The same as a number, of IPv4. */
  readonly #base4: number;
  readonly #size: number;
  readonly #used = new Set<number>();
  /** Where in the range those are that have been given away. */
  readonly #offsets = new Map<string, number>();
  #last = 1;

  /** `cidr`: a range of either family. Throws RuntimeError `invalid-argument` for anything else. */
  constructor(cidr: string) {
    const network = parseNetwork(cidr);
    const bits = network === undefined ? 0 : network.width - network.prefixLength;
    if (network === undefined || bits < 2) throw new RuntimeError('invalid-argument', `not supported: pod range ${JSON.stringify(cidr)} (a range of /30, or /126 of IPv6, or wider)`);
    this.#cidr = cidr;
    this.#family = network.family;
    this.#base = network.base;
    this.#base4 = network.family === 4 ? Number(network.base) : 0;
    this.#size = 2 ** Math.min(mostBits, bits);
  }

  /** Another pool of the range, in which the same addresses are taken. */
  copy(): IpPool {
    const copy = new IpPool(this.#cidr);
    for (const offset of this.#used) copy.#used.add(offset);
    for (const [ip, offset] of this.#offsets) copy.#offsets.set(ip, offset);
    copy.#last = this.#last;
    return copy;
  }

  /** A pool of the range of which nothing is taken, and which goes on where this one stands: host-local keeps that on the disk. */
  emptied(): IpPool {
    const emptied = new IpPool(this.#cidr);
    emptied.#last = this.#last;
    return emptied;
  }

  take(): string {
    for (let step = 1; step < this.#size; step++) {
      const offset = ((this.#last + step - 2) % (this.#size - 3)) + 2;
      if (this.#used.has(offset)) continue;
      this.#used.add(offset);
      this.#last = offset;
      const ip = this.#format(offset);
      this.#offsets.set(ip, offset);
      return ip;
    }
    throw new RuntimeError('unavailable', `failed to allocate for range 0: no IP addresses available in range set: ${this.#format(1)}-${this.#format(this.#size - 2)}`);
  }

  /** Gives an address back. Addresses of another range are ignored. */
  release(ip: string): void {
    const offset = this.#offsets.get(ip);
    if (offset === undefined) return;
    this.#offsets.delete(ip);
    this.#used.delete(offset);
  }

  #format(offset: number): string {
    if (this.#family === 6) return formatAddress({ family: 6, value: this.#base + BigInt(offset) });
    const value = this.#base4 + offset;
    return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
  }
}
