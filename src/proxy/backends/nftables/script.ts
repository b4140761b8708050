import type { Ruleset } from './ruleset.ts';
import { familyName } from './ruleset.ts';

/** Marks a packet whose source must become the node's own address. */
const masqueradeMark = '0x4000';

/** The table of one family. */
export const tableOf = (family: 4 | 6): string => `${familyName(family)} coxswain-proxy`;

/** What is there once, whatever the Services are. Replaces a table that an earlier run left. */
export function baseScript(family: 4 | 6): string {
  const ip = familyName(family);
  const address = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const table = tableOf(family);
  const destination = `${ip} daddr . meta l4proto . th dport`;
  // IPv6 has no route_localnet: a NodePort on ::1 would never get an answer.
  const nodePort = `fib daddr type local ${family === 6 ? 'ip6 daddr != ::1 ' : ''}meta l4proto . th dport`;
  return `add table ${table}
delete table ${table}
table ${table} {
  comment "rules of Coxswain's service proxy"
  set cluster-ips { type ${address}; }
  set hairpins { type ${address} . ${address} . inet_proto . inet_service; }
  map endpoints-tcp { typeof numgen random mod 2 : ${ip} daddr . tcp dport; }
  map endpoints-udp { typeof numgen random mod 2 : ${ip} daddr . udp dport; }
  map endpoints-sctp { typeof numgen random mod 2 : ${ip} daddr . sctp dport; }
  map service-ips { type ${address} . inet_proto . inet_service : verdict; }
  map node-ports { type inet_proto . inet_service : verdict; }
  map no-endpoint-ips { type ${address} . inet_proto . inet_service : verdict; }
  map no-endpoint-node-ports { type inet_proto . inet_service : verdict; }
  map firewall-ips { type ${address} . inet_proto . inet_service : verdict; }
  chain mark-for-masquerade { meta mark set meta mark or ${masqueradeMark}; }
  chain refuse { reject; }
  chain services {
    ${destination} vmap @service-ips
    ${nodePort} vmap @node-ports
  }
  chain no-endpoints {
    ${destination} vmap @no-endpoint-ips
    ${nodePort} vmap @no-endpoint-node-ports
  }
  chain other-ports { ${ip} daddr @cluster-ips reject; }
  chain firewall { ${destination} vmap @firewall-ips; }
  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat;
    meta mark & ${masqueradeMark} != 0 meta mark set meta mark xor ${masqueradeMark} masquerade fully-random
    ct status dnat ${ip} saddr . ${ip} daddr . meta l4proto . th dport @hairpins masquerade fully-random
  }
  chain before-prerouting { type filter hook prerouting priority -110; ct state new jump firewall; }
  chain before-output { type filter hook output priority -110; ct state new jump firewall; }
  chain filter-input { type filter hook input priority filter; ct state new jump no-endpoints; }
  chain filter-forward {
    type filter hook forward priority filter;
    ct state new jump no-endpoints
    ct state new jump other-ports
  }
  chain filter-output {
    type filter hook output priority filter;
    ct state new jump no-endpoints
    ct state new jump other-ports
  }
}
`;
}

const sameRules = (a: readonly string[] | undefined, b: readonly string[]): boolean => a === b || (a !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index]));

/** The entries of a map that another lacks or has otherwise. Loops: of ten thousand Services mostly one differs. */
function entriesBeyond<V>(of: ReadonlyMap<string, V>, other: ReadonlyMap<string, V>, same: (a: V | undefined, b: V) => boolean): [string, V][] {
  const found: [string, V][] = [];
  for (const [key, value] of of) if (!same(other.get(key), value)) found.push([key, value]);
  return found;
}

const equal = (a: string | undefined, b: string): boolean => a === b;

/** A transaction, and the chains that nothing leads to after it. */
export interface Difference {
  /** Empty when nothing differs. */
  readonly script: string;
  /** Emptied, and to be deleted in a transaction of their own: kernels before 6.2 believe for a moment that a map still leads to them. */
  readonly stale: readonly string[];
}

/** What turns one ruleset into another. Order matters: what is referred to comes first. */
export function difference(family: 4 | 6, from: Ruleset, to: Ruleset): Difference {
  const table = tableOf(family);
  const lines: string[] = [];
  for (const [name, seconds] of to.affinitySets) {
    if (from.affinitySets.get(name) === seconds) continue;
    if (from.affinitySets.has(name)) lines.push(`flush set ${table} ${name}`);
    else lines.push(`add set ${table} ${name} { type ${family === 4 ? 'ipv4_addr' : 'ipv6_addr'}; flags dynamic,timeout; timeout ${seconds}s; }`);
  }
  const changed = entriesBeyond(to.chains, from.chains, sameRules);
  for (const [name] of changed) if (!from.chains.has(name)) lines.push(`add chain ${table} ${name}`);
  for (const [name, rules] of changed) {
    if (from.chains.has(name)) lines.push(`flush chain ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${rule}`);
  }
  for (const [map, elements] of to.elements) {
    const old = from.elements.get(map) ?? new Map<string, string>();
    const removed = entriesBeyond(old, elements, equal).map(([key]) => key);
    const added = entriesBeyond(elements, old, equal);
    if (removed.length > 0) lines.push(`delete element ${table} ${map} { ${removed.join(', ')} }`);
    if (added.length > 0) lines.push(`add element ${table} ${map} { ${added.map(([key, verdict]) => (verdict === '' ? key : `${key} : ${verdict}`)).join(', ')} }`);
  }
  const stale: string[] = [];
  for (const name of from.chains.keys()) if (!to.chains.has(name)) stale.push(name);
  for (const name of stale) lines.push(`flush chain ${table} ${name}`);
  for (const name of from.affinitySets.keys()) if (!to.affinitySets.has(name)) lines.push(`delete set ${table} ${name}`);
  return { script: lines.length === 0 ? '' : `${lines.join('\n')}\n`, stale };
}

/** Deletes chains that are empty and that nothing leads to. */
export const deleteChains = (family: 4 | 6, chains: Iterable<string>): string => [...chains].map((name) => `delete chain ${tableOf(family)} ${name}\n`).join('');
