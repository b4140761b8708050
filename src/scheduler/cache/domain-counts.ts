import type { NodeInfo } from './node-info.ts';

/** Groups of nodes, numbered from 0, so that counts by group are plain arrays. */
export interface Domains {
  readonly size: number;
  /** The node's group; -1: it belongs to none. */
  of(node: NodeInfo): number;
}

/** Every node is a domain of its own. */
export class EachNode implements Domains {
  readonly size: number;

  constructor(nodes: readonly NodeInfo[]) {
    this.size = nodes.length;
  }

  of({ slot }: NodeInfo): number {
    return slot;
  }
}

/** A number for each domain, kept current by whoever counts. */
export interface CountsByDomain {
  readonly domains: Domains;
  /** In how many domains the number is above zero. */
  readonly positive: number;
  /** `domain`: at least 0. */
  in(domain: number): number;
}

export class DomainCounts implements CountsByDomain {
  readonly domains: Domains;
  readonly #counts: Float64Array;
  #positive = 0;

  constructor(domains: Domains, nodes: ReadonlyMap<NodeInfo, number>) {
    this.domains = domains;
    this.#counts = new Float64Array(domains.size);
    for (const [node, amount] of nodes) this.add(node, amount);
  }

  get positive(): number {
    return this.#positive;
  }

  in(domain: number): number {
    return this.#counts[domain]!;
  }

  add(node: NodeInfo, amount: number): void {
    const domain = this.domains.of(node);
    if (domain < 0 || domain >= this.#counts.length) return;
    const before = this.#counts[domain]!;
    const after = before + amount;
    this.#counts[domain] = after;
    this.#positive += Number(after > 0) - Number(before > 0);
  }
}

/** Counts as they would be: those that are kept, and what one scheduling cycle imagines on top of them. */
export class ImaginedCounts implements CountsByDomain {
  readonly #counts: CountsByDomain;
  #changes: Map<number, number> | undefined;

  constructor(counts: CountsByDomain) {
    this.#counts = counts;
  }

  get domains(): Domains {
    return this.#counts.domains;
  }

  get positive(): number {
    let { positive } = this.#counts;
    for (const domain of this.#changes?.keys() ?? []) positive += Number(this.in(domain) > 0) - Number(this.#counts.in(domain) > 0);
    return positive;
  }

  in(domain: number): number {
    const count = this.#counts.in(domain);
    return this.#changes === undefined ? count : count + (this.#changes.get(domain) ?? 0);
  }

  /** Zero for a node outside all domains. */
  at(node: NodeInfo): number {
    const domain = this.#counts.domains.of(node);
    return domain < 0 ? 0 : this.in(domain);
  }

  imagine(node: NodeInfo, amount: number): void {
    const domain = this.#counts.domains.of(node);
    if (domain < 0) return;
    this.#changes ??= new Map();
    const change = (this.#changes.get(domain) ?? 0) + amount;
    if (change === 0) this.#changes.delete(domain);
    else this.#changes.set(domain, change);
  }
}
