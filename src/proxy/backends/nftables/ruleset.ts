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

/** The chains and elements of all of these. */
function rulesetOf(fragments: Iterable<Fragment>) {
  const chains = new Map<string, readonly string[]>();
  const elements = new Map(elementMaps.map((name) => [name, new Map<string, string>()]));
  const affinitySets = new Map<string, number>();
  for (const fragment of fragments) {
    for (const [name, rules] of fragment.chains) chains.set(name, rules);
    for (const [map, key, verdict] of fragment.elements) {
      const map_ = elements.get(map);
      // Two Services may claim one address; the first keeps it.
      if (map_?.has(key) === false) map_.set(key, verdict);
    }
    for (const [name, seconds] of fragment.affinitySets) affinitySets.set(name, seconds);
  }
  return { chains, elements, affinitySets };
}

/** Rules that were and that are to be, without most of those that are in both. */
export interface RulesetChange { readonly from: Ruleset; readonly to: Ruleset }

/** An element that a change touches, and how many ports have it. */
interface Claim { readonly map: ElementMap; readonly key: string; readonly isVerdict: boolean; readonly before: number; after: number }

/**
 * Makes rules of ports, and tells what of them is otherwise than the last time. Of ten thousand Services mostly one has
 * changed: only what concerns it is looked at. Ports are told apart by being other objects.
 */
export class RulesetMaker {
  readonly #options: RulesOptions;
  readonly #rows = new Map<string, { readonly from: number; readonly length: number }>();
  /** How many ports have an element, where that is any. */
  readonly #claims = new Map<string, number>();
  /** Elements that lead elsewhere for each of several ports that have them. */
  readonly #contested = new Set<string>();
  #fragments = new Map<ServicePort, Fragment>();
  #nextRow = 0;

  constructor(options: RulesOptions) {
    this.#options = options;
  }

  /** There are no ports of this maker's family. */
  get isEmpty(): boolean {
    return this.#fragments.size === 0;
  }

  /** From the rules for the ports of the call before, none at first, to those for these. Ports of the other family are none of ours. */
  change(ports: readonly ServicePort[]): RulesetChange {
    const old = this.#fragments;
    const fragments = new Map<ServicePort, Fragment>();
    const come: Fragment[] = [];
    for (const port of ports) {
      if (port.family !== this.#options.family) continue;
      let fragment = old.get(port);
      if (fragment === undefined) come.push(fragment = fragmentOf(port, this.#options, this.#rowOf));
      fragments.set(port, fragment);
    }
    const gone: Fragment[] = [];
    for (const [port, fragment] of old) if (!fragments.has(port)) gone.push(fragment);
    this.#fragments = fragments;

    const [from, to] = [rulesetOf(gone), rulesetOf(come)];
    for (const chain of from.chains.keys()) if (!to.chains.has(chain)) this.#rows.delete(chain);
    const wasContested = this.#contested.size > 0;
    const touched = this.#claimed(gone, come);
    // Who has an element that several claim depends on the order of all.
    if (wasContested || this.#contested.size > 0) return { from: rulesetOf(old.values()), to: rulesetOf(fragments.values()) };
    for (const { map, key, isVerdict, before, after } of touched) {
      if (isVerdict || before === 0 || after === 0) continue;
      from.elements.get(map)?.delete(key);
      to.elements.get(map)?.delete(key);
    }
    return { from, to };
  }

  /** Counts anew who has the elements of these. */
  #claimed(gone: readonly Fragment[], come: readonly Fragment[]): Claim[] {
    const touched = new Map<string, Claim>();
    for (const [fragments, by] of [[gone, -1], [come, 1]] as const) {
      for (const { elements } of fragments) {
        for (const [map, key, verdict] of elements) {
          const id = `${map} ${key}`;
          let claim = touched.get(id);
          if (claim === undefined) {
            const before = this.#claims.get(id) ?? 0;
            touched.set(id, claim = { map, key, isVerdict: verdict !== '', before, after: before });
          }
          claim.after += by;
        }
      }
    }
    for (const [id, { isVerdict, after }] of touched) {
      if (isVerdict && after > 1) this.#contested.add(id);
      else this.#contested.delete(id);
      if (after === 0) this.#claims.delete(id);
      else this.#claims.set(id, after);
    }
    return [...touched.values()];
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
