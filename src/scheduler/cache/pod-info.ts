import { joinKey, nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { HostPort } from '../../api/pod/host-ports.ts';
import { hostPortsOf } from '../../api/pod/host-ports.ts';
import { podAmounts } from '../../api/pod/resources.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';

/** What pods that state no requests count as when nodes are scored, so that they spread (upstream's defaults). */
const defaultMilliCpu = 100;
const defaultMemoryBytes = 200 * 1024 * 1024;

/** A pod with what the scheduler computes of it once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly requests: Amounts;
  /** For scoring: containers without requests count as a little. */
  readonly scoringMilliCpu: number;
  readonly scoringMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
  readonly priority: number;
}

export function podInfoOf(pod: Pod): PodInfo {
  const requests = podAmounts(pod);
  let missingCpu = 0;
  let missingMemory = 0;
  for (const container of pod.spec?.containers ?? []) {
    if (container.resources?.requests?.['cpu'] === undefined) missingCpu += defaultMilliCpu;
    if (container.resources?.requests?.['memory'] === undefined) missingMemory += defaultMemoryBytes;
  }
  return {
    pod,
    key: joinKey(namespaceOf(pod), nameOf(pod)),
    uid: uidOf(pod),
    requests,
    scoringMilliCpu: (requests['cpu'] ?? 0) + missingCpu,
    scoringMemoryBytes: (requests['memory'] ?? 0) + missingMemory,
    hostPorts: hostPortsOf(pod),
    priority: pod.spec?.priority ?? 0,
  };
}
