import { canonicalIp, parseIp } from '../../../api/meta/ip.ts';
import type { Service } from '../../../api/types/core/v1.ts';
import type { AddressPool } from './pools.ts';
import { contains, lowestFree } from './pools.ts';

/** What a Service was given; or why it cannot be given anything. */
export type Assignment =
  | { readonly kind: 'assigned'; readonly addresses: readonly string[] }
  /** Some address was asked for that is not to be had, ever. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Another Service has to go first. */
  | { readonly kind: 'full'; readonly why: string };

const familyNumbers = { IPv4: 4, IPv6: 6 } as const;

/** The addresses that a Service's status says it has. */
export const addressesOf = (service: Service): string[] => (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [canonicalIp(ip)]));

/**
 * Addresses for a Service, one a family: those that it has as long as they are in a pool; the one that it asks for
 * (spec.loadBalancerIP); else the lowest that are free. `isTaken`: by another Service. Deterministic and without effect.
 */
export function assign(service: Service, pools: readonly AddressPool[], { held, isTaken }: { readonly held: readonly string[]; readonly isTaken: (address: string) => boolean }): Assignment {
  const { ipFamilies = ['IPv4'], ipFamilyPolicy = 'SingleStack', loadBalancerIP } = service.spec ?? {};
  const families = ipFamilies.flatMap((name) => (name === 'IPv4' || name === 'IPv6' ? [familyNumbers[name]] : []));
  const wanted = loadBalancerIP === undefined || loadBalancerIP === '' ? undefined : canonicalIp(loadBalancerIP);
  const all = pools.map(({ text }) => text).join(', ');
  if (wanted !== undefined) {
    if (!pools.some((pool) => contains(pool, wanted))) return { kind: 'refused', why: `the address ${wanted} that is asked for is in none of the pools (${all === '' ? 'there are none' : all})` };
    const family = parseIp(wanted)?.family;
    if (family === undefined || !families.includes(family)) return { kind: 'refused', why: `the address ${wanted} that is asked for is not of the Service's families (${ipFamilies.join(', ')})` };
    if (isTaken(wanted)) return { kind: 'full', why: `the address ${wanted} that is asked for is another Service's` };
  }
  const addresses: string[] = [];
  const missing: (4 | 6)[] = [];
  let isFull = false;
  for (const family of families) {
    const ofFamily = pools.filter((pool) => pool.family === family);
    const kept = held.find((address) => ofFamily.some((pool) => contains(pool, address)) && !isTaken(address));
    const address = (wanted !== undefined && parseIp(wanted)?.family === family ? wanted : kept) ?? lowestFree(ofFamily, family, isTaken);
    if (address !== undefined) addresses.push(address);
    else {
      missing.push(family);
      isFull ||= ofFamily.length > 0;
    }
  }
  if (missing.length === 0 || (addresses.length > 0 && ipFamilyPolicy === 'PreferDualStack')) return { kind: 'assigned', addresses };
  const family = missing.map((one) => `IPv${one}`).join(' and ');
  if (isFull) return { kind: 'full', why: `no ${family} address is free in the pools (${all})` };
  return { kind: 'refused', why: `there is no pool of ${family} addresses${all === '' ? '' : ` (there are: ${all})`}` };
}
