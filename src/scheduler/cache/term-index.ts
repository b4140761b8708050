import type { AffinityTerm } from './affinity-term.ts';
import type { CountsByDomain, Domains } from './domain-counts.ts';
import { DomainCounts } from './domain-counts.ts';
import type { NodeInfo } from './node-info.ts';

/** Terms that mean the same, and on which nodes pods have them. */
export class TermGroup {
  readonly term: AffinityTerm;
  /** How many pods have such a term. */
  pods = 0;
  /** The sum over the node's pods: how many, or what weight. */
  readonly #nodes = new Map<NodeInfo, number>();
  #counts: DomainCounts | undefined;

  constructor(term: AffinityTerm) {
    this.term = term;
  }

  /** The sums by domain of the term's topology. */
  counts(topology: Domains): CountsByDomain {
    if (this.#counts?.domains !== topology) this.#counts = new DomainCounts(topology, this.#nodes);
    return this.#counts;
  }

  add(node: NodeInfo, amount: number): void {
    const sum = (this.#nodes.get(node) ?? 0) + amount;
    if (sum === 0) this.#nodes.delete(node);
    else this.#nodes.set(node, sum);
    this.#counts?.add(node, amount);
  }

  /** Nodes came, went or changed their domains. */
  regroup(): void {
    this.#counts = undefined;
  }
}

/**
 * The affinity terms of running pods. The replicas of one workload have the same terms: a new pod is compared with each
 * once, not with each replica.
 */
export class TermIndex {
  readonly #groups = new Map<string, TermGroup>();

  get groups(): Iterable<TermGroup> {
    return this.#groups.values();
  }

  get empty(): boolean {
    return this.#groups.size === 0;
  }

  /** `sign` -1 takes away what was added. */
  add(term: AffinityTerm, node: NodeInfo, options: { readonly weight: number; readonly sign: 1 | -1 }): void {
    let group = this.#groups.get(term.key);
    if (group === undefined) this.#groups.set(term.key, (group = new TermGroup(term)));
    group.pods += options.sign;
    if (group.pods <= 0) this.#groups.delete(term.key);
    else group.add(node, options.sign * options.weight);
  }

  regroup(): void {
    for (const group of this.#groups.values()) group.regroup();
  }
}
