import { addressOf } from '../service-port.ts';
import type { HostPortMapping } from './mappings.ts';

const nameOf = (family: 4 | 6): 'ip' | 'ip6' => (family === 4 ? 'ip' : 'ip6');

/** The table of one family. `reset` removes what begins with `coxswain`. */
export const hostPortTable = (family: 4 | 6): string => `${nameOf(family)} coxswain-hostports`;

/**
 * An nftables script that replaces the table of a family in one transaction: ports of the node lead to pods, also from the
 * node itself and, with IPv4, from its loopback. A mapping of one address comes before those of all.
 */
export function hostPortScript(mappings: readonly HostPortMapping[], family: 4 | 6): string {
  const [table, ip] = [hostPortTable(family), nameOf(family)];
  const ours = mappings.filter((one) => one.family === family);
  const replaced = `add table ${table}\ndelete table ${table}\n`;
  if (ours.length === 0) return replaced;
  const rule = ({ hostIp, hostPort, protocol, podIp, containerPort }: HostPortMapping): string =>
    `    ${hostIp === undefined ? `fib daddr type local ${family === 6 ? 'ip6 daddr != ::1 ' : ''}` : `${ip} daddr ${hostIp} `}${protocol} dport ${hostPort} dnat to ${addressOf({ ip: podIp, port: containerPort })}`;
  const podIps = [...new Set(ours.map(({ podIp }) => podIp))];
  return `${replaced}table ${table} {
  comment "host ports of Coxswain's pods"
  chain ports {
${ours.toSorted((a, b) => Number(a.hostIp === undefined) - Number(b.hostIp === undefined)).map(rule).join('\n')}
  }
  chain prerouting { type nat hook prerouting priority dstnat; jump ports; }
  chain output { type nat hook output priority -100; jump ports; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
${[...(family === 4 ? ['ip saddr 127.0.0.0/8 oifname != "lo" ct status dnat masquerade'] : []), ...podIps.map((podIp) => `${ip} saddr ${podIp} ${ip} daddr ${podIp} ct status dnat masquerade`)].map((line) => `    ${line}`).join('\n')}
  }
}
`;
}
