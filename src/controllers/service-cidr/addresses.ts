import { covers, isUsable, overlaps, parseAddress, parseNetwork } from '../../api/meta/ip-network.ts';
import type { IpNetwork } from '../../api/meta/ip-network.ts';
import { nameOf } from '../../api/meta/object.ts';
import type { ServiceCIDR } from '../../api/types/networking/v1.ts';

const networksOf = ({ spec }: ServiceCIDR): IpNetwork[] => (spec?.cidrs ?? []).flatMap((cidr) => parseNetwork(cidr) ?? []);

/** Those of `all` that share addresses with the one. */
export function overlapping(one: ServiceCIDR, all: readonly ServiceCIDR[]): ServiceCIDR[] {
  const own = networksOf(one);
  return all.filter((other) => networksOf(other).some((network) => own.some((mine) => overlaps(network, mine))));
}

/** Those of `all` that a Service with the address may belong to. */
export function containing(ip: string, all: readonly ServiceCIDR[]): ServiceCIDR[] {
  const address = parseAddress(ip);
  return address === undefined ? [] : all.filter((cidr) => networksOf(cidr).some((network) => isUsable(network, address)));
}

/** Whether no address of `ips` would be in no range at all without this one. */
export function mayGo(one: ServiceCIDR, all: readonly ServiceCIDR[], ips: () => readonly string[]): boolean {
  const own = networksOf(one);
  const others = all.filter((cidr) => nameOf(cidr) !== nameOf(one));
  const isCovered = (network: IpNetwork): boolean => others.some((other) => networksOf(other).some((outer) => covers(outer, network)));
  if (own.every(isCovered)) return true;
  return !ips().some((ip) => {
    const address = parseAddress(ip);
    return address !== undefined && own.some((network) => isUsable(network, address)) && containing(ip, others).length === 0;
  });
}
