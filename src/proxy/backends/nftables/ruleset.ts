import { createHash } from 'node:crypto';
import type { Backend, ServicePort } from '../../service-port.ts';

/**
 * The nftables rules for a set of Services, as data: chains by name, elements of the verdict maps, and the sets that
 * remember clients. The cost of a packet does not depend on the number of Services: one look-up in a verdict map finds
 * its chain (KEP-3866).
 */
export interface Ruleset {
  /** Chain name -> its rules, one a line. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Map name -> element key -> verdict. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Sets of clients that stick to a backend: name -> seconds. */
  readonly affinitySets: ReadonlyMap<string, number>;
}

export const table = 'ip coxswain-proxy';
/** Marks a packet whose source must become the node's own address. */
const masqueradeMark = '0x4000';

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8).replaceAll('-', '_');
}

const readable = (key: string): string => key.replaceAll(/[^a-zA-Z0-9.]/g, '_').slice(0, 60);

function backendChain(port: ServicePort, backend: Backend): string {
  return `ep-${shortHash(`${port.key}/${port.protocol}/${backend.ip}:${backend.port}`)}-${readable(port.key)}`;
}

function choose(port: ServicePort, backends: readonly Backend[]): string[] {
  if (backends.length === 0) return [];
  const sticky = port.affinitySeconds === undefined ? [] : backends.map((one) => `ip saddr @${affinitySet(backendChain(port, one))} goto ${backendChain(port, one)}`);
  const verdicts = backends.map((one, index) => `${index} : goto ${backendChain(port, one)}`).join(', ');
  return [...sticky, `numgen random mod ${backends.length} vmap { ${verdicts} }`];
}

const affinitySet = (chain: string): string => `aff-${chain.slice(3, 11)}`;

/** The chains and elements that stand for these Services. Pure. */
export function rulesetOf(ports: readonly ServicePort[], clusterCidr: string): Ruleset {
  const chains = new Map<string, readonly string[]>();
  const serviceIps = new Map<string, string>();
  const nodePorts = new Map<string, string>();
  const noEndpointIps = new Map<string, string>();
  const noEndpointNodePorts = new Map<string, string>();
  const affinitySets = new Map<string, number>();

  for (const port of ports) {
    const id = `${shortHash(`${port.key}/${port.protocol}`)}-${readable(port.key)}`;
    const destination = (ip: string): string => `${ip} . ${port.protocol} . ${port.port}`;

    if (port.internal.length > 0) {
      chains.set(`svc-${id}`, [`ip daddr ${port.clusterIp} ip saddr != ${clusterCidr} jump mark-for-masquerade`, ...choose(port, port.internal)]);
      serviceIps.set(destination(port.clusterIp), `goto svc-${id}`);
    } else noEndpointIps.set(destination(port.clusterIp), 'goto refuse');

    const reachableFromOutside = port.externalIps.length > 0 || port.nodePort !== undefined;
    if (reachableFromOutside && port.external.length > 0) {
      chains.set(`ext-${id}`, [...(port.preservesClientIp ? ['ip saddr 127.0.0.0/8 jump mark-for-masquerade'] : ['jump mark-for-masquerade']), ...choose(port, port.external)]);
      for (const ip of port.externalIps) serviceIps.set(destination(ip), `goto ext-${id}`);
      if (port.nodePort !== undefined) nodePorts.set(`${port.protocol} . ${port.nodePort}`, `goto ext-${id}`);
    } else if (reachableFromOutside) {
      // With policy Local and backends elsewhere, another node serves it: silence, not refusal.
      const verdict = port.preservesClientIp && port.internal.length > 0 ? 'drop' : 'goto refuse';
      for (const ip of port.externalIps) noEndpointIps.set(destination(ip), verdict);
      if (port.nodePort !== undefined) noEndpointNodePorts.set(`${port.protocol} . ${port.nodePort}`, verdict);
    }

    for (const backend of new Map([...port.internal, ...port.external].map((one) => [`${one.ip}:${one.port}`, one])).values()) {
      const chain = backendChain(port, backend);
      const rules = [`ip saddr ${backend.ip} jump mark-for-masquerade`];
      if (port.affinitySeconds !== undefined) {
        affinitySets.set(affinitySet(chain), port.affinitySeconds);
        // With its time-out: the set's own cannot be changed once it is there.
        rules.push(`update @${affinitySet(chain)} { ip saddr timeout ${port.affinitySeconds}s }`);
      }
      rules.push(`meta l4proto ${port.protocol} dnat to ${backend.ip}:${backend.port}`);
      chains.set(chain, rules);
    }
  }
  return {
    chains,
    elements: new Map([
      ['service-ips', serviceIps],
      ['node-ports', nodePorts],
      ['no-endpoint-ips', noEndpointIps],
      ['no-endpoint-node-ports', noEndpointNodePorts],
    ]),
    affinitySets,
  };
}

/** What is there once, whatever the Services are. Replaces a table that an earlier run left. */
export function baseScript(): string {
  return `add table ${table}
delete table ${table}
table ${table} {
  comment "rules of Coxswain's service proxy"
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map node-ports { type inet_proto . inet_service : verdict; }
  map no-endpoint-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map no-endpoint-node-ports { type inet_proto . inet_service : verdict; }
  chain mark-for-masquerade { meta mark set meta mark or ${masqueradeMark}; }
  chain refuse { reject; }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    fib daddr type local meta l4proto . th dport vmap @node-ports
  }
  chain no-endpoints {
    ip daddr . meta l4proto . th dport vmap @no-endpoint-ips
    fib daddr type local meta l4proto . th dport vmap @no-endpoint-node-ports
  }
  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat;
    meta mark & ${masqueradeMark} == 0 return
    meta mark set meta mark xor ${masqueradeMark}
    masquerade fully-random
  }
  chain filter-input { type filter hook input priority filter; ct state new jump no-endpoints; }
  chain filter-forward { type filter hook forward priority filter; ct state new jump no-endpoints; }
  chain filter-output { type filter hook output priority filter; ct state new jump no-endpoints; }
}
`;
}

const sameRules = (a: readonly string[] | undefined, b: readonly string[]): boolean => a !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index]);

/** The transaction that turns one ruleset into another; empty when nothing differs. Order matters: what is referred to comes first. */
export function diffScript(from: Ruleset, to: Ruleset): string {
  const lines: string[] = [];
  for (const [name, seconds] of to.affinitySets) {
    if (from.affinitySets.get(name) === seconds) continue;
    if (from.affinitySets.has(name)) lines.push(`flush set ${table} ${name}`);
    else lines.push(`add set ${table} ${name} { type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; }`);
  }
  for (const name of to.chains.keys()) if (!from.chains.has(name)) lines.push(`add chain ${table} ${name}`);
  for (const [name, rules] of to.chains) {
    const old = from.chains.get(name);
    if (sameRules(old, rules)) continue;
    if (old !== undefined) lines.push(`flush chain ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${rule}`);
  }
  for (const [map, elements] of to.elements) {
    const old = from.elements.get(map) ?? new Map<string, string>();
    const removed = [...old].filter(([key, verdict]) => elements.get(key) !== verdict).map(([key]) => key);
    const added = [...elements].filter(([key, verdict]) => old.get(key) !== verdict);
    if (removed.length > 0) lines.push(`delete element ${table} ${map} { ${removed.join(', ')} }`);
    if (added.length > 0) lines.push(`add element ${table} ${map} { ${added.map(([key, verdict]) => `${key} : ${verdict}`).join(', ')} }`);
  }
  // Chains refer to one another: all that go are emptied before the first is deleted.
  const gone = [...from.chains.keys()].filter((name) => !to.chains.has(name));
  for (const name of gone) lines.push(`flush chain ${table} ${name}`);
  for (const name of gone) lines.push(`delete chain ${table} ${name}`);
  for (const name of from.affinitySets.keys()) if (!to.affinitySets.has(name)) lines.push(`delete set ${table} ${name}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
