import { createHash } from 'node:crypto';
import { addressOf, allBackends, externalBackends, internalBackends, isExternal, openFor } from '../../service-port.ts';
import type { Backend, ServicePort } from '../../service-port.ts';

/**
 * The nftables rules for a set of Services in one IP family, as data: chains by name, elements of maps and sets, and the
 * sets that remember clients. The cost of a packet does not depend on the number of Services: one look-up in a verdict map
 * finds its chain (KEP-3866).
 */
export interface Ruleset {
  /** Chain name -> its rules, one a line. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Map or set -> element key -> verdict or address; the empty text in a set. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Sets of clients that stick to a backend: name -> seconds. */
  readonly affinitySets: ReadonlyMap<string, number>;
}

/** What one Service port adds to a Ruleset. */
interface Fragment {
  readonly chains: readonly (readonly [name: string, rules: readonly string[]])[];
  readonly elements: readonly (readonly [map: ElementMap, key: string, verdict: string])[];
  readonly affinitySets: readonly (readonly [name: string, seconds: number])[];
}

export const elementMaps = ['cluster-ips', 'service-ips', 'node-ports', 'no-endpoint-ips', 'no-endpoint-node-ports', 'firewall-ips', 'hairpins', 'endpoints-tcp', 'endpoints-udp', 'endpoints-sctp'] as const;
type ElementMap = (typeof elementMaps)[number];

export interface RulesOptions {
  readonly family: 4 | 6;
  /** Addresses of this cluster's pods: what comes from elsewhere to a cluster IP is masqueraded. Undefined: nothing is. */
  readonly clusterCidr: string | undefined;
}

/** `ip` or `ip6`: the family's name in tables and in rules. */
export const familyName = (family: 4 | 6): 'ip' | 'ip6' => (family === 4 ? 'ip' : 'ip6');

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8).replaceAll('-', '_');
}

const readable = (key: string): string => key.replaceAll(/[^a-zA-Z0-9.]/g, '_').slice(0, 60);

const affinitySet = (chain: string): string => `aff-${chain.slice(3, 11)}`;

function backendChain(port: ServicePort, backend: Backend): string {
  return `ep-${shortHash(`${port.key}/${port.protocol}/${backend.ip}:${backend.port}`)}-${readable(port.key)}`;
}

/** Rules that send a packet to one of these backends: where it went before, else anywhere. */
function chooseSticky(port: ServicePort, backends: readonly Backend[]): string[] {
  const chains = backends.map((one) => backendChain(port, one));
  return [
    ...chains.map((chain) => `${familyName(port.family)} saddr @${affinitySet(chain)} goto ${chain}`),
    `numgen random mod ${chains.length} vmap { ${chains.map((chain, index) => `${index} : goto ${chain}`).join(', ')} }`,
  ];
}

/**
 * The same without memory: one rule, and the backends as a row of elements of a map that all Services of the protocol share. A map for each
 * rule would be simpler, but the kernel takes time that grows with the square of their number.
 */
function chooseAny(port: ServicePort, backends: readonly Backend[], rowOf: (length: number) => number): { readonly rule: string; readonly elements: readonly (readonly [ElementMap, string, string])[] } {
  const [only] = backends;
  if (only !== undefined && backends.length === 1) return { rule: `meta l4proto ${port.protocol} dnat to ${addressOf(only)}`, elements: [] };
  const from = rowOf(backends.length);
  return {
    rule: `meta l4proto ${port.protocol} dnat ${familyName(port.family)} addr . port to numgen random mod ${backends.length} offset ${from} map @endpoints-${port.protocol}`,
    elements: backends.map((one, index) => [`endpoints-${port.protocol}`, String(from + index), `${one.ip} . ${one.port}`]),
  };
}

/** Chains that remember who was sent to which backend. */
function stickyParts(port: ServicePort, seconds: number): Pick<Fragment, 'chains' | 'affinitySets'> {
  const ip = familyName(port.family);
  const named = allBackends(port).map((backend) => ({ backend, chain: backendChain(port, backend) }));
  return {
    affinitySets: named.map(({ chain }) => [affinitySet(chain), seconds]),
    chains: named.map(({ backend, chain }) => [chain, [
      // With its time-out: the set's own cannot be changed once it is there.
      `update @${affinitySet(chain)} { ${ip} saddr timeout ${seconds}s }`,
      `meta l4proto ${port.protocol} dnat to ${addressOf(backend)}`,
    ]]),
  };
}

/** The rules of traffic from outside, before it goes to `target`, the chain of its policy. */
function externalRules(port: ServicePort, { clusterCidr }: RulesOptions, clusterChain: string | undefined, target: string | undefined): string[] {
  if (!port.externalLocal) return ['jump mark-for-masquerade', ...(target === undefined ? [] : [`goto ${target}`])];
  // Of policy Local only what really comes from outside; this node and its pods reach all backends, as if they went out and came back.
  return [
    ...(clusterCidr !== undefined && clusterChain !== undefined ? [`${familyName(port.family)} saddr ${clusterCidr} goto ${clusterChain}`] : []),
    'fib saddr type local jump mark-for-masquerade',
    ...(clusterChain !== undefined ? [`fib saddr type local goto ${clusterChain}`] : []),
    ...(target === undefined ? [] : [`goto ${target}`]),
  ];
}

/** `rowOf`: the first of so many numbers for a chain's backends; the same again as long as they are as many. */
function fragmentOf(port: ServicePort, options: RulesOptions, rowOf: (chain: string, length: number) => number): Fragment {
  const { clusterCidr } = options;
  const ip = familyName(port.family);
  const id = `${shortHash(`${port.key}/${port.protocol}`)}-${readable(port.key)}`;
  const chains: [string, readonly string[]][] = [];
  const elements: (readonly [ElementMap, string, string])[] = [['cluster-ips', port.clusterIp, '']];
  const at = (address: string): string => `${address} . ${port.protocol} . ${port.port}`;
  const external = isExternal(port);
  const chainOf = (policy: 'cluster' | 'local'): string | undefined => (port[policy].length === 0 ? undefined : `${policy === 'cluster' ? 'svc' : 'loc'}-${id}`);
  const [clusterChain, localChain] = [chainOf('cluster'), chainOf('local')];
  const internalChain = port.internalLocal ? localChain : clusterChain;
  const masquerade = clusterCidr === undefined ? [] : [`${ip} daddr ${port.clusterIp} ${ip} saddr != ${clusterCidr} jump mark-for-masquerade`];
  for (const [chain, backends] of [[clusterChain, port.cluster], [localChain, port.local]] as const) {
    if (chain === undefined) continue;
    const start = chain === internalChain ? masquerade : [];
    if (port.affinitySeconds !== undefined) {
      chains.push([chain, [...start, ...chooseSticky(port, backends)]]);
      continue;
    }
    const any = chooseAny(port, backends, (length) => rowOf(chain, length));
    chains.push([chain, [...start, any.rule]]);
    elements.push(...any.elements);
  }
  // Nobody anywhere: the client is told. Somebody elsewhere, whom the policy Local keeps from us: silence.
  const verdict = port.hasEndpoints ? 'drop' : 'goto refuse';

  if (internalBackends(port).length > 0) elements.push(['service-ips', at(port.clusterIp), `goto ${internalChain}`]);
  else elements.push(['no-endpoint-ips', at(port.clusterIp), verdict]);

  const addresses = [...port.externalIps, ...port.loadBalancerIps];
  if (external && port.hasEndpoints) {
    chains.push([`ext-${id}`, externalRules(port, options, clusterChain, port.externalLocal ? localChain : clusterChain)]);
    for (const address of addresses) elements.push(['service-ips', at(address), `goto ext-${id}`]);
    if (port.nodePort !== undefined) elements.push(['node-ports', `${port.protocol} . ${port.nodePort}`, `goto ext-${id}`]);
  }
  if (external && externalBackends(port).length === 0) {
    for (const address of addresses) elements.push(['no-endpoint-ips', at(address), verdict]);
    if (port.nodePort !== undefined) elements.push(['no-endpoint-node-ports', `${port.protocol} . ${port.nodePort}`, verdict]);
  }
  if (port.sourceRanges.length > 0 && port.loadBalancerIps.length > 0) {
    chains.push([`fw-${id}`, [`${ip} saddr != { ${openFor(port).join(', ')} } drop`]]);
    for (const address of port.loadBalancerIps) elements.push(['firewall-ips', at(address), `goto fw-${id}`]);
  }
  for (const one of allBackends(port)) if (one.local) elements.push(['hairpins', `${one.ip} . ${one.ip} . ${port.protocol} . ${one.port}`, '']);
  if (port.affinitySeconds === undefined) return { chains, elements, affinitySets: [] };
  const sticky = stickyParts(port, port.affinitySeconds);
  return { chains: [...chains, ...sticky.chains], elements, affinitySets: sticky.affinitySets };
}

/** Makes Rulesets of ports, and remembers what it made of each of them as long as there is that object. */
export class RulesetMaker {
  readonly #options: RulesOptions;
  readonly #fragments = new WeakMap<ServicePort, Fragment>();
  readonly #rows = new Map<string, { readonly from: number; readonly length: number }>();
  #nextRow = 0;

  constructor(options: RulesOptions) {
    this.#options = options;
  }

  /** The chains and elements that stand for the ports of this maker's family. */
  of(ports: readonly ServicePort[]): Ruleset {
    const chains = new Map<string, readonly string[]>();
    const elements = new Map(elementMaps.map((name) => [name as string, new Map<string, string>()]));
    const affinitySets = new Map<string, number>();
    for (const port of ports) {
      if (port.family !== this.#options.family) continue;
      let fragment = this.#fragments.get(port);
      if (fragment === undefined) this.#fragments.set(port, fragment = fragmentOf(port, this.#options, this.#rowOf));
      for (const [name, rules] of fragment.chains) chains.set(name, rules);
      for (const [map, key, verdict] of fragment.elements) {
        const map_ = elements.get(map);
        // Two Services may claim one address; the first keeps it.
        if (map_?.has(key) === false) map_.set(key, verdict);
      }
      for (const [name, seconds] of fragment.affinitySets) affinitySets.set(name, seconds);
    }
    for (const chain of this.#rows.keys()) if (!chains.has(chain)) this.#rows.delete(chain);
    return { chains, elements, affinitySets };
  }

  /** Numbers are never used again: a maker lives for minutes, and there are four thousand million. */
  readonly #rowOf = (chain: string, length: number): number => {
    const known = this.#rows.get(chain);
    if (known?.length === length) return known.from;
    const from = this.#nextRow;
    this.#nextRow += length;
    this.#rows.set(chain, { from, length });
    return from;
  };
}

export const emptyRuleset: Ruleset = { chains: new Map(), elements: new Map(), affinitySets: new Map() };
