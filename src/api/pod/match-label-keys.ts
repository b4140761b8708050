/** `matchLabelKeys`: keys whose values a new pod brings itself; on creation they become expressions of the selector (KEP-3633, KEP-3243). */
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from '../types/core/v1.ts';

type Labels = Readonly<Record<string, string>>;

function merge(selecting: Pick<PodAffinityTerm | TopologySpreadConstraint, 'labelSelector'>, keys: readonly string[] | undefined, operator: 'In' | 'NotIn', labels: Labels): void {
  // No selector matches nothing, with or without keys.
  if (selecting.labelSelector === undefined || keys === undefined) return;
  const expressions = keys.filter((key) => Object.hasOwn(labels, key)).map((key) => ({ key, operator, values: [labels[key]!] }));
  if (expressions.length > 0) selecting.labelSelector = { ...selecting.labelSelector, matchExpressions: [...(selecting.labelSelector.matchExpressions ?? []), ...expressions] };
}

/** Writes the keys of a new pod's affinity and spread constraints into their selectors, in place. */
export function mergeMatchLabelKeys(pod: Pod): void {
  const { affinity, topologySpreadConstraints } = pod.spec ?? {};
  if (affinity === undefined && topologySpreadConstraints === undefined) return;
  const labels = pod.metadata.labels ?? {};
  for (const one of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const terms = [...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm), ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? [])];
    for (const term of terms) {
      merge(term, term.matchLabelKeys, 'In', labels);
      merge(term, term.mismatchLabelKeys, 'NotIn', labels);
    }
  }
  for (const constraint of topologySpreadConstraints ?? []) merge(constraint, constraint.matchLabelKeys, 'In', labels);
}
