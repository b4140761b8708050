import { ipFamilyOf } from '../api/meta/ip.ts';
import { includes, parseAddress, parseNetwork } from '../api/meta/ip-network.ts';
import { joinKey, nameOf, namespaceOf } from '../api/meta/object.ts';
import type { Service, ServicePort as ApiServicePort } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { NodePlace } from './endpoints.ts';
import { endpointsOf, near, usable } from './endpoints.ts';
import { addressOf, backendOf, isExternal } from './service-port.ts';
import type { ServicePort } from './service-port.ts';

const families = [4, 6] as const;

function isWithin(range: string, ip: string): boolean {
  const [network, address] = [parseNetwork(range), parseAddress(ip)];
  return network !== undefined && address !== undefined && includes(network, address);
}

/** What all ports of a Service have in common in one family; undefined where it has no cluster address. */
function commonOf({ spec = {}, status }: Service, family: 4 | 6, { addresses = [] }: NodePlace): Omit<ServicePort, 'key' | 'protocol' | 'port' | 'nodePort' | 'cluster' | 'local' | 'hasEndpoints' | 'serving'> | undefined {
  const ofFamily = (addresses: readonly string[]): string[] => [...new Set(addresses)].filter((ip) => ipFamilyOf(ip) === family);
  const [clusterIp] = ofFamily([spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])]);
  if (clusterIp === undefined) return undefined;
  const balanced = spec.type === 'LoadBalancer';
  // Only an address of mode VIP is that of the packets that arrive here.
  const ingress = balanced ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => (ip !== undefined && ipMode !== 'Proxy' ? [ip] : [])) : [];
  const ranges = (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter((range) => range.includes(':') === (family === 6));
  const external = spec.type === 'NodePort' || balanced || (spec.externalIPs ?? []).length > 0;
  return {
    family, clusterIp,
    externalIps: ofFamily(spec.externalIPs ?? []),
    loadBalancerIps: ofFamily(ingress),
    sourceRanges: ranges.some((range) => range.endsWith('/0')) ? [] : ranges,
    openForNode: ranges.some((range) => addresses.some((address) => isWithin(range, address))),
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : undefined,
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: external && spec.externalTrafficPolicy === 'Local',
  };
}

/** The backends of a port, by the policies that its traffic has. */
function withBackends(port: Omit<ServicePort, 'cluster' | 'local' | 'hasEndpoints' | 'serving'>, apiPort: ApiServicePort, slices: readonly EndpointSlice[], node: NodePlace): ServicePort {
  const endpoints = endpointsOf(slices, apiPort, port.family, node);
  const external = isExternal({ ...port, cluster: [], local: [], hasEndpoints: false, serving: [] });
  // Even where traffic from outside has policy Local, that of this node's own pods to the same address has policy Cluster.
  const usesCluster = !port.internalLocal || external;
  const usesLocal = port.internalLocal || (port.externalLocal && external);
  return {
    ...port,
    cluster: usesCluster ? usable(near(endpoints, node)).map(backendOf) : [],
    local: usesLocal ? usable(endpoints.filter((one) => one.local)).map(backendOf) : [],
    hasEndpoints: usable(endpoints).length > 0,
    serving: endpoints.filter((one) => one.serving).map(addressOf),
  };
}

/**
 * What the node must do for one Service, given its slices. Headless and ExternalName Services need no rules. Deterministic:
 * the same input gives the same output, so that it can be compared.
 */
export function servicePortsOf(service: Service, slices: readonly EndpointSlice[], node: NodePlace): ServicePort[] {
  const { spec } = service;
  if (spec === undefined || spec.type === 'ExternalName') return [];
  const key = joinKey(namespaceOf(service), nameOf(service));
  return families.flatMap((family) => {
    const common = commonOf(service, family, node);
    if (common === undefined) return [];
    return (spec.ports ?? []).map((port) => withBackends({
      ...common,
      key: `${key}:${port.name ?? ''}`,
      protocol: (port.protocol ?? 'TCP').toLowerCase() as ServicePort['protocol'],
      port: port.port,
      nodePort: port.nodePort !== undefined && port.nodePort > 0 ? port.nodePort : undefined,
    }, port, slices, node));
  });
}

/** Where Services are looked up, by `namespace/name`, and their slices. */
export interface ServiceSource {
  service(key: string): Service | undefined;
  slices(key: string): readonly EndpointSlice[];
}

/** The ports of all Services, of which only those are made again that something is said to have changed of: of ten thousand mostly one. */
export class ServicePorts {
  readonly #source: ServiceSource;
  readonly #changed = new Set<string>();
  readonly #ports = new Map<string, readonly ServicePort[]>();
  #place: NodePlace | undefined;

  constructor(source: ServiceSource) {
    this.#source = source;
  }

  /** A Service came, went or is otherwise, or a slice of its. */
  changed(key: string): void {
    this.#changed.add(key);
  }

  /** As the node has to do them now. Another object is another place. */
  at(place: NodePlace): ServicePort[] {
    if (place !== this.#place) for (const key of this.#ports.keys()) this.#changed.add(key);
    this.#place = place;
    for (const key of this.#changed) {
      const service = this.#source.service(key);
      if (service === undefined) this.#ports.delete(key);
      else this.#ports.set(key, servicePortsOf(service, this.#source.slices(key), place));
    }
    this.#changed.clear();
    const all: ServicePort[] = [];
    for (const ports of this.#ports.values()) for (const port of ports) all.push(port);
    return all;
  }
}
