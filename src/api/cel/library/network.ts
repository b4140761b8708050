import { formatIp, parseCidr, parseIp, type IpAddress } from '../../meta/ip.ts';
import { as, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { BOOL, INT, STRING } from '../language/types.ts';
import { CIDR, CidrValue, IP, IpValue } from './values.ts';
import type { CelValue } from '../runtime/values.ts';

type Address = Pick<IpAddress, 'family' | 'bytes'>;

/** The address, or why it is none: strict, as `netip.ParseAddr` is. */
function readIp(text: string): Address | string {
  if (text.includes('%')) return `IP address ${JSON.stringify(text)} with zone value is not allowed`;
  const address = parseIp(text);
  if (address === undefined) return `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`;
  if (address.mapped) return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  if (address.leadingZeros) return `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): IPv4 field has octet with leading zero`;
  return address;
}

function readCidr(text: string): CidrValue | string {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.leadingZeros) return `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): ${text.includes('/') ? 'bad bits after slash' : "no '/'"}`;
  if (cidr.address.mapped) return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  return new CidrValue(cidr.address, cidr.prefixLength);
}

function toIp(value: CelValue | undefined): IpValue {
  const read = readIp(asString(value));
  if (typeof read === 'string') throw new CelFailure(read);
  return new IpValue(read);
}

function toCidr(value: CelValue | undefined): CidrValue {
  const read = readCidr(asString(value));
  if (typeof read === 'string') throw new CelFailure(`network address parse error during conversion from string: ${read}`);
  return read;
}

const maskedByte = (byte: number, index: number, length: number): number => byte & (0xff << Math.max(0, 8 - Math.max(0, length - 8 * index))) & (length <= 8 * index ? 0 : 0xff);
const masked = ({ family, bytes }: Address, length: number): Address => ({ family, bytes: bytes.map((byte, i) => maskedByte(byte, i, length)) });

function holds(cidr: CidrValue, address: Address): boolean {
  if (cidr.address.family !== address.family) return false;
  return formatIp(masked(cidr.address, cidr.prefixLength)) === formatIp(masked(address, cidr.prefixLength));
}

const containsIp = (cidr: CelValue | undefined, ip: IpValue): boolean => holds(as(CidrValue, cidr), ip.address);

function containsCidr(outer: CelValue | undefined, inner: CidrValue): boolean {
  const cidr = as(CidrValue, outer);
  return cidr.prefixLength <= inner.prefixLength && holds(cidr, inner.address);
}

/** A property of an address: of IPv4 by its first bytes, of IPv6 likewise. */
function about(id: string, v4: (bytes: readonly number[]) => boolean, v6: (bytes: readonly number[]) => boolean): Library[string] {
  return [member(id, [IP], BOOL, (value) => {
    const { family, bytes } = as(IpValue, value).address;
    return family === 4 ? v4(bytes) : v6(bytes);
  })];
}

const isZero = (bytes: readonly number[]): boolean => bytes.every((byte) => byte === 0);
const isLoopback6 = (bytes: readonly number[]): boolean => isZero(bytes.slice(0, 15)) && bytes[15] === 1;
const isLinkLocal4 = ([a, b]: readonly number[]): boolean => a === 169 && b === 254;
const isLinkLocal6 = ([a = 0, b = 0]: readonly number[]): boolean => a === 0xfe && (b & 0xc0) === 0x80;

/** Kubernetes' `ip` and `cidr` libraries. */
export const network: Library = {
  ip: [overload('string_to_ip', [STRING], IP, toIp), member('cidr_ip', [CIDR], IP, (cidr) => new IpValue(as(CidrValue, cidr).address))],
  family: [member('ip_family', [IP], INT, (ip) => BigInt(as(IpValue, ip).address.family))],
  'ip.isCanonical': [overload('ip_is_canonical', [STRING], BOOL, (text) => formatIp(toIp(text).address) === asString(text))],
  isUnspecified: about('ip_is_unspecified', isZero, isZero),
  isLoopback: about('ip_is_loopback', ([a]) => a === 127, isLoopback6),
  isLinkLocalMulticast: about('ip_is_link_local_multicast', ([a, b, c]) => a === 224 && b === 0 && c === 0, ([a = 0, b = 0]) => a === 0xff && (b & 0x0f) === 0x02),
  isLinkLocalUnicast: about('ip_is_link_local_unicast', isLinkLocal4, isLinkLocal6),
  isGlobalUnicast: about(
    'ip_is_global_unicast',
    (bytes) => !isZero(bytes) && bytes[0] !== 127 && !isLinkLocal4(bytes) && ((bytes[0] ?? 0) & 0xf0) !== 0xe0 && !bytes.every((byte) => byte === 255),
    (bytes) => !isZero(bytes) && !isLoopback6(bytes) && !isLinkLocal6(bytes) && bytes[0] !== 0xff,
  ),
  isIP: [overload('is_ip', [STRING], BOOL, (text) => typeof readIp(asString(text)) !== 'string')],
  cidr: [overload('string_to_cidr', [STRING], CIDR, toCidr)],
  containsIP: [
    member('cidr_contains_ip_string', [CIDR, STRING], BOOL, (cidr, ip) => containsIp(cidr, toIp(ip))),
    member('cidr_contains_ip_ip', [CIDR, IP], BOOL, (cidr, ip) => containsIp(cidr, as(IpValue, ip))),
  ],
  containsCIDR: [
    member('cidr_contains_cidr_string', [CIDR, STRING], BOOL, (outer, inner) => containsCidr(outer, toCidr(inner))),
    member('cidr_contains_cidr', [CIDR, CIDR], BOOL, (outer, inner) => containsCidr(outer, as(CidrValue, inner))),
  ],
  prefixLength: [member('cidr_prefix_length', [CIDR], INT, (cidr) => BigInt(as(CidrValue, cidr).prefixLength))],
  masked: [member('cidr_masked', [CIDR], CIDR, (value) => {
    const { address, prefixLength } = as(CidrValue, value);
    return new CidrValue(masked(address, prefixLength), prefixLength);
  })],
  isCIDR: [overload('is_cidr', [STRING], BOOL, (text) => typeof readCidr(asString(text)) !== 'string')],
  string: [
    overload('ip_to_string', [IP], STRING, (ip) => formatIp(as(IpValue, ip).address)),
    overload('cidr_to_string', [CIDR], STRING, (value) => {
      const { address, prefixLength } = as(CidrValue, value);
      return `${formatIp(address)}/${prefixLength}`;
    }),
  ],
};
