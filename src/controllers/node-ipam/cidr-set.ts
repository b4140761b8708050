/** A range of addresses, as numbers. */
interface Range { readonly family: 4 | 6; readonly start: bigint; readonly bits: number; readonly width: 32 | 128 }

/** Reads `10.244.0.0/16` or `fd00::/48`. Throws an Error of one line for anything else. */
export function parseCidr(text: string): Range {
  const [address, length] = text.split('/') as [string, string | undefined];
  const family = address.includes(':') ? 6 : 4;
  const width = family === 6 ? 128 : 32;
  const bits = Number(length);
  const value = family === 6 ? parseIpv6(address) : parseIpv4(address);
  if (value === undefined || length === undefined || !/^\d+$/.test(length) || bits > width) throw new Error(`invalid CIDR address: ${text}`);
  const host = BigInt(width - bits);
  return { family, start: (value >> host) << host, bits, width };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const [head, tail] = text.split('::') as [string, string | undefined];
  const groups = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(tail)];
  const missing = 8 - left.length - right.length;
  if (text.split('::').length > 2 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const all = [...left, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...right];
  if (all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  // The longest run of zeros, of two at least, is written `::` (RFC 5952).
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === '0') length++;
    if (length > best.length) best = { start: i, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

/** Hands out equal parts of a range, each once, going round. */
export class CidrSet {
  readonly #range: Range;
  readonly #maskBits: number;
  readonly #used = new Set<number>();
  readonly #count: number;
  #next = 0;

  constructor(cidr: string, maskBits: { readonly ipv4: number; readonly ipv6: number }) {
    this.#range = parseCidr(cidr);
    this.#maskBits = this.#range.family === 4 ? maskBits.ipv4 : maskBits.ipv6;
    if (this.#maskBits < this.#range.bits || this.#maskBits > this.#range.width) throw new Error(`node CIDR mask size /${this.#maskBits} does not fit into cluster CIDR ${cidr}`);
    // More nodes than 65536 do not come from one range.
    this.#count = 2 ** Math.min(16, this.#maskBits - this.#range.bits);
  }

  get family(): 4 | 6 { return this.#range.family; }

  /** The next free part; undefined when all are taken. */
  allocate(): string | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#used.has(index)) continue;
      this.#used.add(index);
      this.#next = (index + 1) % this.#count;
      return `${formatAddress(this.#range.family, this.#range.start + (BigInt(index) << BigInt(this.#range.width - this.#maskBits)))}/${this.#maskBits}`;
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
    const { family, start, bits, width } = this.#range;
    if (other.family !== family || other.start >> BigInt(width - bits) !== start >> BigInt(width - bits)) return [];
    const first = Number((other.start - start) >> BigInt(width - this.#maskBits));
    const count = other.bits >= this.#maskBits ? 1 : 2 ** (this.#maskBits - other.bits);
    return Array.from({ length: Math.min(count, this.#count - first) }, (_, index) => first + index);
  }
}
