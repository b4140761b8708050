import type { Labels } from '../../../api/meta/labels.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { AffinityTerm } from '../../cache/affinity-term.ts';
import { termMatches } from '../../cache/affinity-term.ts';
import { DomainCounts, ImaginedCounts } from '../../cache/domain-counts.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { PodQuestion } from '../../cache/pod-counters.ts';
import type { PodScope } from '../../cache/pods-by-label.ts';
import type { Snapshot } from '../../cache/snapshot.ts';

/** Where all pods are that a term speaks of; undefined for one that speaks of several namespaces. */
function scopeOf({ namespaces, namespaceSelector, selector }: AffinityTerm): PodScope | undefined {
  const [namespace] = namespaces;
  return namespace === undefined || namespaces.size > 1 || namespaceSelector !== undefined ? undefined : { namespace, selector };
}

const withScope = (scope: PodScope | undefined): { readonly scope?: PodScope } => (scope === undefined ? {} : { scope });

/** The pods that a term speaks of. */
export const podsOfTerm = (term: AffinityTerm, labelsOf: (namespace: string) => Labels): PodQuestion => ({ key: `term ${term.key}`, ...withScope(scopeOf(term)), matches: ({ pod }) => termMatches(term, pod, labelsOf) });

interface Counted { readonly term: AffinityTerm; readonly counts: ImaginedCounts }

/** Where the required terms of a new pod, and those of running pods, allow it to be. */
export class RequiredTerms {
  readonly #pod: Pod;
  readonly #snapshot: Snapshot;
  readonly #labelsOf: (namespace: string) => Labels;
  /** Where running pods do not want the new one, term by term. */
  readonly #blocked: Counted[] = [];
  readonly #affinity: readonly Counted[];
  readonly #antiAffinity: readonly Counted[];
  readonly #matchesItself: boolean;

  constructor({ pod, terms }: PodInfo, snapshot: Snapshot) {
    this.#pod = pod;
    this.#snapshot = snapshot;
    this.#labelsOf = (namespace) => snapshot.namespaceLabels(namespace);
    for (const group of snapshot.antiAffinity.groups) if (this.#isMeant(group.term)) this.#blocked.push({ term: group.term, counts: new ImaginedCounts(group.counts(snapshot.topology(group.term.topologyKey))) });
    const counted = (term: AffinityTerm, question: PodQuestion): Counted => ({ term, counts: new ImaginedCounts(snapshot.podCounts(question, snapshot.topology(term.topologyKey))) });
    // Upstream counts a pod for affinity only when it matches all of the terms.
    const near: PodQuestion = { key: `near ${terms.affinity.map(({ key }) => key).join(' ')}`, ...withScope(terms.affinity.map(scopeOf).find((scope) => scope !== undefined)), matches: (other) => terms.affinity.every((term) => termMatches(term, other.pod, this.#labelsOf)) };
    this.#affinity = terms.affinity.map((term) => counted(term, near));
    this.#antiAffinity = terms.antiAffinity.map((term) => counted(term, podsOfTerm(term, this.#labelsOf)));
    this.#matchesItself = this.#affinity.length > 0 && this.#matchesAll(pod);
  }

  /** Nothing that could be refused. */
  get empty(): boolean {
    return this.#blocked.length === 0 && this.#affinity.length === 0 && this.#antiAffinity.length === 0;
  }

  #isMeant(term: AffinityTerm): boolean {
    return termMatches(term, this.#pod, this.#labelsOf);
  }

  #matchesAll(pod: Pod): boolean {
    return this.#affinity.every(({ term }) => termMatches(term, pod, this.#labelsOf));
  }

  isNear(node: NodeInfo): boolean {
    let near = true;
    for (const { counts } of this.#affinity) {
      const domain = counts.domains.of(node);
      if (domain < 0) return false;
      if (counts.in(domain) <= 0) near = false;
    }
    // The first of a group may go anywhere, or it would wait for itself.
    return near || (this.#matchesItself && !this.#affinity.some(({ counts }) => counts.positive > 0));
  }

  isAway(node: NodeInfo): boolean {
    for (const { counts } of this.#antiAffinity) if (counts.at(node) > 0) return false;
    return true;
  }

  isWelcome(node: NodeInfo): boolean {
    for (const { counts } of this.#blocked) if (counts.at(node) > 0) return false;
    return true;
  }

  imagine({ pod, node, amount }: { readonly pod: PodInfo; readonly node: NodeInfo; readonly amount: 1 | -1 }): void {
    for (const term of pod.terms.antiAffinity) if (this.#isMeant(term)) this.#blockedBy(term).counts.imagine(node, amount);
    if (this.#affinity.length > 0 && this.#matchesAll(pod.pod)) for (const { counts } of this.#affinity) counts.imagine(node, amount);
    for (const { term, counts } of this.#antiAffinity) if (termMatches(term, pod.pod, this.#labelsOf)) counts.imagine(node, amount);
  }

  #blockedBy(term: AffinityTerm): Counted {
    let known = this.#blocked.find((one) => one.term.key === term.key);
    if (known === undefined) this.#blocked.push((known = { term, counts: new ImaginedCounts(new DomainCounts(this.#snapshot.topology(term.topologyKey), new Map())) }));
    return known;
  }
}
