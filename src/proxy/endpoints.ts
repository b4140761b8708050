import type { ServicePort as ApiServicePort } from '../api/types/core/v1.ts';
import type { Endpoint as ApiEndpoint, EndpointSlice } from '../api/types/discovery/v1.ts';

/** This node, as far as it decides where traffic goes. */
export interface NodePlace {
  readonly name: string;
  /** The node's label topology.kubernetes.io/zone. */
  readonly zone: string | undefined;
  /** Where other nodes reach it. Default: not known. */
  readonly addresses?: readonly string[];
}

/** One endpoint of one port, as this node sees it. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly local: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** Absent conditions mean yes, as the EndpointSlice API says, except terminating. */
function stateOf({ conditions }: ApiEndpoint): Pick<Endpoint, 'ready' | 'serving' | 'terminating'> {
  const ready = conditions?.ready ?? true;
  return { ready, serving: conditions?.serving ?? ready, terminating: conditions?.terminating ?? false };
}

/** The endpoints of one port of a Service in a family, each address once, sorted. */
export function endpointsOf(slices: readonly EndpointSlice[], port: ApiServicePort, family: 4 | 6, node: NodePlace): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (slice.addressType !== (family === 4 ? 'IPv4' : 'IPv6')) continue;
    const slicePort = slice.ports?.find((one) => (one.name ?? '') === (port.name ?? '') && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (slicePort?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined || ip.includes(':') !== (family === 6)) continue;
      found.set(`${ip} ${slicePort.port}`, {
        ip, port: slicePort.port, ...stateOf(endpoint), local: endpoint.nodeName === node.name,
        zoneHints: (endpoint.hints?.forZones ?? []).map(({ name }) => name), nodeHints: (endpoint.hints?.forNodes ?? []).map(({ name }) => name),
      });
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}

/** Those that can be used for a policy: the ready ones; when there are none, those that still serve while they end (KEP-1669). */
export function usable(endpoints: readonly Endpoint[]): Endpoint[] {
  const ready = endpoints.filter((one) => one.ready);
  return ready.length > 0 ? ready : endpoints.filter((one) => one.serving && one.terminating);
}

/**
 * Of the endpoints for policy Cluster those that are meant for this node: on the same node, else in the same zone, where
 * hints of all ready ones say so (topology-aware routing, traffic distribution); all of them otherwise.
 */
export function near(endpoints: readonly Endpoint[], { name, zone }: NodePlace): readonly Endpoint[] {
  const ready = endpoints.filter((one) => one.ready);
  if (ready.length === 0) return endpoints;
  const hinted = (hintsOf: (one: Endpoint) => readonly string[], place: string | undefined): Endpoint[] =>
    (place === undefined || ready.some((one) => hintsOf(one).length === 0) ? [] : ready.filter((one) => hintsOf(one).includes(place)));
  const sameNode = hinted(({ nodeHints }) => nodeHints, name);
  if (sameNode.length > 0) return sameNode;
  const sameZone = hinted(({ zoneHints }) => zoneHints, zone);
  return sameZone.length > 0 ? sameZone : endpoints;
}
