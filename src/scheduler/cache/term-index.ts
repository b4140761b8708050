import type { AffinityTerm } from './affinity-term.ts';
import type { NodeInfo } from './node-info.ts';

/** Terms that mean the same, and on which nodes pods have them. */
export interface TermGroup {
  readonly term: AffinityTerm;
  /** The sum over the node's pods: how many, or what weight. */
  readonly nodes: ReadonlyMap<NodeInfo, number>;
}

/**
 * The affinity terms of running pods. The replicas of one workload have the same terms: a new pod is compared with each
 * once, not with each replica.
 */
export class TermIndex {
  readonly #groups = new Map<string, { readonly term: AffinityTerm; readonly nodes: Map<NodeInfo, number>; pods: number }>();

  get groups(): Iterable<TermGroup> {
    return this.#groups.values();
  }

  get empty(): boolean {
    return this.#groups.size === 0;
  }

  /** `sign` -1 takes away what was added. */
  add(term: AffinityTerm, node: NodeInfo, options: { readonly weight: number; readonly sign: 1 | -1 }): void {
    let group = this.#groups.get(term.key);
    if (group === undefined) this.#groups.set(term.key, (group = { term, nodes: new Map(), pods: 0 }));
    group.pods += options.sign;
    if (group.pods <= 0) {
      this.#groups.delete(term.key);
      return;
    }
    const sum = (group.nodes.get(node) ?? 0) + options.sign * options.weight;
    if (sum === 0) group.nodes.delete(node);
    else group.nodes.set(node, sum);
  }
}
