import { createHash } from 'node:crypto';
import { addressOf, allBackends, externalBackends, internalBackends, isExternal, openFor } from '../../service-port.ts';
import type { Backend, ServicePort } from '../../service-port.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16).toUpperCase();

/** Rules of one family, as they are gathered. */
interface Rules {
  readonly chains: Set<string>;
  /** From COX-SERVICES to the chains of Services, by address. */
  readonly services: string[];
  /** The same for node ports: after all addresses. */
  readonly nodePorts: string[];
  readonly rules: string[];
  /** Of the filter table: what no chain has translated. */
  readonly rejects: string[];
  readonly clusterCidr: string | undefined;
}

const backendChain = (port: ServicePort, backend: Backend): string => `COX-EP-${hash(`${port.key}/${port.protocol}/${addressOf(backend)}`)}`;

/** The choice among backends: sticky clients first, then each with an equal chance. */
function choose(chain: string, port: ServicePort, backends: readonly Backend[]): string[] {
  const rules: string[] = [];
  if (port.affinitySeconds !== undefined) {
    for (const backend of backends) rules.push(`-A ${chain} -m recent --name ${backendChain(port, backend)} --rcheck --seconds ${port.affinitySeconds} --reap --rsource -j ${backendChain(port, backend)}`);
  }
  backends.forEach((backend, index) => {
    const left = backends.length - index;
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`;
    rules.push(`-A ${chain}${chance} -j ${backendChain(port, backend)}`);
  });
  return rules;
}

/** Chains for the policies Cluster and Local, and one for each backend. */
function addBackends(port: ServicePort, id: string, into: Rules): { readonly cluster: string | undefined; readonly local: string | undefined } {
  const chainOf = (prefix: string, backends: readonly Backend[]): string | undefined => {
    if (backends.length === 0) return undefined;
    const chain = `COX-${prefix}-${id}`;
    into.chains.add(chain);
    const internal = backends === internalBackends(port) && into.clusterCidr !== undefined;
    into.rules.push(...(internal ? [`-A ${chain} ! -s ${into.clusterCidr} -d ${port.clusterIp} -j COX-MARK`] : []), ...choose(chain, port, backends));
    return chain;
  };
  const chains = { cluster: chainOf('SVC', port.cluster), local: chainOf('LOC', port.local) };
  for (const backend of allBackends(port)) {
    const chain = backendChain(port, backend);
    into.chains.add(chain);
    const sticky = port.affinitySeconds === undefined ? '' : ` -m recent --name ${chain} --set --rsource`;
    into.rules.push(`-A ${chain} -s ${backend.ip} -j COX-MARK`, `-A ${chain} -p ${port.protocol}${sticky} -m ${port.protocol} -j DNAT --to-destination ${addressOf(backend)}`);
  }
  return chains;
}

/** What comes from outside: by policy Cluster under the node's address; by policy Local as it is, and this node's own by policy Cluster. */
function externalRules(port: ServicePort, chain: string, chains: { readonly cluster: string | undefined; readonly local: string | undefined }, clusterCidr: string | undefined): string[] {
  if (!port.externalLocal) return [`-A ${chain} -j COX-MARK`, ...(chains.cluster === undefined ? [] : [`-A ${chain} -j ${chains.cluster}`])];
  const fromNode = '-m addrtype --src-type LOCAL';
  return [
    ...(clusterCidr !== undefined && chains.cluster !== undefined ? [`-A ${chain} -s ${clusterCidr} -j ${chains.cluster}`] : []),
    `-A ${chain} ${fromNode} -j COX-MARK`,
    ...(chains.cluster === undefined ? [] : [`-A ${chain} ${fromNode} -j ${chains.cluster}`]),
    ...(chains.local === undefined ? [] : [`-A ${chain} -j ${chains.local}`]),
  ];
}

function addPort(port: ServicePort, into: Rules): void {
  const id = hash(`${port.key}/${port.protocol}`);
  const comment = `-m comment --comment "${port.key}"`;
  const at = (ip: string): string => `-d ${ip} -p ${port.protocol} -m ${port.protocol} --dport ${port.port} ${comment}`;
  const atNode = `-m addrtype --dst-type LOCAL -p ${port.protocol} -m ${port.protocol} --dport ${port.nodePort ?? 0} ${comment}`;
  const chains = addBackends(port, id, into);
  // Nobody anywhere: the client is told. Somebody elsewhere, whom the policy Local keeps from us: silence.
  const refused = port.hasEndpoints ? 'DROP' : 'REJECT';
  const internal = port.internalLocal ? chains.local : chains.cluster;
  if (internal !== undefined) into.services.push(`-A COX-SERVICES ${at(port.clusterIp)} -j ${internal}`);
  else into.rejects.push(`-A COX-REJECT ${at(port.clusterIp)} -j ${refused}`);
  if (!isExternal(port)) return;
  if (port.hasEndpoints) {
    const chain = `COX-EXT-${id}`;
    into.chains.add(chain);
    into.rules.push(...externalRules(port, chain, chains, into.clusterCidr));
    for (const ip of port.externalIps) into.services.push(`-A COX-SERVICES ${at(ip)} -j ${chain}`);
    const guarded = port.sourceRanges.length > 0 ? `COX-FW-${id}` : chain;
    if (guarded !== chain && port.loadBalancerIps.length > 0) {
      into.chains.add(guarded);
      for (const range of openFor(port)) into.rules.push(`-A ${guarded} -s ${range} -j ${chain}`);
    }
    for (const ip of port.loadBalancerIps) into.services.push(`-A COX-SERVICES ${at(ip)} -j ${guarded}`);
    if (port.nodePort !== undefined) into.nodePorts.push(`-A COX-SERVICES ${atNode} -j ${chain}`);
  }
  // Whoever may not come to the balancer's address has not been translated.
  if (port.sourceRanges.length > 0) for (const ip of port.loadBalancerIps) into.rejects.push(`-A COX-REJECT ${at(ip)} -j DROP`);
  if (externalBackends(port).length > 0) return;
  for (const ip of [...port.externalIps, ...port.loadBalancerIps]) into.rejects.push(`-A COX-REJECT ${at(ip)} -j ${refused}`);
  if (port.nodePort !== undefined) into.rejects.push(`-A COX-REJECT ${atNode} -j ${refused}`);
}

/**
 * The whole of our chains for the ports of one family, as input for `iptables-restore --noflush` (or ip6tables-restore).
 * `staleChains`: chains of the last script; those that are not needed any more are deleted. Pure.
 */
export function restoreScript(ports: readonly ServicePort[], clusterCidr: string | undefined, staleChains: readonly string[]): { readonly script: string; readonly chains: readonly string[] } {
  const all: Rules = { chains: new Set(), services: [], nodePorts: [], rules: [], rejects: [], clusterCidr };
  for (const port of ports) addPort(port, all);
  const gone = staleChains.filter((chain) => !all.chains.has(chain));
  const script = [
    '*nat',
    ':COX-SERVICES - [0:0]',
    ':COX-POSTROUTING - [0:0]',
    ':COX-MARK - [0:0]',
    ...[...all.chains, ...gone].map((chain) => `:${chain} - [0:0]`),
    '-A COX-MARK -j MARK --or-mark 0x4000',
    '-A COX-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A COX-POSTROUTING -j MARK --xor-mark 0x4000',
    '-A COX-POSTROUTING -j MASQUERADE --random-fully',
    ...all.services,
    ...all.nodePorts,
    ...all.rules,
    ...gone.map((chain) => `-X ${chain}`),
    'COMMIT',
    '*filter',
    ':COX-REJECT - [0:0]',
    ...all.rejects,
    'COMMIT',
    '',
  ].join('\n');
  return { script, chains: [...all.chains] };
}
