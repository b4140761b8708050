import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Topology } from '../../cache/topology.ts';
import type { Constraint } from './constraints.ts';
import { eligibility, hasTopologies } from './constraints.ts';
import { matchingPods } from './matching-pods.ts';

/** One `DoNotSchedule` constraint with its count of matching pods in each domain. */
export class HardSpread {
  readonly constraint: Constraint;
  readonly topology: Topology;
  /** By domain; -1 where no eligible node is. */
  readonly #counts: Int32Array;
  /** The new pod would count itself. */
  readonly #self: 0 | 1;
  readonly #isEligible: ReturnType<typeof eligibility>;
  #domains = 0;
  #least: number | undefined;

  constructor(info: PodInfo, constraint: Constraint, options: { readonly all: readonly Constraint[]; readonly snapshot: Snapshot }) {
    const { snapshot, all } = options;
    this.constraint = constraint;
    this.topology = snapshot.topology(constraint.topologyKey);
    this.#counts = new Int32Array(this.topology.size).fill(-1);
    this.#self = constraint.selector.matches(info.pod.metadata.labels) ? 1 : 0;
    this.#isEligible = eligibility(info.pod, constraint);
    const pods = matchingPods(constraint, info.namespace, snapshot);
    const others = all.filter((one) => one !== constraint).map(({ topologyKey }) => snapshot.topology(topologyKey));
    for (const node of snapshot.nodes) {
      const domain = this.topology.of(node);
      // A node that lacks the label of any constraint is no domain of any.
      if (domain < 0 || others.some((topology) => topology.of(node) < 0)) continue;
      if (this.#isEligible?.(node.node) === false) continue;
      if (this.#counts[domain]! < 0) {
        this.#counts[domain] = 0;
        this.#domains++;
      }
    }
    // Only nodes of domains that were found above count, and of those only the eligible.
    for (const [node, count] of pods) {
      const domain = this.topology.of(node);
      if (domain < 0 || this.#counts[domain]! < 0 || others.some((topology) => topology.of(node) < 0) || this.#isEligible?.(node.node) === false) continue;
      this.#counts[domain]! += count;
    }
  }

  /** The least that any domain has; none when there are fewer domains than asked for. */
  get #leastCount(): number {
    if (this.#domains < this.constraint.minDomains) return 0;
    if (this.#least === undefined) {
      let least = Infinity;
      for (const count of this.#counts) if (count >= 0 && count < least) least = count;
      this.#least = least === Infinity ? 0 : least;
    }
    return this.#least;
  }

  /** Undefined: the node lacks the label. */
  allows(node: NodeInfo): boolean | undefined {
    const domain = this.topology.of(node);
    if (domain < 0) return undefined;
    return Math.max(0, this.#counts[domain]!) + this.#self - this.#leastCount <= this.constraint.maxSkew;
  }

  imagine(pod: PodInfo, { node: { node }, amount }: { readonly node: NodeInfo; readonly amount: 1 | -1 }, domain: number): void {
    if (!this.constraint.selector.matches(pod.pod.metadata.labels) || this.#isEligible?.(node) === false) return;
    if (this.#counts[domain]! < 0) {
      this.#counts[domain] = 0;
      this.#domains++;
    }
    this.#counts[domain]! += amount;
    this.#least = undefined;
  }
}

/** What the pod's hard constraints say of the cluster. */
export class HardSpreads {
  readonly #spreads: readonly HardSpread[];
  readonly #constraints: readonly Constraint[];

  constructor(info: PodInfo, constraints: readonly Constraint[], snapshot: Snapshot) {
    this.#constraints = constraints;
    this.#spreads = constraints.map((constraint) => new HardSpread(info, constraint, { all: constraints, snapshot }));
  }

  /** The first objection to the node. */
  objection(node: NodeInfo): 'skewed' | 'label missing' | undefined {
    for (const spread of this.#spreads) {
      const allows = spread.allows(node);
      if (allows === undefined) return 'label missing';
      if (!allows) return 'skewed';
    }
    return undefined;
  }

  imagine(pod: PodInfo, other: { readonly pod: PodInfo; readonly node: NodeInfo; readonly amount: 1 | -1 }): void {
    if (other.pod.namespace !== pod.namespace || !hasTopologies(other.node.node, this.#constraints)) return;
    for (const spread of this.#spreads) spread.imagine(other.pod, other, spread.topology.of(other.node));
  }
}
