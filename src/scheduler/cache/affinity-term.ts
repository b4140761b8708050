import type { Labels, Selector } from '../../api/meta/labels.ts';
import { labelSelectorAsSelector, nothing } from '../../api/meta/labels.ts';
import type { LabelSelector } from '../../api/types/meta/v1.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import type { Pod, PodAffinityTerm } from '../../api/types/core/v1.ts';

/** A pod affinity term, ready to be asked. */
export interface AffinityTerm {
  /** The same for terms that mean the same. */
  readonly key: string;
  readonly topologyKey: string;
  readonly selector: Selector;
  /** Of whose pods it speaks: these namespaces, and those whose labels match. */
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector | undefined;
}

/** A preferred term; a negative weight says to keep away. */
export interface WeightedTerm { readonly term: AffinityTerm; readonly weight: number }

/** All terms of a pod. */
export interface AffinityTerms {
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly preferred: readonly WeightedTerm[];
}

const none: AffinityTerms = { affinity: [], antiAffinity: [], preferred: [] };

/** A selector as the API server let it in; one that cannot be understood matches nothing. */
export function selectorFrom(selector: LabelSelector | undefined): Selector {
  try {
    return labelSelectorAsSelector(selector);
  } catch {
    return nothing;
  }
}

/** `everything` and `nothing` have the same text. */
const selectorKey = (selector: LabelSelector | undefined): string => (selector === undefined ? '-' : `+${String(selectorFrom(selector))}`);

function termOf(term: PodAffinityTerm, owner: Pod): AffinityTerm {
  const own = (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined;
  const namespaces = new Set(own ? [namespaceOf(owner)] : term.namespaces);
  return {
    key: [term.topologyKey, selectorKey(term.labelSelector), [...namespaces].sort().join(','), selectorKey(term.namespaceSelector)].join('|'),
    topologyKey: term.topologyKey,
    selector: selectorFrom(term.labelSelector),
    namespaces,
    namespaceSelector: term.namespaceSelector === undefined ? undefined : selectorFrom(term.namespaceSelector),
  };
}

/** The pod's terms, parsed. */
export function affinityTermsOf(pod: Pod): AffinityTerms {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return none;
  const required = (terms: readonly PodAffinityTerm[] | undefined): AffinityTerm[] => (terms ?? []).map((term) => termOf(term, pod));
  const weighted = (side: typeof podAffinity | typeof podAntiAffinity, sign: 1 | -1): WeightedTerm[] => (side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm, weight }) => ({ term: termOf(podAffinityTerm, pod), weight: sign * weight }));
  return {
    affinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    antiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: [...weighted(podAffinity, 1), ...weighted(podAntiAffinity, -1)],
  };
}

/** Does the term speak of this pod? `labelsOf`: a namespace's labels. */
export function termMatches(term: AffinityTerm, pod: Pod, labelsOf: (namespace: string) => Labels): boolean {
  const namespace = namespaceOf(pod);
  if (!term.namespaces.has(namespace) && term.namespaceSelector?.matches(labelsOf(namespace)) !== true) return false;
  return term.selector.matches(pod.metadata.labels);
}
