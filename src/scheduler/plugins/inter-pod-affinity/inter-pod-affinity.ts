import type { Node } from '../../../api/types/core/v1.ts';
import type { AffinityTerm } from '../../cache/affinity-term.ts';
import { termMatches } from '../../cache/affinity-term.ts';
import type { CountsByDomain } from '../../cache/domain-counts.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { TermIndex } from '../../cache/term-index.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';
import { podsOfTerm, RequiredTerms } from './required-terms.ts';

const existingRefused = refuse("node(s) didn't satisfy existing pods anti-affinity rules");
const affinityRefused = refuseForGood("node(s) didn't match pod affinity rules");
const antiAffinityRefused = refuse("node(s) didn't match pod anti-affinity rules");

export interface InterPodAffinityArgs {
  /** What a running pod's required affinity towards the new one is worth. Default 1. */
  readonly hardPodAffinityWeight?: number;
  /** Do not ask what running pods prefer when the new one prefers nothing. Default false. */
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/** Pods that count when nodes are scored, by where they are, and for how much. */
interface Preference { readonly counts: CountsByDomain; readonly weight: number }

/** All preferred terms, the new pod's and the running ones'. */
function preferencesOf(info: PodInfo, snapshot: Snapshot, hardWeight: number): Preference[] {
  const labelsOf = (namespace: string) => snapshot.namespaceLabels(namespace);
  const preferences: Preference[] = [];
  for (const { term, weight } of info.terms.preferred) preferences.push({ weight, counts: snapshot.podCounts(podsOfTerm(term, labelsOf), snapshot.topology(term.topologyKey)) });
  const groups = (index: TermIndex, weight: number): void => {
    for (const group of index.groups) if (termMatches(group.term, info.pod, labelsOf)) preferences.push({ weight, counts: group.counts(snapshot.topology(group.term.topologyKey)) });
  };
  if (hardWeight > 0) groups(snapshot.affinity, hardWeight);
  groups(snapshot.preferredAffinity, 1);
  return preferences;
}

/** Whether a term may speak of a pod, as far as can be told without the labels of its namespace. */
const mayMatch = (term: AffinityTerm, { pod, namespace }: PodInfo): boolean => (term.namespaces.has(namespace) || term.namespaceSelector !== undefined) && term.selector.matches(pod.metadata.labels);
const mayMatchAll = (terms: readonly AffinityTerm[], pod: PodInfo): boolean => terms.length > 0 && terms.every((term) => mayMatch(term, pod));
const mayMatchAny = (terms: readonly AffinityTerm[], pod: PodInfo): boolean => terms.some((term) => mayMatch(term, pod));

/** Does the node join, leave or change a domain that a term names? `gained`: joining counts; `lost`: leaving does. */
function domainChanged(terms: readonly AffinityTerm[], nodes: { readonly old: Node; readonly object: Node }, counts: 'gained' | 'lost'): boolean {
  return terms.some(({ topologyKey }) => {
    const before = nodes.old.metadata.labels?.[topologyKey];
    const after = nodes.object.metadata.labels?.[topologyKey];
    return before !== after && (counts === 'gained' ? after !== undefined : before !== undefined);
  });
}

/** Pods near to, or away from, other pods: required terms filter, preferred terms score; what runs has its say, too. */
export function interPodAffinity({ hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false }: InterPodAffinityArgs = {}): Plugin<RequiredTerms, readonly Preference[]> {
  return {
    name: 'InterPodAffinity',
    prepare(info, snapshot) {
      if (info.terms.affinity.length === 0 && info.terms.antiAffinity.length === 0 && snapshot.antiAffinity.empty) return { skip: true };
      const state = new RequiredTerms(info, snapshot);
      return state.empty ? { skip: true } : { state };
    },
    filter(_info, node, state) {
      if (state === undefined) return undefined;
      if (!state.isNear(node)) return affinityRefused;
      if (!state.isAway(node)) return antiAffinityRefused;
      return state.isWelcome(node) ? undefined : existingRefused;
    },
    imagine: (state, _pod, other) => state.imagine(other),
    prepareScore(info, _nodes, snapshot) {
      if (ignorePreferredTermsOfExistingPods && info.terms.preferred.length === 0) return { skip: true };
      const state = preferencesOf(info, snapshot, hardPodAffinityWeight);
      return state.length === 0 ? { skip: true } : { state };
    },
    score(_info, node, preferences) {
      let total = 0;
      for (const { counts, weight } of preferences ?? []) {
        const domain = counts.domains.of(node);
        if (domain >= 0) total += weight * counts.in(domain);
      }
      return total;
    },
    normalize(scores) {
      let min = Infinity;
      let max = -Infinity;
      for (const score of scores) {
        if (score < min) min = score;
        if (score > max) max = score;
      }
      for (let i = 0; i < scores.length; i++) scores[i] = max > min ? Math.trunc(100 * ((scores[i]! - min) / (max - min))) : 0;
    },
    wakes: {
      UnscheduledPodUpdateLabel: true,
      AssignedPodAdd: ({ terms }, { object }) => mayMatchAll(terms.affinity, object),
      AssignedPodUpdateLabel: ({ terms }, { old, object }) => (!mayMatchAll(terms.affinity, old) && mayMatchAll(terms.affinity, object)) || (mayMatchAny(terms.antiAffinity, old) && !mayMatchAll(terms.antiAffinity, object)),
      AssignedPodDelete: (pod, { old }) => mayMatchAny(pod.terms.antiAffinity, old) || mayMatchAny(old.terms.antiAffinity, pod),
      // Without affinity of its own, only running pods can have refused it, and none runs on a new node.
      NodeAdd: ({ terms }, { object }) => terms.affinity.length === 0 || terms.antiAffinity.length > 0 || terms.affinity.some(({ topologyKey }) => object.metadata.labels?.[topologyKey] !== undefined),
      NodeUpdateLabel: ({ terms }, nodes) => domainChanged(terms.affinity, nodes, 'gained') || domainChanged(terms.antiAffinity, nodes, 'lost'),
    },
  };
}
