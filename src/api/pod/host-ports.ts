import type { Pod } from '../types/core/v1.ts';

/** A port of the node that a container asks for. */
export interface HostPort { readonly ip: string; readonly protocol: string; readonly port: number }

const anyAddress = '0.0.0.0';

/** The node's ports that a pod takes, those of its sidecars included. */
export function hostPortsOf(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.hostPort !== undefined && port.hostPort > 0) ports.push({ ip: port.hostIP === undefined || port.hostIP === '' ? anyAddress : port.hostIP, protocol: port.protocol ?? 'TCP', port: port.hostPort });
    }
  }
  return ports;
}

/** Two host ports clash when port and protocol are the same and the addresses are, or one of them is any address. */
export function clashes(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress);
}
