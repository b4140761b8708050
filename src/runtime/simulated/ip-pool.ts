import { RuntimeError } from '../runtime.ts';

/**
 * Addresses of one IPv4 range, as the host-local plugin hands them out: in turn, the first host address kept for the
 * bridge, the network and broadcast addresses never used.
 */
export class IpPool {
  readonly #cidr: string;
  readonly #first: number;
  readonly #size: number;
  readonly #used = new Set<number>();
  #last = 1;

  /** `cidr`: an IPv4 range. Throws RuntimeError `invalid-argument` for anything else. */
  constructor(cidr: string) {
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
    const bytes = match?.slice(1, 5).map(Number) ?? [];
    const prefix = Number(match?.[5]);
    if (match === null || bytes.some((byte) => byte > 255) || prefix > 30) throw new RuntimeError('invalid-argument', `not supported: pod range ${JSON.stringify(cidr)} (an IPv4 range of /30 or wider)`);
    this.#cidr = cidr;
    this.#size = 2 ** (32 - prefix);
    const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    this.#first = address - (address % this.#size);
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
    const address = ip.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
    this.#used.delete(address - this.#first);
  }

  #format(offset: number): string {
    const address = this.#first + offset;
    return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
  }
}
