import type { Pod } from '../../api/types/core/v1.ts';
import { ipFamilyOf } from '../../api/meta/ip.ts';

/** A port of this node that leads to one of a pod here, in one IP family. */
export interface HostPortMapping {
  readonly family: 4 | 6;
  /** Undefined: all addresses of the node. */
  readonly hostIp: string | undefined;
  readonly hostPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly podIp: string;
  readonly containerPort: number;
}

/** The mappings of these pods, sorted. Pods on the node's network need none, and those that have ended have none any more. */
export function hostPortMappings(pods: readonly Pod[]): HostPortMapping[] {
  return pods.flatMap(({ spec, status }) => {
    if (spec === undefined || spec.hostNetwork === true || status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
    const addresses = (status?.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
    const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
    return [...sidecars, ...spec.containers].flatMap(({ ports = [] }) => ports.flatMap(({ hostPort = 0, hostIP = '', containerPort, protocol = 'TCP' }) => addresses.flatMap((podIp) => {
      const family = ipFamilyOf(podIp);
      const anywhere = hostIP === '' || hostIP === '0.0.0.0' || hostIP === '::';
      if (hostPort === 0 || family === undefined || (hostIP !== '' && ipFamilyOf(hostIP) !== family)) return [];
      return [{ family, hostIp: anywhere ? undefined : hostIP, hostPort, protocol: protocol.toLowerCase() as HostPortMapping['protocol'], podIp, containerPort }];
    })));
  }).toSorted((a, b) => a.hostPort - b.hostPort || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
