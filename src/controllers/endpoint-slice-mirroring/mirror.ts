import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import { formatIp, parseIp } from '../../api/meta/ip.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { endpoints as endpointsType } from '../../api/resources.ts';
import type { EndpointAddress, EndpointPort as SubsetPort, EndpointSubset, Endpoints } from '../../api/types/core/v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery/v1.ts';
import { lastChangeTriggerTimeAnnotation } from '../common/service-endpoints.ts';

export const managedBy = 'endpointslicemirroring-controller.k8s.io';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const serviceNameLabel = 'kubernetes.io/service-name';
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** The most addresses of one subset that are mirrored. */
export const maxAddressesPerSubset = 1000;

type Family = 'IPv4' | 'IPv6';
interface Group { readonly family: Family; readonly ports: readonly EndpointPort[]; readonly endpoints: Map<string, Endpoint> }

export interface MirrorPlan {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly remove: EndpointSlice[];
  readonly invalidAddresses: number;
  /** Of these, and of addresses that were too many. */
  readonly skippedAddresses: number;
}

interface Ported { readonly port: SubsetPort | undefined; readonly addresses: Map<string, { readonly address: EndpointAddress; ready: boolean }> }

const addressKey = ({ ip, targetRef }: EndpointAddress): string => `${ip} ${targetRef?.uid ?? ''}`;
const portKey = (port: Pick<SubsetPort, 'name' | 'protocol' | 'appProtocol'> & { readonly port?: number } | undefined): string => (port === undefined ? '-' : `${port.name ?? ''}/${port.protocol ?? 'TCP'}/${port.port ?? ''}/${port.appProtocol ?? ''}`);
const groupKey = (family: string, ports: readonly EndpointPort[]): string => `${family} ${ports.map(portKey).toSorted().join()}`;

/** Subsets in the canonical form: ports that have the same addresses together. What is not ready in one subset is not ready (upstream's RepackSubsets). */
export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const byPort = new Map<string, Ported>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    for (const port of ports.length === 0 ? [undefined] : ports) {
      let ported = byPort.get(portKey(port));
      if (ported === undefined) byPort.set(portKey(port), ported = { port, addresses: new Map() });
      for (const [list, ready] of [[addresses, true], [notReadyAddresses, false]] as const) {
        for (const address of list) {
          const known = ported.addresses.get(addressKey(address));
          if (known === undefined) ported.addresses.set(addressKey(address), { address, ready });
          else known.ready &&= ready;
        }
      }
    }
  }
  const groups = Map.groupBy(byPort.values(), ({ addresses }) => [...addresses].map(([key, { ready }]) => `${key} ${ready}`).toSorted().join());
  return [...groups.values()].map((group) => {
    const all = [...group[0]!.addresses.values()];
    return {
      addresses: all.filter(({ ready }) => ready).map(({ address }) => address),
      notReadyAddresses: all.filter(({ ready }) => !ready).map(({ address }) => address),
      ports: group.map(({ port }) => port).filter((port) => port !== undefined),
    };
  });
}

/** How to make the slices that mirror the Endpoints, out of those that do already. */
export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[]): MirrorPlan {
  const { groups, invalid, skipped } = desiredGroups(endpoints);
  const plan = { create: [] as EndpointSlice[], update: [] as EndpointSlice[], remove: [] as EndpointSlice[], invalidAddresses: invalid, skippedAddresses: skipped };
  const byGroup = Map.groupBy(existing, (slice) => groupKey(slice.addressType, slice.ports ?? []));
  for (const [key, slices] of byGroup) if (!groups.has(key)) plan.remove.push(...slices);
  for (const [key, group] of groups) {
    const [first, ...others] = byGroup.get(key) ?? [];
    plan.remove.push(...others);
    if (group.endpoints.size === 0) {
      if (first !== undefined) plan.remove.push(first);
    } else if (first === undefined) plan.create.push(sliceOf(endpoints, group, undefined));
    else if (!isMirror(endpoints, first, group)) plan.update.push(sliceOf(endpoints, group, first));
  }
  recycle(plan);
  return plan;
}

function desiredGroups(endpoints: Endpoints): { readonly groups: ReadonlyMap<string, Group>; readonly invalid: number; readonly skipped: number } {
  const groups = new Map<string, Group>();
  let [invalid, skipped] = [0, 0];
  for (const subset of repackSubsets(endpoints.subsets ?? [])) {
    const ports = (subset.ports ?? []).map((port): EndpointPort => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP', ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }) }));
    const groupOf = (family: Family): Group => {
      const key = groupKey(family, ports);
      let group = groups.get(key);
      if (group === undefined) groups.set(key, group = { family, ports, endpoints: new Map() });
      return group;
    };
    const all = [...(subset.addresses ?? []).map((address) => ({ address, ready: true })), ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: false }))];
    let added = 0;
    for (const { address, ready } of all) {
      if (added >= maxAddressesPerSubset) break;
      const ip = parseIp(address.ip);
      if (ip === undefined) {
        invalid++;
        continue;
      }
      const endpoint = endpointOf(address, formatIp(ip), ready);
      groupOf(ip.family === 4 ? 'IPv4' : 'IPv6').endpoints.set(identityOf(endpoint), endpoint);
      added++;
    }
    skipped += all.length - added;
  }
  return { groups, invalid, skipped };
}

function endpointOf({ targetRef, nodeName, hostname }: EndpointAddress, ip: string, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname !== undefined && hostname !== '' && { hostname }),
    ...(targetRef !== undefined && { targetRef }),
    ...(nodeName !== undefined && { nodeName }),
  };
}

const identityOf = ({ addresses, hostname, targetRef }: Endpoint): string => `${addresses.toSorted().join()} ${hostname ?? ''} ${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`;

function annotationsOf({ metadata }: Endpoints): Record<string, string> {
  const { [lastChangeTriggerTimeAnnotation]: _time, [lastAppliedAnnotation]: _applied, ...annotations } = metadata.annotations ?? {};
  return annotations;
}

/** Says the slice the same as the group, with the labels and annotations of the Endpoints, and does it belong to these? */
function isMirror(endpoints: Endpoints, slice: EndpointSlice, group: Group): boolean {
  const { [managedByLabel]: _manager, [serviceNameLabel]: _name, ...labels } = slice.metadata.labels ?? {};
  const stale = slice.metadata.ownerReferences?.some(({ kind, name, uid }) => kind === 'Endpoints' && name === nameOf(endpoints) && uid !== endpoints.metadata.uid) === true;
  const present = slice.endpoints ?? [];
  return !stale && mapsEqual(endpoints.metadata.labels, labels) && mapsEqual(annotationsOf(endpoints), slice.metadata.annotations)
    && present.length === group.endpoints.size && present.every((endpoint) => semanticEqual(endpoint, group.endpoints.get(identityOf(endpoint))));
}

function sliceOf(endpoints: Endpoints, group: Group, existing: EndpointSlice | undefined): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: namespaceOf(endpoints),
      ...(existing === undefined ? { generateName: `${nameOf(endpoints)}-` } : { name: nameOf(existing) }),
      labels: { ...endpoints.metadata.labels, [serviceNameLabel]: nameOf(endpoints), [managedByLabel]: managedBy },
      annotations: annotationsOf(endpoints),
      ownerReferences: [controllerReference(endpoints, endpointsType)],
    },
    addressType: group.family,
    endpoints: [...group.endpoints.values()].slice(0, maxAddressesPerSubset),
    ports: [...group.ports],
  };
}

/** A slice that would be deleted is written over instead of creating another of its family. */
function recycle(plan: MirrorPlan): void {
  for (const slice of plan.create.splice(0)) {
    const index = plan.remove.findIndex(({ addressType }) => addressType === slice.addressType);
    if (index < 0) {
      plan.create.push(slice);
      continue;
    }
    const { generateName: _, ...metadata } = slice.metadata;
    const [old] = plan.remove.splice(index, 1);
    plan.update.push({ ...slice, metadata: { ...metadata, name: nameOf(old!) } });
  }
}
