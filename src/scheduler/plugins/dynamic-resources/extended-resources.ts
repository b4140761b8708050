/** Extended resources that drivers of devices provide where no device plug-in does (KEP-5004). */
import { nameOf, namespaceOf, uidOf } from '../../../api/meta/object.ts';
import { amountOf } from '../../../api/pod/resources.ts';
import type { Container, ContainerExtendedResourceRequest, Pod } from '../../../api/types/core/v1.ts';
import type { DeviceRequest, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Lister } from '../../../client/informer/store.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { mayBeDevices } from '../../devices/device-classes.ts';

const annotation = 'resource.kubernetes.io/extended-resource-claim';
/** Not a name that a claim can have: the claim is in memory only until the pod's node is decided. */
const unwritten = '<extended-resources>';

/** The resources that a pod asks for and that devices may stand for. */
export function* askedResources({ requests }: PodInfo): Iterable<readonly [resource: string, amount: number]> {
  for (const resource in requests) if (requests[resource]! > 0 && mayBeDevices(resource)) yield [resource, requests[resource]!];
}

/** The claim that the scheduler made for the pod's extended resources at an earlier attempt. */
export const findExtendedResourceClaim = ({ pod, namespace }: PodInfo, claims: Lister<ResourceClaim>): ResourceClaim | undefined =>
  claims.list().find(({ metadata }) => metadata.namespace === namespace && metadata.annotations?.[annotation] === 'true' && metadata.ownerReferences?.some(({ name, uid, controller }) => controller === true && name === nameOf(pod) && uid === uidOf(pod)) === true);

/** One that is still to be made. */
export const newExtendedResourceClaim = ({ pod }: PodInfo, uid: string): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: {
    namespace: namespaceOf(pod), name: unwritten, uid, generateName: `${nameOf(pod)}-extended-resources-`,
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: nameOf(pod), uid: uidOf(pod), controller: true }],
    annotations: { [annotation]: 'true' },
  },
  spec: {},
});

export const isUnwritten = ({ metadata }: ResourceClaim): boolean => metadata.name === unwritten;

/** What is asked of drivers, and which container gets what. */
export interface ExtendedRequests {
  readonly requests: readonly DeviceRequest[];
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

interface OneRequest { readonly request?: DeviceRequest; readonly mappings: ContainerExtendedResourceRequest[] }

const countOf = (request: DeviceRequest | undefined): number => request?.exactly?.count ?? 0;

/** What one container asks for, beside what it may use of others that start after it ended. */
function requestOf(container: Container, index: number, { resource, className, reusable = [] }: { readonly resource: string; readonly className: string; readonly reusable?: readonly (DeviceRequest | undefined)[] }): OneRequest {
  const asked = container.resources?.requests ?? {};
  const amount = asked[resource] === undefined ? 0 : amountOf(resource, asked[resource]);
  const mappings: ContainerExtendedResourceRequest[] = [];
  if (amount === 0) return { mappings };
  const map = (requestName: string): void => { mappings.push({ containerName: container.name, resourceName: resource, requestName }); };
  let reused = 0;
  for (const other of reusable) {
    if (other === undefined) continue;
    reused += countOf(other);
    map(other.name);
    if (reused >= amount) return { mappings };
  }
  const name = `container-${index}-request-${Object.keys(asked).sort().indexOf(resource)}`;
  map(name);
  return { request: { name, exactly: { deviceClassName: className, allocationMode: 'ExactCount', count: amount - reused } }, mappings };
}

function requestsFor(resource: string, className: string, { containers, runsOn }: { readonly containers: readonly Container[]; readonly runsOn: (index: number) => boolean }): ExtendedRequests {
  const lasting = containers.map((container, i): OneRequest => (runsOn(i) ? requestOf(container, i, { resource, className }) : { mappings: [] }));
  const lastingRequests = lasting.map(({ request }) => request);
  const brief = containers.flatMap((container, i) => (runsOn(i) ? [] : [requestOf(container, i, { resource, className, reusable: lastingRequests.slice(i) })]));
  // Init containers run one after the other: the largest of their requests serves them all.
  let largest: DeviceRequest | undefined;
  for (const { request } of brief) if (request !== undefined && (largest === undefined || countOf(largest) < countOf(request))) largest = request;
  const replaced = new Set(brief.flatMap(({ request }) => request?.name ?? []));
  const mappings = [...lasting, ...brief].flatMap((one) => one.mappings).map((mapping) => (largest !== undefined && replaced.has(mapping.requestName) ? { ...mapping, requestName: largest.name } : mapping));
  return { requests: [...(largest === undefined ? [] : [largest]), ...lastingRequests.filter((request) => request !== undefined)], mappings };
}

/** The requests of a claim for these extended resources of a pod. */
export function extendedRequests({ spec }: Pod, resources: Iterable<string>, classNameOf: (resource: string) => string): ExtendedRequests {
  const init = spec?.initContainers ?? [];
  const containers = [...init, ...(spec?.containers ?? [])];
  const runsOn = (index: number): boolean => index >= init.length || init[index]?.restartPolicy === 'Always';
  const all = [...resources].sort().map((resource) => requestsFor(resource, classNameOf(resource), { containers, runsOn }));
  return { requests: all.flatMap(({ requests }) => requests).sort((a, b) => (a.name < b.name ? -1 : 1)), mappings: all.flatMap(({ mappings }) => mappings) };
}
