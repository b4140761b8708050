import type { Labels } from '../../../api/meta/labels.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { AffinityTerm } from '../../cache/affinity-term.ts';
import { termMatches } from '../../cache/affinity-term.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import { CountsByTopology, DomainCounts } from './domain-counts.ts';

interface Counted { readonly term: AffinityTerm; readonly counts: DomainCounts }

/** Where the required terms of a new pod, and those of running pods, allow it to be. */
export class RequiredTerms {
  readonly #pod: Pod;
  readonly #labelsOf: (namespace: string) => Labels;
  /** Where running pods do not want the new one. */
  readonly #blocked: CountsByTopology;
  readonly #affinity: readonly Counted[];
  readonly #antiAffinity: readonly Counted[];
  readonly #matchesItself: boolean;

  constructor({ pod, terms }: PodInfo, snapshot: Snapshot) {
    this.#pod = pod;
    this.#labelsOf = (namespace) => snapshot.namespaceLabels(namespace);
    this.#blocked = new CountsByTopology(snapshot);
    for (const { term, nodes } of snapshot.antiAffinity.groups) if (termMatches(term, pod, this.#labelsOf)) this.#blocked.for(term.topologyKey).addAll(nodes);
    const counted = (term: AffinityTerm): Counted => ({ term, counts: new DomainCounts(snapshot.topology(term.topologyKey)) });
    this.#affinity = terms.affinity.map(counted);
    if (this.#affinity.length > 0) {
      // Upstream counts a pod for affinity only when it matches all of the terms.
      const pods = snapshot.podCounts(`near ${terms.affinity.map(({ key }) => key).join(' ')}`, (other) => this.#matchesAll(other.pod));
      for (const { counts } of this.#affinity) counts.addAll(pods);
    }
    this.#antiAffinity = terms.antiAffinity.map(counted);
    for (const { term, counts } of this.#antiAffinity) counts.addAll(snapshot.podCounts(`term ${term.key}`, (other) => termMatches(term, other.pod, this.#labelsOf)));
    this.#matchesItself = this.#affinity.length > 0 && this.#matchesAll(pod);
  }

  /** Nothing that could be refused. */
  get empty(): boolean {
    return this.#blocked.empty && this.#affinity.length === 0 && this.#antiAffinity.length === 0;
  }

  #matchesAll(pod: Pod): boolean {
    return this.#affinity.every(({ term }) => termMatches(term, pod, this.#labelsOf));
  }

  isNear(node: NodeInfo): boolean {
    let near = true;
    for (const { counts } of this.#affinity) {
      if (!counts.has(node)) return false;
      if (counts.at(node) <= 0) near = false;
    }
    // The first of a group may go anywhere, or it would wait for itself.
    return near || (this.#matchesItself && !this.#affinity.some(({ counts }) => counts.anyPositive));
  }

  isAway(node: NodeInfo): boolean {
    for (const { counts } of this.#antiAffinity) if (counts.at(node) > 0) return false;
    return true;
  }

  isWelcome(node: NodeInfo): boolean {
    for (const counts of this.#blocked.all) if (counts.at(node) > 0) return false;
    return true;
  }

  imagine({ pod, node, amount }: { readonly pod: PodInfo; readonly node: NodeInfo; readonly amount: 1 | -1 }): void {
    for (const term of pod.terms.antiAffinity) if (termMatches(term, this.#pod, this.#labelsOf)) this.#blocked.for(term.topologyKey).add(node, amount);
    if (this.#affinity.length > 0 && this.#matchesAll(pod.pod)) for (const { counts } of this.#affinity) counts.add(node, amount);
    for (const { term, counts } of this.#antiAffinity) if (termMatches(term, pod.pod, this.#labelsOf)) counts.add(node, amount);
  }
}
