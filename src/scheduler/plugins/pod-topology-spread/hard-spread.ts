import { ImaginedCounts } from '../../cache/domain-counts.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Constraint } from './constraints.ts';
import { eligibility, hasTopologies } from './constraints.ts';
import { matchingPods } from './matching-pods.ts';
import type { SpreadDomains } from './spread-domains.ts';
import { spreadDomains } from './spread-domains.ts';

/** One `DoNotSchedule` constraint with its count of matching pods in each domain. */
export class HardSpread {
  readonly constraint: Constraint;
  readonly #domains: SpreadDomains;
  readonly #counts: ImaginedCounts;
  /** The new pod would count itself. */
  readonly #self: 0 | 1;
  readonly #isEligible: ReturnType<typeof eligibility>;
  #least: number | undefined;

  /** `keys`: the labels of all of the pod's constraints. A node that lacks one of them is no domain of any. */
  constructor({ pod, namespace }: PodInfo, constraint: Constraint, options: { readonly keys: readonly string[]; readonly snapshot: Snapshot }) {
    this.constraint = constraint;
    this.#domains = spreadDomains(pod, constraint, options);
    this.#counts = new ImaginedCounts(options.snapshot.podCounts(matchingPods(constraint, namespace), this.#domains));
    this.#self = constraint.selector.matches(pod.metadata.labels) ? 1 : 0;
    this.#isEligible = eligibility(pod, constraint);
  }

  /** The least that any domain has; none when there are fewer domains than asked for. */
  get #leastCount(): number {
    const { present } = this.#domains;
    if (present.length < this.constraint.minDomains || present.length === 0) return 0;
    if (this.#least === undefined) {
      this.#least = Infinity;
      for (const domain of present) {
        const count = this.#counts.in(domain);
        if (count < this.#least) this.#least = count;
      }
    }
    return this.#least;
  }

  /** Undefined: the node lacks the label. A node need not be one of those that count to be asked about. */
  allows(node: NodeInfo): boolean | undefined {
    const domain = this.#domains.topology.of(node);
    if (domain < 0) return undefined;
    return this.#counts.in(domain) + this.#self - this.#leastCount <= this.constraint.maxSkew;
  }

  imagine(pod: PodInfo, node: NodeInfo, amount: 1 | -1): void {
    if (!this.constraint.selector.matches(pod.pod.metadata.labels) || this.#isEligible?.(node.node) === false) return;
    this.#counts.imagine(node, amount);
    this.#least = undefined;
  }
}

/** What the pod's hard constraints say of the cluster. */
export class HardSpreads {
  readonly #spreads: readonly HardSpread[];
  readonly #constraints: readonly Constraint[];

  constructor(info: PodInfo, constraints: readonly Constraint[], snapshot: Snapshot) {
    this.#constraints = constraints;
    const keys = constraints.map(({ topologyKey }) => topologyKey);
    this.#spreads = constraints.map((constraint) => new HardSpread(info, constraint, { keys, snapshot }));
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
    for (const spread of this.#spreads) spread.imagine(other.pod, other.node, other.amount);
  }
}
