import type { CountsByDomain } from '../../cache/domain-counts.ts';
import { EachNode } from '../../cache/domain-counts.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Topology } from '../../cache/topology.ts';
import type { Constraint } from './constraints.ts';
import { matchingPods } from './matching-pods.ts';
import { spreadDomains } from './spread-domains.ts';

const hostname = 'kubernetes.io/hostname';

/** One `ScheduleAnyway` constraint: what each node's domain has. */
interface Spread {
  readonly maxSkew: number;
  readonly topology: Topology;
  /** By the topology's domains; for host names, by node. */
  readonly counts: CountsByDomain;
  readonly byNode: boolean;
  readonly weight: number;
}

/** How many of the topology's domains these nodes are in; outside all of them is one, too, as upstream counts. */
function countDomains(topology: Topology, nodes: readonly NodeInfo[], ignored: ReadonlySet<NodeInfo>): number {
  const seen = new Uint8Array(topology.size + 1);
  let count = 0;
  for (const node of nodes) {
    const domain = topology.of(node) + 1;
    if (seen[domain] === 1 || (ignored.size > 0 && ignored.has(node))) continue;
    seen[domain] = 1;
    count++;
  }
  return count;
}

/** What `ScheduleAnyway` constraints make of nodes: the more matching pods a node's domains have, the worse. */
export class SoftSpreads {
  readonly #spreads: readonly Spread[];
  /** Nodes that lack a label that is spread over. */
  readonly #ignored = new Set<NodeInfo>();

  /** `requireAll`: a node that lacks one of the labels is not scored. */
  constructor({ pod, namespace }: PodInfo, constraints: readonly Constraint[], options: { readonly nodes: readonly NodeInfo[]; readonly snapshot: Snapshot; readonly requireAll: boolean }) {
    const { nodes, snapshot, requireAll } = options;
    const keys = requireAll ? constraints.map(({ topologyKey }) => topologyKey) : [];
    const topologies = keys.map((key) => snapshot.topology(key));
    for (const topology of topologies) for (const node of nodes) if (topology.of(node) < 0) this.#ignored.add(node);
    this.#spreads = constraints.map((constraint) => {
      const topology = snapshot.topology(constraint.topologyKey);
      const byNode = constraint.topologyKey === hostname;
      const domains = byNode ? snapshot.domains('each node', () => new EachNode(snapshot.nodes)) : spreadDomains(pod, constraint, { keys, snapshot });
      // Few domains weigh more than many, so that zones count beside host names.
      const size = byNode ? nodes.length - this.#ignored.size : countDomains(topology, nodes, this.#ignored);
      return { maxSkew: constraint.maxSkew, topology, counts: snapshot.podCounts(matchingPods(constraint, namespace), domains), byNode, weight: Math.log(size + 2) };
    });
  }

  score(node: NodeInfo): number {
    if (this.#ignored.size > 0 && this.#ignored.has(node)) return 0;
    let total = 0;
    for (const { maxSkew, topology, counts, byNode, weight } of this.#spreads) {
      const domain = topology.of(node);
      if (domain < 0) continue;
      total += counts.in(byNode ? node.slot : domain) * weight + maxSkew - 1;
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
