import type { Selector } from '../../../api/meta/labels.ts';
import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import { namespaceOf } from '../../../api/meta/object.ts';
import type { Pod, TopologySpreadConstraint } from '../../../api/types/core/v1.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin, Snapshot } from '../../framework/plugin.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';
import { matchesRequiredAffinity } from '../common/node-selector.ts';
import { isTolerated } from '../common/tolerations.ts';

const skewed = refuse("node(s) didn't match pod topology spread constraints");
const labelMissing = refuseForGood("node(s) didn't match pod topology spread constraints (missing required label)");

/** One constraint with its count of matching pods in each domain. */
interface Spread {
  readonly constraint: TopologySpreadConstraint;
  readonly counts: ReadonlyMap<string, number>;
  /** The new pod would count itself. */
  readonly self: 0 | 1;
  readonly leastCount: number;
}

interface State { readonly spreads: readonly Spread[] }

const constraintsOf = (pod: Pod, when: 'DoNotSchedule' | 'ScheduleAnyway'): TopologySpreadConstraint[] => (pod.spec?.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === when);

/** Nodes that count as a domain: those that the pod could go to, by the constraint's policies (KEP-3094). */
function isEligible(pod: Pod, { node }: NodeInfo, { nodeAffinityPolicy, nodeTaintsPolicy }: TopologySpreadConstraint): boolean {
  if ((nodeAffinityPolicy ?? 'Honor') === 'Honor' && !matchesRequiredAffinity(pod, node)) return false;
  if (nodeTaintsPolicy !== 'Honor') return true;
  return (node.spec?.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || isTolerated(taint, pod.spec?.tolerations));
}

function countMatching(node: NodeInfo, namespace: string, selector: Selector): number {
  let count = 0;
  for (const { pod } of node.pods.values()) {
    if (pod.metadata.deletionTimestamp === undefined && namespaceOf(pod) === namespace && selector.matches(pod.metadata.labels ?? {})) count++;
  }
  return count;
}

function survey({ pod }: PodInfo, snapshot: Snapshot, constraints: readonly TopologySpreadConstraint[]): Spread[] {
  const namespace = namespaceOf(pod);
  return constraints.map((constraint) => {
    const selector = labelSelectorAsSelector(constraint.labelSelector);
    const counts = new Map<string, number>();
    for (const node of snapshot.nodes) {
      const { labels } = node.node.metadata;
      // A node that lacks the key of any constraint is no domain of any.
      if (!constraints.every(({ topologyKey }) => labels?.[topologyKey] !== undefined) || !isEligible(pod, node, constraint)) continue;
      const domain = labels![constraint.topologyKey]!;
      counts.set(domain, (counts.get(domain) ?? 0) + countMatching(node, namespace, selector));
    }
    const leastCount = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
    return { constraint, counts, self: selector.matches(pod.metadata.labels ?? {}) ? 1 : 0, leastCount };
  });
}

/** Pods of a group spread evenly over zones, nodes or what else a label says. */
export const podTopologySpread: Plugin<State, readonly Spread[]> = {
  name: 'PodTopologySpread',
  weight: 2,
  normalize: 'inverse-min-max',
  prepare(info, snapshot) {
    const constraints = constraintsOf(info.pod, 'DoNotSchedule');
    return constraints.length === 0 ? { skip: true } : { state: { spreads: survey(info, snapshot, constraints) } };
  },
  filter(_info, node, state) {
    for (const { constraint, counts, self, leastCount } of state?.spreads ?? []) {
      const domain = node.node.metadata.labels?.[constraint.topologyKey];
      if (domain === undefined) return labelMissing;
      if ((counts.get(domain) ?? 0) + self - leastCount > constraint.maxSkew) return skewed;
    }
    return undefined;
  },
  scores: ({ pod }) => constraintsOf(pod, 'ScheduleAnyway').length > 0,
  prepareScore: (info, snapshot) => survey(info, snapshot, constraintsOf(info.pod, 'ScheduleAnyway')),
  score(_info, node, _snapshot, spreads) {
    let total = 0;
    for (const { constraint, counts } of spreads ?? []) {
      const domain = node.node.metadata.labels?.[constraint.topologyKey];
      // Few domains weigh more than many, so that zones count beside host names (upstream's logarithm).
      if (domain !== undefined) total += (counts.get(domain) ?? 0) * Math.log(counts.size + 2) + constraint.maxSkew - 1;
    }
    return Math.round(total);
  },
  mayHelp: () => true,
};
