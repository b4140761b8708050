import type { FieldError } from '../field-error.ts';
import { invalid } from '../field-error.ts';

/** An IP address as Go's `netutils.ParseIPSloppy` reads it. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes. An IPv4-mapped IPv6 address has family 4, as in Go. */
  readonly bytes: readonly number[];
  /** Written as `::ffff:1.2.3.4`. */
  readonly mapped: boolean;
  /** An IPv4 part was written with zeros before its digits, which strict parsers refuse. */
  readonly leadingZeros: boolean;
}

export interface Cidr {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly leadingZeros: boolean;
}

function parseIpv4(text: string): { bytes: number[]; leadingZeros: boolean } | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]+$/.test(part) && Number(part) <= 255)) return undefined;
  return { bytes: parts.map(Number), leadingZeros: parts.some((part) => part.length > 1 && part.startsWith('0')) };
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

function parseIpv6(text: string): IpAddress | undefined {
  let rest = text;
  let tail: number[] = [];
  let leadingZeros = false;
  const embedded = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(text);
  if (embedded !== null) {
    const v4 = parseIpv4(embedded[2]!);
    if (v4 === undefined) return undefined;
    ({ bytes: tail, leadingZeros } = v4);
    // The colon before the IPv4 part belongs to the groups only where it is half of `::`.
    rest = embedded[1]!.endsWith('::') ? embedded[1]! : embedded[1]!.slice(0, -1);
  }
  const halves = rest.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!);
  const end = halves.length === 2 ? parseGroups(halves[1]!) : [];
  if (head === undefined || end === undefined) return undefined;
  const missing = 16 - head.length - end.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  const bytes = [...head, ...Array<number>(missing).fill(0), ...end, ...tail];
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return { family: mapped ? 4 : 6, bytes: mapped ? bytes.slice(12) : bytes, mapped, leadingZeros };
}

/** Reads an IPv4 or IPv6 address; undefined when it is none. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const v4 = parseIpv4(text);
  return v4 && { family: 4, ...v4, mapped: false };
}

/** 4, 6, or undefined when the text is no address. */
export function ipFamilyOf(text: string): 4 | 6 | undefined {
  return parseIp(text)?.family;
}

/** An address in canonical text; what is none stays as it is. */
export function canonicalIp(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : formatIp(ip);
}

/** The canonical text: dotted decimal, or RFC 5952. */
export function formatIp({ family, bytes }: Pick<IpAddress, 'family' | 'bytes'>): string {
  if (family === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return best.start < 0 ? text(groups) : `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

/** Reads `address/prefix`; undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^[0-9]+$/.test(digits)) return undefined;
  const prefixLength = Number(digits);
  if (prefixLength > (address.family === 4 && !address.mapped ? 32 : 128)) return undefined;
  return { address, prefixLength, leadingZeros: address.leadingZeros || (digits.length > 1 && digits.startsWith('0')) };
}

/** An address in a field that predates canonical forms (strict since v1.36). Values that stood there before are let be. */
export function validateIp(path: string, value: string, validOld: readonly string[] = []): FieldError[] {
  if (validOld.includes(value)) return [];
  const address = parseIp(value);
  if (address === undefined) return [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  if (address.leadingZeros) return [invalid(path, value, 'must not have leading 0s')];
  return address.mapped ? [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')] : [];
}

/** An address that must also be in canonical form. */
export function validateCanonicalIp(path: string, value: string): FieldError[] {
  const errors = validateIp(path, value);
  if (errors.length > 0) return errors;
  const canonical = formatIp(parseIp(value)!);
  return value === canonical ? [] : [invalid(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** A CIDR in a field that predates canonical forms (strict since v1.36). */
export function validateCidr(path: string, value: string, validOld: readonly string[] = []): FieldError[] {
  if (validOld.includes(value)) return [];
  const cidr = parseCidr(value);
  if (cidr === undefined) return [invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  if (cidr.leadingZeros) return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  if (cidr.address.mapped) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  return hasHostBits(cidr) ? [invalid(path, value, 'must not have bits set beyond the prefix length')] : [];
}

/** A CIDR that must also be in canonical form. */
export function validateCanonicalCidr(path: string, value: string): FieldError[] {
  const errors = validateCidr(path, value);
  if (errors.length > 0) return errors;
  const canonical = formatCidr(parseCidr(value)!);
  return value === canonical ? [] : [invalid(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** The address of an interface in its network: `192.168.1.5/24`, in canonical form. */
export function validateInterfaceAddress(path: string, value: string): FieldError[] {
  const cidr = parseCidr(value);
  if (cidr === undefined) return [invalid(path, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')];
  const canonical = `${formatIp(cidr.address)}/${lengthOf(cidr)}`;
  return value === canonical ? [] : [invalid(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** The length of the prefix counted in bits of the address as it is kept: a mapped IPv4 address has 32 of them. */
const lengthOf = ({ address, prefixLength }: Cidr): number => (address.mapped ? Math.max(0, prefixLength - 96) : prefixLength);

/** The byte of a mask of so many bits that stands at this place. */
const maskByte = (length: number, i: number): number => (0xff << Math.max(0, 8 - Math.max(0, length - 8 * i))) & 0xff;

const maskBytes = (bytes: readonly number[], length: number): number[] => bytes.map((byte, i) => byte & maskByte(length, i));

/** Are there bits in the address beyond the prefix? */
function hasHostBits(cidr: Cidr): boolean {
  const length = lengthOf(cidr);
  return cidr.address.bytes.some((byte, i) => (byte & ~maskByte(length, i)) !== 0);
}

/** The network in canonical form, without the bits beyond the prefix. */
export function formatCidr(cidr: Cidr): string {
  const { family, bytes } = cidr.address;
  const length = lengthOf(cidr);
  return `${formatIp({ family, bytes: maskBytes(bytes, length) })}/${length}`;
}

/** Is `inner` a part of `outer`, and smaller than it? */
export function isStrictSubnet(outer: Cidr, inner: Cidr): boolean {
  if (outer.address.family !== inner.address.family) return false;
  const length = lengthOf(outer);
  const network = maskBytes(outer.address.bytes, length);
  return length < lengthOf(inner) && maskBytes(inner.address.bytes, length).every((byte, i) => byte === network[i]);
}

/** Endpoints and external addresses may not be unspecified, loopback or link-local. */
export function validateNonSpecialIp(path: string, value: string): FieldError[] {
  const address = parseIp(value);
  if (address === undefined) return [invalid(path, value, 'must be a valid IP address')];
  const { family, bytes } = address;
  const [a = 0, b = 0, c = 0] = bytes;
  const last = bytes.at(-1)!;
  const zeroHead = bytes.slice(0, -1).every((byte) => byte === 0);
  if (zeroHead && last === 0) return [invalid(path, value, `may not be unspecified (${value})`)];
  if (family === 4 ? a === 127 : zeroHead && last === 1) return [invalid(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  if (family === 4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) return [invalid(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
  if (family === 4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 0x02) return [invalid(path, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')];
  return [];
}

/** What upstream warns of: IPv6 addresses that are valid but not canonical. */
export function warningsForIp(path: string, value: string): string[] {
  const address = parseIp(value);
  if (address === undefined) return [];
  const canonical = formatIp(address);
  if (address.leadingZeros || address.mapped) return [`${path}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(canonical)}`];
  return address.family === 6 && canonical !== value ? [`${path}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`] : [];
}

/** What upstream warns of: networks that are valid but ambiguous or not canonical. */
export function warningsForCidr(path: string, value: string): string[] {
  const cidr = parseCidr(value);
  if (cidr === undefined) return [];
  const canonical = formatCidr(cidr);
  const warnings: string[] = [];
  const { address } = cidr;
  if (hasHostBits(cidr)) warnings.push(`${path}: CIDR value ${JSON.stringify(value)} is ambiguous in this context (should be ${JSON.stringify(canonical)} or ${JSON.stringify(`${formatIp(address)}/${8 * address.bytes.length}`)}?)`);
  if (cidr.leadingZeros || address.mapped) warnings.push(`${path}: non-standard CIDR value ${JSON.stringify(value)} is invalid: use ${JSON.stringify(canonical)}`);
  if (warnings.length === 0 && address.family === 6 && canonical !== value) warnings.push(`${path}: IPv6 CIDR value ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`);
  return warnings;
}
