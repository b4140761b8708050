import { isIPv4, isIPv6 } from 'node:net';

/** An address range. The address has its host part cleared; `bits` is 32 or 128. */
export interface Cidr { readonly family: 4 | 6; readonly address: bigint; readonly prefix: number; readonly bits: 32 | 128 }

function parseV4(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '').flatMap((group) => {
    if (!group.includes('.')) return [group];
    const v4 = parseV4(group);
    return [(v4 >> 16n).toString(16), (v4 & 0xffffn).toString(16)];
  });
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back];
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** Undefined when it is not a valid "address/prefix". */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...rest] = text.trim().split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (family === undefined) return undefined;
  const bits = family === 4 ? 32 : 128;
  const prefix = Number(length);
  if (prefix > bits) return undefined;
  const value = family === 4 ? parseV4(address) : parseV6(address);
  const hostBits = BigInt(bits - prefix);
  return { family, address: (value >> hostBits) << hostBits, prefix, bits };
}

export function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16)).join(':');
  // The first of the longest runs of zero groups becomes "::".
  let longest = '';
  for (const run of groups.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? []) if (run.length > longest.length) longest = run;
  return longest === '' ? groups : groups.replace(longest, longest.startsWith(':') ? ':' : '::').replace(/^::?:/, '::').replace(/([^:]):$/, '$1::');
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.family, cidr.address)}/${cidr.prefix}`;
}

/** The first usable address of the range: the bridge's, and the pods' gateway. */
export function gatewayOf(cidr: Cidr): string {
  return formatAddress(cidr.family, cidr.address + 1n);
}
