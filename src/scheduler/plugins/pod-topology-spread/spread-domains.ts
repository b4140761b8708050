import type { Pod } from '../../../api/types/core/v1.ts';
import type { Domains } from '../../cache/domain-counts.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Topology } from '../../cache/topology.ts';
import type { Constraint } from './constraints.ts';
import { eligibility } from './constraints.ts';

/** The domains of a constraint's topology, as far as the constraint spreads over their nodes: the others count nowhere. */
export class SpreadDomains implements Domains {
  readonly topology: Topology;
  /** The domains that have such nodes. */
  readonly present: readonly number[];
  readonly #domains: Int32Array;

  /** `others`: labels that a node must have, too. */
  constructor(pod: Pod, constraint: Constraint, { others, snapshot }: { readonly others: readonly string[]; readonly snapshot: Snapshot }) {
    this.topology = snapshot.topology(constraint.topologyKey);
    this.#domains = new Int32Array(snapshot.nodes.length).fill(-1);
    const topologies = others.map((key) => snapshot.topology(key));
    const isEligible = eligibility(pod, constraint);
    const present = new Set<number>();
    for (const node of snapshot.nodes) {
      const domain = this.topology.of(node);
      if (domain < 0 || topologies.some((topology) => topology.of(node) < 0) || isEligible?.(node.node) === false) continue;
      this.#domains[node.slot] = domain;
      present.add(domain);
    }
    this.present = [...present];
  }

  get size(): number {
    return this.topology.size;
  }

  of({ slot }: NodeInfo): number {
    return this.#domains[slot] ?? -1;
  }
}

/** The same for pods that may go to the same nodes. `keys`: the labels that a node must have. */
export function spreadDomains(pod: Pod, constraint: Constraint, { keys, snapshot }: { readonly keys: readonly string[]; readonly snapshot: Snapshot }): SpreadDomains {
  const others = keys.filter((key) => key !== constraint.topologyKey);
  const { spec } = pod;
  const whoseNodes = [constraint.honorsAffinity && [spec?.nodeSelector, spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution], constraint.honorsTaints && spec?.tolerations];
  return snapshot.domains(`spread ${JSON.stringify([constraint.topologyKey, others, whoseNodes])}`, () => new SpreadDomains(pod, constraint, { others, snapshot }));
}
