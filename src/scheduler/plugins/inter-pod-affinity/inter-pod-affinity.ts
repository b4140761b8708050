import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin, Snapshot } from '../../framework/plugin.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';
import type { Term } from './terms.ts';
import { hasPodAffinity, matches, preferredTerms, requiredAffinity, requiredAntiAffinity } from './terms.ts';

const existingRefused = refuse("node(s) didn't satisfy existing pods anti-affinity rules");
const affinityRefused = refuseForGood("node(s) didn't match pod affinity rules");
const antiAffinityRefused = refuse("node(s) didn't match pod anti-affinity rules");

/** Weight of the affinity that a running pod requires towards the new one (upstream's hardPodAffinityWeight). */
const requiredWeight = 1;

/** `topologyKey` -> value -> how many. */
class TopologyCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(key: string, node: NodeInfo, amount: number): void {
    const value = node.node.metadata.labels?.[key];
    if (value === undefined) return;
    let values = this.#counts.get(key);
    if (values === undefined) this.#counts.set(key, (values = new Map()));
    values.set(value, (values.get(value) ?? 0) + amount);
  }

  at(key: string, node: NodeInfo): number {
    const value = node.node.metadata.labels?.[key];
    return value === undefined ? 0 : (this.#counts.get(key)?.get(value) ?? 0);
  }

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  get keys(): Iterable<string> {
    return this.#counts.keys();
  }
}

interface State {
  /** Where running pods do not want the new one. */
  readonly blocked: TopologyCounts;
  readonly affinity: readonly { readonly term: Term; readonly counts: TopologyCounts }[];
  readonly antiAffinity: readonly { readonly term: Term; readonly counts: TopologyCounts }[];
  /** No running pod matches, but the new pod would: the first of a group may go anywhere. */
  readonly firstOfGroup: boolean;
}

function survey({ pod }: PodInfo, snapshot: Snapshot): State {
  const labelsOf = (namespace: string) => snapshot.namespaceLabels(namespace);
  const blocked = new TopologyCounts();
  const affinity = requiredAffinity(pod).map((term) => ({ term, counts: new TopologyCounts() }));
  const antiAffinity = requiredAntiAffinity(pod).map((term) => ({ term, counts: new TopologyCounts() }));
  for (const node of snapshot.nodes) {
    for (const running of node.antiAffinityPods.values()) {
      for (const term of requiredAntiAffinity(running.pod)) if (matches(term, pod, labelsOf)) blocked.add(term.topologyKey, node, 1);
    }
    if (affinity.length === 0 && antiAffinity.length === 0) continue;
    for (const running of node.pods.values()) {
      if (running.pod.metadata.deletionTimestamp !== undefined && affinity.length === 0) continue;
      // Upstream counts a pod for affinity only when it matches all of the terms.
      if (affinity.length > 0 && affinity.every(({ term }) => matches(term, running.pod, labelsOf))) for (const { term, counts } of affinity) counts.add(term.topologyKey, node, 1);
      for (const { term, counts } of antiAffinity) if (matches(term, running.pod, labelsOf)) counts.add(term.topologyKey, node, 1);
    }
  }
  const firstOfGroup = affinity.length > 0 && affinity.every(({ counts }) => counts.empty) && affinity.every(({ term }) => matches(term, pod, labelsOf));
  return { blocked, affinity, antiAffinity, firstOfGroup };
}

/** The weights of all preferred terms, the new pod's and the running ones', by where they point. */
function preferencesOf(info: PodInfo, snapshot: Snapshot): TopologyCounts {
  const labelsOf = (namespace: string) => snapshot.namespaceLabels(namespace);
  const counts = new TopologyCounts();
  const own = preferredTerms(info.pod);
  for (const node of snapshot.nodes) {
    for (const running of own.length > 0 ? node.pods.values() : node.affinityPods.values()) {
      for (const { term, weight } of own) if (matches(term, running.pod, labelsOf)) counts.add(term.topologyKey, node, weight);
      if (!node.affinityPods.has(running.uid)) continue;
      for (const { term, weight } of preferredTerms(running.pod)) if (matches(term, info.pod, labelsOf)) counts.add(term.topologyKey, node, weight);
      for (const term of requiredAffinity(running.pod)) if (matches(term, info.pod, labelsOf)) counts.add(term.topologyKey, node, requiredWeight);
    }
  }
  return counts;
}

/** Pods near to, or away from, other pods: required terms filter, preferred terms score; what runs has its say, too. */
export const interPodAffinity: Plugin<State, TopologyCounts> = {
  name: 'InterPodAffinity',
  weight: 2,
  normalize: 'min-max',
  prepare(info, snapshot) {
    if (!hasPodAffinity(info.pod) && !snapshot.nodes.some((node) => node.antiAffinityPods.size > 0)) return { skip: true };
    return { state: survey(info, snapshot) };
  },
  filter(_info, node, state) {
    if (state === undefined) return undefined;
    for (const { term, counts } of state.affinity) {
      if (node.node.metadata.labels?.[term.topologyKey] === undefined) return affinityRefused;
      if (!state.firstOfGroup && counts.at(term.topologyKey, node) === 0) return affinityRefused;
    }
    for (const { term, counts } of state.antiAffinity) if (counts.at(term.topologyKey, node) > 0) return antiAffinityRefused;
    for (const key of state.blocked.keys) if (state.blocked.at(key, node) > 0) return existingRefused;
    return undefined;
  },
  scores: (info, snapshot) => hasPodAffinity(info.pod) || snapshot.nodes.some((node) => node.affinityPods.size > 0),
  prepareScore: preferencesOf,
  score(_info, node, _snapshot, counts) {
    let total = 0;
    for (const key of counts?.keys ?? []) total += counts!.at(key, node);
    return total;
  },
  mayHelp: () => true,
};
