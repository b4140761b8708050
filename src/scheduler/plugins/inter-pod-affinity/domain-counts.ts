import type { NodeInfo } from '../../cache/node-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Topology } from '../../cache/topology.ts';

/** A number for each domain of one topology. */
export class DomainCounts {
  readonly #topology: Topology;
  readonly #counts: Float64Array;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#counts = new Float64Array(topology.size);
  }

  /** Returns whether the node belongs to a domain. */
  add(node: NodeInfo, amount: number): boolean {
    const domain = this.#topology.of(node);
    if (domain < 0) return false;
    this.#counts[domain]! += amount;
    return true;
  }

  addAll(nodes: ReadonlyMap<NodeInfo, number>, times = 1): void {
    for (const [node, amount] of nodes) this.add(node, amount * times);
  }

  /** Zero for a node outside all domains. */
  at(node: NodeInfo): number {
    const domain = this.#topology.of(node);
    return domain < 0 ? 0 : this.#counts[domain]!;
  }

  has(node: NodeInfo): boolean {
    return this.#topology.of(node) >= 0;
  }

  get anyPositive(): boolean {
    return this.#counts.some((count) => count > 0);
  }
}

/** Numbers for each domain, topology by topology. */
export class CountsByTopology {
  readonly #snapshot: Snapshot;
  readonly #byKey = new Map<string, DomainCounts>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  for(topologyKey: string): DomainCounts {
    let counts = this.#byKey.get(topologyKey);
    if (counts === undefined) this.#byKey.set(topologyKey, (counts = new DomainCounts(this.#snapshot.topology(topologyKey))));
    return counts;
  }

  get empty(): boolean {
    return this.#byKey.size === 0;
  }

  get all(): Iterable<DomainCounts> {
    return this.#byKey.values();
  }
}
