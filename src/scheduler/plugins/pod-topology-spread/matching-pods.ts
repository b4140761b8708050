import type { PodQuestion } from '../../cache/pod-counters.ts';
import type { Constraint } from './constraints.ts';

const nobody: PodQuestion = { key: 'nobody', matches: () => false };

/** Which pods of the namespace the constraint counts. Those that are being deleted do not count. */
export function matchingPods({ selector }: Constraint, namespace: string): PodQuestion {
  // Upstream: a selector without requirements counts nobody.
  if (selector.empty || selector.requirements.length === 0) return nobody;
  return { key: `spread ${namespace} ${String(selector)}`, scope: { namespace, selector }, matches: (other) => other.namespace === namespace && other.pod.metadata.deletionTimestamp === undefined && selector.matches(other.pod.metadata.labels) };
}
