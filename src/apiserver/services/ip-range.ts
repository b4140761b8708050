import type { Random } from '../../base/random.ts';

/** An IPv4 address as a number; undefined for what is none. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export const formatIpv4 = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** Addresses of a service network that can be given to Services: all but the first and the last. */
export class IpRange {
  readonly cidr: string;
  /** The network's own address. */
  readonly #base: number;
  /** Usable addresses are base + 1 … base + size. */
  readonly #size: number;

  /** Throws for what is no IPv4 network with room for Services. */
  constructor(cidr: string) {
    const [address = '', prefix = ''] = cidr.split('/');
    const base = parseIpv4(address);
    const length = Number(prefix);
    if (base === undefined || !/^\d+$/.test(prefix) || length < 8 || length > 30) throw new Error(`the service network must be an IPv4 network between /8 and /30, not ${JSON.stringify(cidr)}`);
    this.cidr = cidr;
    this.#size = 2 ** (32 - length) - 2;
    this.#base = base - (base % 2 ** (32 - length));
  }

  /** The first usable address: the kubernetes Service's. */
  get first(): string {
    return formatIpv4(this.#base + 1);
  }

  contains(address: string): boolean {
    const value = parseIpv4(address);
    return value !== undefined && value > this.#base && value <= this.#base + this.#size;
  }

  /**
   * A free address by chance, from the upper band of the range while it has any: the lower one is left to those who ask
   * for an address by name, as upstream does (KEP-3070).
   */
  pick(random: Random, taken: (address: string) => boolean): string | undefined {
    const reserved = this.#size < 16 ? 0 : Math.min(Math.max(16, Math.floor(this.#size / 16)), 256);
    return this.#pickBetween(random, taken, reserved + 1, this.#size) ?? this.#pickBetween(random, taken, 1, reserved);
  }

  #pickBetween(random: Random, taken: (address: string) => boolean, low: number, high: number): string | undefined {
    const count = high - low + 1;
    if (count <= 0) return undefined;
    const start = Math.floor(random.float() * count);
    for (let i = 0; i < count; i++) {
      const address = formatIpv4(this.#base + low + ((start + i) % count));
      if (!taken(address)) return address;
    }
    return undefined;
  }
}
