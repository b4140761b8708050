import { joinKey, nameOf, namespaceOf } from '../api/meta/object.ts';
import type { Service, ServicePort as ApiServicePort } from '../api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery/v1.ts';

/** One place that traffic can be sent to. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
}

/** One port of one Service as a proxy backend must realise it: plain data, comparable, independent of any rule language. */
export interface ServicePort {
  /** `namespace/name:portname`, unique. */
  readonly key: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  readonly clusterIp: string;
  /** External and load-balancer addresses. */
  readonly externalIps: readonly string[];
  readonly nodePort: number | undefined;
  /** Seconds that a client sticks to its backend; undefined without affinity. */
  readonly affinitySeconds: number | undefined;
  /** Where traffic from inside the cluster goes (internalTrafficPolicy applied). */
  readonly internal: readonly Backend[];
  /** Where traffic from outside goes (externalTrafficPolicy applied). */
  readonly external: readonly Backend[];
  /** externalTrafficPolicy Local: the client's address is kept, so no masquerading. */
  readonly preservesClientIp: boolean;
}

interface Candidate extends Backend {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly local: boolean;
}

const isIpv4 = (address: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(address);

function candidatesOf(slices: readonly EndpointSlice[], port: ApiServicePort, nodeName: string): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const slicePort = slice.ports?.find((one) => (one.name ?? '') === (port.name ?? '') && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (slicePort?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined || !isIpv4(ip)) continue;
      found.set(`${ip}:${slicePort.port}`, { ip, port: slicePort.port, ...stateOf(endpoint), local: endpoint.nodeName === nodeName });
    }
  }
  return [...found.values()].sort((a, b) => (a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1));
}

/** Absent conditions mean yes, as the EndpointSlice API says, except terminating. */
function stateOf({ conditions }: Endpoint): { ready: boolean; serving: boolean; terminating: boolean } {
  const ready = conditions?.ready ?? true;
  return { ready, serving: conditions?.serving ?? ready, terminating: conditions?.terminating ?? false };
}

/** Ready ones; when there are none, those that still serve while they terminate (KEP-1669). */
function usable(candidates: readonly Candidate[]): Candidate[] {
  const ready = candidates.filter((one) => one.ready);
  return ready.length > 0 ? ready : candidates.filter((one) => one.serving && one.terminating);
}

const plain = (candidates: readonly Candidate[]): Backend[] => candidates.map(({ ip, port }) => ({ ip, port }));

/**
 * What the node must do for a set of Services, given the slices of each (by `namespace/name`). Headless and ExternalName
 * Services need no rules. Deterministic: the same input gives the same output, so that it can be compared.
 */
export function servicePorts(services: readonly Service[], slicesOf: (key: string) => readonly EndpointSlice[], nodeName: string): ServicePort[] {
  const result: ServicePort[] = [];
  for (const service of services) {
    const { spec, status } = service;
    if (spec === undefined || spec.type === 'ExternalName') continue;
    const clusterIp = [spec.clusterIP, ...(spec.clusterIPs ?? [])].find((ip) => ip !== undefined && isIpv4(ip));
    if (clusterIp === undefined) continue;
    const key = joinKey(namespaceOf(service), nameOf(service));
    const slices = slicesOf(key);
    const balancerIps = spec.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []).flatMap((ingress) => (ingress.ip !== undefined && ingress.ipMode !== 'Proxy' ? [ingress.ip] : [])) : [];
    const externalIps = [...new Set([...(spec.externalIPs ?? []), ...balancerIps])].filter(isIpv4);
    for (const port of spec.ports ?? []) {
      const all = candidatesOf(slices, port, nodeName);
      const local = all.filter((one) => one.local);
      const externalLocal = spec.externalTrafficPolicy === 'Local';
      result.push({
        key: `${key}:${port.name ?? ''}`,
        protocol: (port.protocol ?? 'TCP').toLowerCase() as ServicePort['protocol'],
        port: port.port,
        clusterIp,
        externalIps,
        nodePort: port.nodePort !== undefined && port.nodePort > 0 ? port.nodePort : undefined,
        affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : undefined,
        internal: plain(usable(spec.internalTrafficPolicy === 'Local' ? local : all)),
        external: plain(usable(externalLocal ? local : all)),
        preservesClientIp: externalLocal,
      });
    }
  }
  return result.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
