import { createHash } from 'node:crypto';
import { labelSelectorAsSelector } from '../api/meta/labels.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../api/types/networking/v1.ts';
import { namespaceOf } from '../api/meta/object.ts';
import type { PolicyPod, PolicyState } from './model.ts';

/**
 * What the kernel is to hold, as data. Pods of this node that a policy selects have a chain for each direction in which they
 * are isolated: it accepts what some policy allows and drops the rest. Who may be talked to stands in sets that chains share,
 * so that a pod which comes or goes is one element more or less.
 */
export interface Ruleset {
  /** Chain -> its rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Set -> its type and elements. */
  readonly sets: ReadonlyMap<string, AddressSet>;
  /** Verdict map -> address -> chain. */
  readonly isolated: Readonly<Record<VerdictMap, ReadonlyMap<string, string>>>;
}

export interface AddressSet { readonly type: string; readonly elements: ReadonlySet<string> }
export type VerdictMap = 'ingress4' | 'ingress6' | 'egress4' | 'egress6';
type Direction = 'ingress' | 'egress';
type Family = 4 | 6;

const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);
const keyword = { 4: 'ip', 6: 'ip6' } as const;
const addressType = { 4: 'ipv4_addr', 6: 'ipv6_addr' } as const;
const side = { ingress: 'saddr', egress: 'daddr' } as const;

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Both what a policy says by itself: ingress always, egress when it has rules for it. */
function directionsOf({ spec }: NetworkPolicy): readonly Direction[] {
  const types = spec?.policyTypes ?? ['Ingress', ...(spec?.egress === undefined ? [] : ['Egress'])];
  return [...(types.includes('Ingress') ? ['ingress' as const] : []), ...(types.includes('Egress') ? ['egress' as const] : [])];
}

/** The rules for this node's pods. Pure; deterministic, so that two results are compared part by part. */
export function rulesetOf(state: PolicyState): Ruleset {
  const builder = new Builder(state);
  for (const pod of state.pods) if (pod.isLocal) builder.addPod(pod);
  return builder.result;
}

class Builder {
  readonly #state: PolicyState;
  readonly #chains = new Map<string, readonly string[]>();
  readonly #sets = new Map<string, AddressSet>();
  readonly #isolated: Record<VerdictMap, Map<string, string>> = { ingress4: new Map(), ingress6: new Map(), egress4: new Map(), egress6: new Map() };

  constructor(state: PolicyState) {
    this.#state = state;
  }

  get result(): Ruleset {
    return { chains: this.#chains, sets: this.#sets, isolated: this.#isolated };
  }

  addPod(pod: PolicyPod): void {
    const selecting = this.#state.policies.filter((policy) => namespaceOf(policy) === pod.namespace && labelSelectorAsSelector(policy.spec?.podSelector ?? {}).matches(pod.labels));
    for (const direction of ['ingress', 'egress'] as const) {
      const policies = selecting.filter((policy) => directionsOf(policy).includes(direction));
      if (policies.length === 0) continue;
      const chain = `${direction}-${shortHash(`${pod.namespace}/${pod.name}`)}`;
      const rules = new Set(policies.flatMap((policy) => this.#allowed(policy, direction, pod)));
      this.#chains.set(chain, [...rules, 'drop']);
      for (const ip of pod.ips) this.#isolated[`${direction}${familyOf(ip)}`].set(ip, chain);
    }
  }

  #allowed({ spec, ...policy }: NetworkPolicy, direction: Direction, pod: PolicyPod): string[] {
    const namespace = namespaceOf(policy);
    const rules = direction === 'ingress' ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports })) : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.flatMap(({ peers = [], ports = [] }) => {
      const matches = direction === 'ingress' ? portMatches(ports, pod) : portMatches(ports, undefined);
      const everybody = peers.length === 0;
      const sources = everybody ? [''] : peers.flatMap((peer) => this.#source(peer, { direction, namespace, pod }));
      const accepted = sources.flatMap((source) => matches.map((match) => [source, match, 'accept'].filter((part) => part !== '').join(' ')));
      if (direction === 'ingress') return accepted;
      const selected = everybody ? this.#state.pods : this.#selected(peers, namespace);
      return [...accepted, ...this.#namedPorts(ports, selected, pod), ...aliased(ports, selected)];
    });
  }

  /** How a packet of this peer is known, once for each family that the pod has. */
  #source(peer: NetworkPolicyPeer, { direction, namespace, pod }: { readonly direction: Direction; readonly namespace: string; readonly pod: PolicyPod }): string[] {
    if (peer.ipBlock !== undefined) return [blockMatch(peer.ipBlock, direction)];
    const selected = this.#selected([peer], namespace);
    return [...new Set(pod.ips.map(familyOf))].map((family) => `${keyword[family]} ${side[direction]} @${this.#addressSet(peer, { namespace, family, selected })}`);
  }

  #addressSet(peer: NetworkPolicyPeer, { namespace, family, selected }: { readonly namespace: string; readonly family: Family; readonly selected: readonly PolicyPod[] }): string {
    const name = `pods-${shortHash(JSON.stringify([peer.namespaceSelector === undefined ? namespace : peer.namespaceSelector, peer.podSelector ?? {}]))}-${family}`;
    if (!this.#sets.has(name)) this.#sets.set(name, { type: addressType[family], elements: new Set(selected.flatMap(({ ips }) => ips).filter((ip) => familyOf(ip) === family)) });
    return name;
  }

  #selected(peers: readonly NetworkPolicyPeer[], namespace: string): readonly PolicyPod[] {
    const tests = peers.filter(({ ipBlock }) => ipBlock === undefined).map(({ podSelector, namespaceSelector }) => {
      const pods = labelSelectorAsSelector(podSelector ?? {});
      const namespaces = namespaceSelector === undefined ? undefined : labelSelectorAsSelector(namespaceSelector);
      return (pod: PolicyPod): boolean => (namespaces === undefined ? pod.namespace === namespace : namespaces.matches(this.#state.namespaces.get(pod.namespace) ?? {})) && pods.matches(pod.labels);
    });
    return this.#state.pods.filter((pod) => tests.some((test) => test(pod)));
  }

  /** Ports that have a name at the other end: each pod there has its own number for it. */
  #namedPorts(ports: readonly NetworkPolicyPort[], selected: readonly PolicyPod[], pod: PolicyPod): string[] {
    const named = ports.filter(({ port }) => typeof port === 'string');
    if (named.length === 0) return [];
    return [...new Set(pod.ips.map(familyOf))].flatMap((family) => {
      const elements = selected.flatMap((peer) => named.flatMap(({ port, protocol = 'TCP' }) => peer.ports.filter((one) => one.name === port && one.protocol === protocol)
        .flatMap((one) => peer.ips.filter((ip) => familyOf(ip) === family).map((ip) => `${ip} . ${protocol.toLowerCase()} . ${one.port}`))));
      if (elements.length === 0) return [];
      const name = `ports-${shortHash(elements.toSorted().join())}-${family}`;
      this.#sets.set(name, { type: `${addressType[family]} . inet_proto . inet_service`, elements: new Set(elements) });
      return [`${keyword[family]} daddr . meta l4proto . th dport @${name} accept`];
    });
  }
}

function blockMatch({ cidr, except = [] }: IPBlock, direction: Direction): string {
  const family = familyOf(cidr);
  const address = `${keyword[family]} ${side[direction]}`;
  const inside = `${address} ${cidr}`;
  return except.length === 0 ? inside : `${inside} ${address} != { ${except.join(', ')} }`;
}

/** Matches for the ports of a rule: one that matches everything when it names none. `named`: the pod whose port names count. */
function portMatches(ports: readonly NetworkPolicyPort[], named: PolicyPod | undefined): string[] {
  if (ports.length === 0) return [''];
  const numbers = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const { port, endPort, protocol = 'TCP' } of ports) {
    const proto = protocol.toLowerCase();
    if (port === undefined) {
      whole.add(proto);
      continue;
    }
    const found = typeof port === 'number' ? [endPort === undefined || endPort === port ? String(port) : `${port}-${endPort}`] : (named?.ports ?? []).filter((one) => one.name === port && one.protocol === protocol).map((one) => String(one.port));
    for (const one of found) numbers.set(proto, (numbers.get(proto) ?? new Set()).add(one));
  }
  return [
    ...[...whole].map((proto) => `meta l4proto ${proto}`),
    ...[...numbers].filter(([proto]) => !whole.has(proto)).flatMap(([proto, ranges]) => [...ranges].map((range) => `${proto} dport ${range}`)),
  ];
}

/** Rules for pods that are known by other ports than they listen at. */
function aliased(ports: readonly NetworkPolicyPort[], selected: readonly PolicyPod[]): string[] {
  return selected.flatMap(({ aliases, ips }) => [...(aliases ?? [])].flatMap(([known, real]) => {
    const [protocol = '', number = ''] = known.split('/');
    const isAllowed = ports.some((one) => (one.protocol ?? 'TCP') === protocol && typeof one.port === 'number' && Number(number) >= one.port && Number(number) <= (one.endPort ?? one.port));
    return isAllowed ? ips.map((ip) => `${keyword[familyOf(ip)]} daddr ${ip} ${protocol.toLowerCase()} dport ${real} accept`) : [];
  }));
}
