import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Topology } from '../../cache/topology.ts';
import type { Constraint } from './constraints.ts';
import { eligibility } from './constraints.ts';
import { matchingPods } from './matching-pods.ts';

const hostname = 'kubernetes.io/hostname';

/** One `ScheduleAnyway` constraint: what each node's domain has. */
interface Spread {
  readonly constraint: Constraint;
  readonly topology: Topology;
  /** By domain; for host names, counted node by node. */
  readonly counts: Float64Array | ReadonlyMap<NodeInfo, number>;
  readonly weight: number;
}

/** What `ScheduleAnyway` constraints make of nodes: the more matching pods a node's domains have, the worse. */
export class SoftSpreads {
  readonly #spreads: readonly Spread[];
  /** Nodes that lack a label that is spread over. */
  readonly #ignored = new Set<NodeInfo>();

  /** `requireAll`: a node that lacks one of the labels is not scored. */
  constructor(info: PodInfo, constraints: readonly Constraint[], options: { readonly nodes: readonly NodeInfo[]; readonly snapshot: Snapshot; readonly requireAll: boolean }) {
    const { nodes, snapshot, requireAll } = options;
    const topologies = constraints.map(({ topologyKey }) => snapshot.topology(topologyKey));
    const lacks = (node: NodeInfo): boolean => requireAll && topologies.some((topology) => topology.of(node) < 0);
    for (const node of nodes) if (lacks(node)) this.#ignored.add(node);
    const scored = nodes.filter((node) => !this.#ignored.has(node));
    this.#spreads = constraints.map((constraint, i) => {
      const topology = topologies[i]!;
      const pods = matchingPods(constraint, info.namespace, snapshot);
      if (constraint.topologyKey === hostname) return { constraint, topology, counts: pods, weight: Math.log(scored.length + 2) };
      const present = new Set<number>();
      for (const node of scored) present.add(topology.of(node));
      const counts = new Float64Array(topology.size);
      const isEligible = eligibility(info.pod, constraint);
      for (const [node, count] of pods) {
        const domain = topology.of(node);
        if (domain >= 0 && present.has(domain) && !lacks(node) && isEligible?.(node.node) !== false) counts[domain]! += count;
      }
      // Few domains weigh more than many, so that zones count beside host names.
      return { constraint, topology, counts, weight: Math.log(present.size + 2) };
    });
  }

  score(node: NodeInfo): number {
    if (this.#ignored.has(node)) return 0;
    let total = 0;
    for (const { constraint, topology, counts, weight } of this.#spreads) {
      const domain = topology.of(node);
      if (domain < 0) continue;
      const count = counts instanceof Float64Array ? counts[domain]! : (counts.get(node) ?? 0);
      total += count * weight + constraint.maxSkew - 1;
    }
    return Math.round(total);
  }

  normalize(scores: Float64Array, nodes: readonly NodeInfo[]): void {
    let min = Infinity;
    let max = 0;
    for (let i = 0; i < scores.length; i++) {
      if (this.#ignored.size > 0 && this.#ignored.has(nodes[i]!)) continue;
      min = Math.min(min, scores[i]!);
      max = Math.max(max, scores[i]!);
    }
    for (let i = 0; i < scores.length; i++) {
      if (this.#ignored.size > 0 && this.#ignored.has(nodes[i]!)) scores[i] = 0;
      else scores[i] = max === 0 ? 100 : Math.floor((100 * (max + min - scores[i]!)) / max);
    }
  }
}
