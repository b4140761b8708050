import { formatAddress, parseAddress, parseNetwork } from '../../api/meta/ip-network.ts';
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
  readonly #size: number;
  readonly #used = new Set<number>();
  #last = 1;

  /** `cidr`: a range of either family. Throws RuntimeError `invalid-argument` for anything else. */
  constructor(cidr: string) {
    const network = parseNetwork(cidr);
    const bits = network === undefined ? 0 : network.width - network.prefixLength;
    if (network === undefined || bits < 2) throw new RuntimeError('invalid-argument', `not supported: pod range ${JSON.stringify(cidr)} (a range of /30, or /126 of IPv6, or wider)`);
    this.#cidr = cidr;
    this.#family = network.family;
    this.#base = network.base;
    this.#size = 2 ** Math.min(mostBits, bits);
  }

  /** Another pool of the range, in which the same addresses are taken. */
  copy(): IpPool {
    const copy = new IpPool(this.#cidr);
    for (const offset of this.#used) copy.#used.add(offset);
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
      return this.#format(offset);
    }
    throw new RuntimeError('unavailable', `failed to allocate for range 0: no IP addresses available in range set: ${this.#format(1)}-${this.#format(this.#size - 2)}`);
  }

  /** Gives an address back. Addresses of another range are ignored. */
  release(ip: string): void {
    const address = parseAddress(ip);
    if (address?.family === this.#family) this.#used.delete(Number(address.value - this.#base));
  }

  #format(offset: number): string {
    return formatAddress({ family: this.#family, value: this.#base + BigInt(offset) });
  }
}
