import { joinKey, nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { podAmounts } from '../../api/pod/resources.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';

export interface HostPort { readonly ip: string; readonly protocol: string; readonly port: number }

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

const anyAddress = '0.0.0.0';

function hostPortsOf(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.hostPort !== undefined && port.hostPort > 0) ports.push({ ip: port.hostIP === undefined || port.hostIP === '' ? anyAddress : port.hostIP, protocol: port.protocol ?? 'TCP', port: port.hostPort });
    }
  }
  return ports;
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

/** Two host ports clash when port and protocol are the same and the addresses are, or one of them is any address. */
export function clashes(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress);
}
