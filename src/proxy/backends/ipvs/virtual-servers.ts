import { addressOf, allBackends, externalBackends, internalBackends, openFor } from '../../service-port.ts';
import type { Backend, ServicePort } from '../../service-port.ts';

/** How IPVS chooses among real servers, by the names of the kernel's modules. */
export const ipvsSchedulers = ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sh', 'mh', 'dh', 'sed', 'nq'] as const;
export type IpvsScheduler = (typeof ipvsSchedulers)[number];

export interface IpvsOptions {
  readonly family: 4 | 6;
  readonly scheduler: IpvsScheduler;
  /** Addresses of the node that node ports are served on. */
  readonly nodeAddresses: readonly string[];
  /** What comes from elsewhere to a cluster address is masqueraded. Undefined: nothing is. */
  readonly clusterCidr: string | undefined;
}

/** What IPVS and what stands beside it must hold for a set of Services in one family. */
export interface IpvsRules {
  /** Input of `ipvsadm --restore`. */
  readonly servers: string;
  /** Addresses that a dummy interface must have, so that the kernel takes packets to them for its own. */
  readonly addresses: readonly string[];
  /** An nftables script that replaces our table: who is masqueraded, refused or kept out. IPVS translates only destinations. */
  readonly filter: string;
}

/** The table of one family. */
export const ipvsTable = (family: 4 | 6): string => `${family === 4 ? 'ip' : 'ip6'} coxswain-ipvs`;

const protocolFlags = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

/** One virtual server and its real ones, which are masqueraded to: the only way that leads to another port. */
function serverLines(port: ServicePort, address: string, number: number, backends: readonly Backend[], { scheduler }: IpvsOptions): string[] {
  const server = `${protocolFlags[port.protocol]} ${addressOf({ ip: address, port: number })}`;
  const sticky = port.affinitySeconds === undefined ? '' : ` -p ${port.affinitySeconds}`;
  // Without it, Maglev would send packets of one client from different ports to different servers of a sticky Service.
  const flags = scheduler === 'mh' ? ' -b mh-port' : '';
  return [`-A ${server} -s ${scheduler}${sticky}${flags}`, ...backends.map((one) => `-a ${server} -r ${addressOf(one)} -m -w 1`)];
}

/** Sets of the table: `destination` is `address . protocol . port`. */
class FilterSets {
  readonly clusterIps: string[] = [];
  readonly masqueraded: string[] = [];
  readonly masqueradedNodePorts: string[] = [];
  readonly hairpins: string[] = [];
  readonly refused: string[] = [];
  readonly guarded: { readonly destination: string; readonly sources: readonly string[] }[] = [];
}

function filterScript(sets: FilterSets, { family, clusterCidr }: IpvsOptions): string {
  const [table, ip, address] = [ipvsTable(family), family === 4 ? 'ip' : 'ip6', family === 4 ? 'ipv4_addr' : 'ipv6_addr'];
  const destination = `${ip} daddr . meta l4proto . th dport`;
  const set = (name: string, type: string, elements: readonly string[]): string => `  set ${name} { type ${type};${elements.length === 0 ? '' : ` elements = { ${[...new Set(elements)].join(', ')} }`} }`;
  const triple = `${address} . inet_proto . inet_service`;
  return `${[
    `add table ${table}`, `delete table ${table}`, `table ${table} {`,
    set('cluster-ips', triple, sets.clusterIps), set('masqueraded', triple, sets.masqueraded), set('masqueraded-node-ports', 'inet_proto . inet_service', sets.masqueradedNodePorts),
    set('hairpins', `${address} . ${triple}`, sets.hairpins), set('refused', triple, sets.refused),
    '  chain mark-for-masquerade {',
    ...(clusterCidr === undefined ? [] : [`    ${destination} @cluster-ips ${ip} saddr != ${clusterCidr} meta mark set meta mark or 0x4000`]),
    `    ${destination} @masqueraded meta mark set meta mark or 0x4000`,
    '    fib daddr type local meta l4proto . th dport @masqueraded-node-ports meta mark set meta mark or 0x4000',
    '  }',
    '  chain guard {',
    ...sets.guarded.map(({ destination: to, sources }) => `    ${destination} { ${to} } ${ip} saddr != { ${sources.join(', ')} } drop`),
    '  }',
    '  chain prerouting { type filter hook prerouting priority -110; jump guard; jump mark-for-masquerade; }',
    '  chain output { type filter hook output priority -110; jump guard; jump mark-for-masquerade; }',
    `  chain input { type filter hook input priority filter; ct state new ${destination} @refused reject; }`,
    `  chain filter-output { type filter hook output priority filter; ct state new ${destination} @refused reject; }`,
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat;',
    '    meta mark & 0x4000 != 0 meta mark set meta mark xor 0x4000 masquerade fully-random',
    `    ${ip} saddr . ${destination} @hairpins masquerade fully-random`,
    '  }', '}',
  ].join('\n')}\n`;
}

/** The rules for the ports of the options' family. Pure. */
export function ipvsRules(ports: readonly ServicePort[], options: IpvsOptions): IpvsRules {
  const servers: string[] = [];
  const addresses = new Set<string>();
  const sets = new FilterSets();
  for (const port of ports) {
    if (port.family !== options.family) continue;
    const at = (address: string): string => `${address} . ${port.protocol} . ${port.port}`;
    const [internal, external] = [internalBackends(port), externalBackends(port)];
    addresses.add(port.clusterIp);
    servers.push(...serverLines(port, port.clusterIp, port.port, internal, options));
    sets.clusterIps.push(at(port.clusterIp));
    if (!port.hasEndpoints) sets.refused.push(at(port.clusterIp));
    for (const address of [...port.externalIps, ...port.loadBalancerIps]) {
      addresses.add(address);
      servers.push(...serverLines(port, address, port.port, external, options));
      if (!port.externalLocal) sets.masqueraded.push(at(address));
      if (!port.hasEndpoints) sets.refused.push(at(address));
    }
    if (port.sourceRanges.length > 0) for (const address of port.loadBalancerIps) sets.guarded.push({ destination: at(address), sources: openFor(port) });
    if (port.nodePort !== undefined) {
      for (const address of options.nodeAddresses) if (address.includes(':') === (port.family === 6)) servers.push(...serverLines(port, address, port.nodePort, external, options));
      if (!port.externalLocal) sets.masqueradedNodePorts.push(`${port.protocol} . ${port.nodePort}`);
    }
    for (const one of allBackends(port)) if (one.local) sets.hairpins.push(`${one.ip} . ${one.ip} . ${port.protocol} . ${one.port}`);
  }
  return { servers: servers.map((line) => `${line}\n`).join(''), addresses: [...addresses].sort(), filter: filterScript(sets, options) };
}
