import { parseTime } from '../meta/time.ts';
import type { Lease } from '../types/coordination/v1.ts';

/**
 * On the lease of a simulated node: until when it lives. Such a node lives as long as nobody lets it die, and whoever does
 * is in the same process and takes the promise back. The node controller believes it, so that thousands of nodes, or months
 * of virtual time, need no heartbeats.
 */
export const livesUntilAnnotation = 'coxswain.io/lives-until';

/** Where the leases of nodes are. */
export const nodeLeaseNamespace = 'kube-node-lease';

/** Until when the node has said that it lives, epoch milliseconds; undefined when it promises nothing. */
export function promisedUntilMs(lease: Lease | undefined): number | undefined {
  const until = lease?.metadata.annotations?.[livesUntilAnnotation];
  return until === undefined ? undefined : parseTime(until);
}
