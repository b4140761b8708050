import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../api/types/core/v1.ts';
import { namespaceOf, nameOf, uidOf } from '../../api/meta/object.ts';
import { canBeEndpoint, findPort, hostnameFor, isHeadless, podAddress } from '../common/service-endpoints.ts';
import { isReady } from '../common/pods.ts';

/** More addresses than this do not fit into one Endpoints object. */
const maxAddresses = 1000;

interface Entry { readonly address: EndpointAddress; readonly ready: boolean; readonly ports: EndpointPort[] }

/** The subsets that a service's pods make: addresses with the same ports together, in a canonical order. */
export function subsetsOf(service: Service, pods: readonly Pod[]): { readonly subsets: EndpointSubset[]; readonly truncated: boolean } {
  const publishNotReady = service.spec?.publishNotReadyAddresses === true;
  const family = service.spec?.ipFamilies?.[0] === 'IPv6' ? 'IPv6' : 'IPv4';
  const entries = new Map<string, Entry>();
  for (const pod of pods) {
    if (!canBeEndpoint(pod, { includeTerminating: publishNotReady })) continue;
    const address = addressOf(pod, service, family);
    if (address === undefined) continue;
    const ready = publishNotReady || isReady(pod);
    const servicePorts = service.spec?.ports ?? [];
    const key = `${address.ip} ${address.targetRef?.uid}`;
    if (servicePorts.length === 0) {
      if (isHeadless(service)) entries.set(key, { address, ready, ports: [] });
      continue;
    }
    for (const servicePort of servicePorts) {
      const port = findPort(pod, servicePort);
      if (port === undefined) continue;
      let entry = entries.get(key);
      if (entry === undefined) entries.set(key, entry = { address, ready, ports: [] });
      entry.ports.push({
        ...(servicePort.name !== undefined && servicePort.name !== '' && { name: servicePort.name }),
        port,
        protocol: servicePort.protocol ?? 'TCP',
        ...(servicePort.appProtocol !== undefined && { appProtocol: servicePort.appProtocol }),
      });
    }
  }
  return truncate(repack([...entries.values()]));
}

function addressOf(pod: Pod, service: Service, family: 'IPv4' | 'IPv6'): EndpointAddress | undefined {
  const ip = podAddress(pod, family);
  if (ip === undefined) return undefined;
  const hostname = hostnameFor(pod, service);
  return {
    ip,
    ...(hostname !== undefined && { hostname }),
    ...(pod.spec?.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) },
  };
}

const portKey = (port: EndpointPort): string => `${port.name ?? ''}/${port.protocol}/${port.port}/${port.appProtocol ?? ''}`;

function repack(entries: readonly Entry[]): EndpointSubset[] {
  const groups = new Map<string, { ports: EndpointPort[]; addresses: EndpointAddress[]; notReadyAddresses: EndpointAddress[] }>();
  for (const { address, ready, ports } of entries) {
    const sorted = ports.toSorted((a, b) => (portKey(a) < portKey(b) ? -1 : 1));
    const key = sorted.map(portKey).join();
    let group = groups.get(key);
    if (group === undefined) groups.set(key, group = { ports: sorted, addresses: [], notReadyAddresses: [] });
    (ready ? group.addresses : group.notReadyAddresses).push(address);
  }
  const byIp = (a: EndpointAddress, b: EndpointAddress): number => (`${a.ip} ${a.targetRef?.uid}` < `${b.ip} ${b.targetRef?.uid}` ? -1 : 1);
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { ports, addresses, notReadyAddresses }]) => ({
    ...(addresses.length > 0 && { addresses: addresses.toSorted(byIp) }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses: notReadyAddresses.toSorted(byIp) }),
    ...(ports.length > 0 && { ports }),
  }));
}

/** Ready addresses are kept before others. */
function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (list: readonly EndpointAddress[] | undefined): number => list?.length ?? 0;
  const total = subsets.reduce((sum, subset) => sum + count(subset.addresses) + count(subset.notReadyAddresses), 0);
  if (total <= maxAddresses) return { subsets, truncated: false };
  let room = maxAddresses;
  const take = (list: EndpointAddress[] | undefined): EndpointAddress[] => {
    const taken = (list ?? []).slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = subsets.map((subset) => take(subset.addresses));
  const rest = subsets.map((subset) => take(subset.notReadyAddresses));
  const kept = subsets.flatMap((subset, index): EndpointSubset[] => {
    const [addresses, notReadyAddresses] = [ready[index]!, rest[index]!];
    if (addresses.length + notReadyAddresses.length === 0) return [];
    return [{
      ...(addresses.length > 0 && { addresses }),
      ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
      ...(subset.ports !== undefined && { ports: subset.ports }),
    }];
  });
  return { subsets: kept, truncated: true };
}
