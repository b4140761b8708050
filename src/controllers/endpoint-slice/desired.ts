import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { services } from '../../api/resources.ts';
import type { Node, Pod, Service } from '../../api/types/core/v1.ts';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../api/types/discovery/v1.ts';
import { canBeEndpoint, findPort, headlessLabel, hostnameFor, isHeadless, podAddress } from '../common/service-endpoints.ts';
import { isReady } from '../common/pods.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
const zoneLabel = 'topology.kubernetes.io/zone';

export type AddressFamily = 'IPv4' | 'IPv6';

/** Endpoints of one address family that have the same ports, and so share slices. */
export interface PortGroup {
  readonly family: AddressFamily;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Endpoint[];
}

/** The families in which a service has endpoints. */
export function familiesOf(service: Service): AddressFamily[] {
  const families = (service.spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  return families.length === 0 ? ['IPv4'] : families;
}

/** Same ports, same key; a nameless port has the empty name. */
export function groupKey(family: string, ports: readonly EndpointPort[]): string {
  return `${family} ${ports.map((port) => `${port.name ?? ''}/${port.protocol ?? 'TCP'}/${port.port ?? ''}/${port.appProtocol ?? ''}`).sort().join()}`;
}

/** What the slices of a service are to hold, by `groupKey`. `nodeOf` finds a pod's node. */
export function desiredGroups(service: Service, pods: readonly Pod[], nodeOf: (name: string) => Node | undefined): Map<string, PortGroup> {
  const groups = new Map<string, PortGroup>();
  for (const family of familiesOf(service)) {
    for (const pod of pods) {
      if (!canBeEndpoint(pod, { includeTerminating: true })) continue;
      const address = podAddress(pod, family);
      if (address === undefined) continue;
      const ports = portsOf(service, pod);
      const key = groupKey(family, ports);
      let group = groups.get(key);
      if (group === undefined) groups.set(key, group = { family, ports, endpoints: [] });
      group.endpoints.push(endpointOf(service, pod, address, nodeOf));
    }
  }
  return groups;
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort): EndpointPort[] => {
    const port = findPort(pod, servicePort);
    if (port === undefined) return [];
    return [{ name: servicePort.name ?? '', port, protocol: servicePort.protocol ?? 'TCP', ...(servicePort.appProtocol !== undefined && { appProtocol: servicePort.appProtocol }) }];
  });
}

function endpointOf(service: Service, pod: Pod, address: string, nodeOf: (name: string) => Node | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName === undefined ? undefined : nodeOf(nodeName)?.metadata.labels?.[zoneLabel];
  const hostname = hostnameFor(pod, service);
  const hints = ready ? hintsOf(service, nodeName, zone) : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    targetRef: { kind: 'Pod', namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
    ...(zone !== undefined && { zone }),
    ...(hints !== undefined && { hints }),
  };
}

/** Where traffic should come from, as spec.trafficDistribution asks. */
function hintsOf(service: Service, nodeName: string | undefined, zone: string | undefined): EndpointHints | undefined {
  const wanted = service.spec?.trafficDistribution;
  if (wanted === undefined) return undefined;
  const forZones = zone === undefined ? undefined : [{ name: zone }];
  if (wanted === 'PreferClose' || wanted === 'PreferSameZone') return forZones === undefined ? undefined : { forZones };
  if (wanted !== 'PreferSameNode' || nodeName === undefined) return undefined;
  return { ...(forZones !== undefined && { forZones }), forNodes: [{ name: nodeName }] };
}

/** The labels of a service's slices: the service's own, and ours. */
export function sliceLabels(service: Service): Record<string, string> {
  const { [headlessLabel]: _headless, [serviceNameLabel]: _name, [managedByLabel]: _manager, ...labels } = service.metadata.labels ?? {};
  return { ...labels, ...(isHeadless(service) && { [headlessLabel]: '' }), [serviceNameLabel]: nameOf(service), [managedByLabel]: managedBy };
}

/** A new slice, without endpoints. */
export function newSlice(service: Service, family: AddressFamily, ports: readonly EndpointPort[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { generateName: `${nameOf(service)}-`, namespace: namespaceOf(service), labels: sliceLabels(service), ownerReferences: [controllerReference(service, services)] },
    addressType: family,
    endpoints: [],
    ports: [...ports],
  };
}
