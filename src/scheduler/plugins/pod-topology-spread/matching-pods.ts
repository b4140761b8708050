import type { NodeInfo } from '../../cache/node-info.ts';
import type { Snapshot } from '../../cache/snapshot.ts';
import type { Constraint } from './constraints.ts';

const none: ReadonlyMap<NodeInfo, number> = new Map();

/** How many pods of the namespace the constraint counts on each node. Those that are being deleted do not count. */
export function matchingPods({ selector }: Constraint, namespace: string, snapshot: Snapshot): ReadonlyMap<NodeInfo, number> {
  // Upstream: a selector without requirements counts nobody.
  if (selector.empty || selector.requirements.length === 0) return none;
  return snapshot.podCounts(`spread ${namespace} ${String(selector)}`, (other) => other.namespace === namespace && other.pod.metadata.deletionTimestamp === undefined && selector.matches(other.pod.metadata.labels));
}
