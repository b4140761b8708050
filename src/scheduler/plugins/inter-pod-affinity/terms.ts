import type { Labels, Selector } from '../../../api/meta/labels.ts';
import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import { namespaceOf } from '../../../api/meta/object.ts';
import type { Pod, PodAffinityTerm } from '../../../api/types/core/v1.ts';

/** A pod affinity term, ready to be asked. */
export interface Term {
  readonly topologyKey: string;
  readonly selector: Selector;
  /** Of whose pods it speaks: these namespaces, and those whose labels match. */
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector | undefined;
}

/** Terms belong to a pod that never changes: each is parsed once. */
const parsed = new WeakMap<PodAffinityTerm, Term>();

function parse(term: PodAffinityTerm, owner: Pod): Term {
  let known = parsed.get(term);
  if (known === undefined) {
    const own = (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined;
    known = {
      topologyKey: term.topologyKey,
      selector: labelSelectorAsSelector(term.labelSelector),
      namespaces: new Set(own ? [namespaceOf(owner)] : term.namespaces),
      namespaceSelector: term.namespaceSelector === undefined ? undefined : labelSelectorAsSelector(term.namespaceSelector),
    };
    parsed.set(term, known);
  }
  return known;
}

/** Does the term speak of this pod? `labelsOf`: a namespace's labels. */
export function matches(term: Term, pod: Pod, labelsOf: (namespace: string) => Labels): boolean {
  const namespace = namespaceOf(pod);
  if (!term.namespaces.has(namespace) && term.namespaceSelector?.matches(labelsOf(namespace)) !== true) return false;
  return term.selector.matches(pod.metadata.labels ?? {});
}

export const requiredAffinity = (pod: Pod): Term[] => (pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => parse(term, pod));
export const requiredAntiAffinity = (pod: Pod): Term[] => (pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => parse(term, pod));

/** Preferred terms with their weight; anti-affinity counts against. */
export function preferredTerms(pod: Pod): { readonly term: Term; readonly weight: number }[] {
  const affinity = pod.spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const antiAffinity = pod.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...affinity.map(({ podAffinityTerm, weight }) => ({ term: parse(podAffinityTerm, pod), weight })),
    ...antiAffinity.map(({ podAffinityTerm, weight }) => ({ term: parse(podAffinityTerm, pod), weight: -weight })),
  ];
}

export function hasPodAffinity(pod: Pod): boolean {
  return pod.spec?.affinity?.podAffinity !== undefined || pod.spec?.affinity?.podAntiAffinity !== undefined;
}
