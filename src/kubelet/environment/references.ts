import { milliValue, value } from '../../api/meta/quantity.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Container, Pod, ResourceFieldSelector } from '../../api/types/core/v1.ts';
import { containersOf, specOf } from '../pods/pod-spec.ts';
import type { ResourceList } from '../resources/quantities.ts';

/** What a pod's fields may refer to beside its own object. */
export interface PodFacts {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  readonly allocatable: ResourceList;
}

function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => `${key}=${JSON.stringify(text)}`).join('\n');
}

/** The value of a `fieldRef`. Throws an Error, worded as upstream, for a path that is not supported. */
export function fieldValue(pod: Pod, path: string, facts: PodFacts): string {
  const subscript = /^(metadata\.(?:annotations|labels))\['?(.+?)'?\]$/.exec(path);
  if (subscript !== null) return (subscript[1] === 'metadata.labels' ? pod.metadata.labels : pod.metadata.annotations)?.[subscript[2]!] ?? '';
  const spec = specOf(pod);
  switch (path) {
    case 'metadata.name': return nameOf(pod);
    case 'metadata.namespace': return namespaceOf(pod);
    case 'metadata.uid': return uidOf(pod);
    case 'metadata.labels': return formatMap(pod.metadata.labels);
    case 'metadata.annotations': return formatMap(pod.metadata.annotations);
    case 'spec.nodeName': return spec.nodeName ?? '';
    case 'spec.serviceAccountName': return spec.serviceAccountName ?? '';
    case 'status.hostIP': return facts.hostIps[0] ?? '';
    case 'status.hostIPs': return facts.hostIps.join(',');
    case 'status.podIP': return facts.podIps[0] ?? '';
    case 'status.podIPs': return facts.podIps.join(',');
    default: throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** The value of a `resourceFieldRef`: limits that are not set count as what the node has. Throws an Error for an unknown one. */
export function resourceValue(pod: Pod, selector: ResourceFieldSelector, own: Container | undefined, facts: PodFacts): string {
  const container = selector.containerName === undefined || selector.containerName === '' ? own : containersOf(pod).find((candidate) => candidate.container.name === selector.containerName)?.container;
  if (container === undefined) throw new Error(`container ${selector.containerName ?? ''} not found`);
  const [kind, ...rest] = selector.resource.split('.');
  const resource = rest.join('.');
  if ((kind !== 'limits' && kind !== 'requests') || !/^(cpu|memory|ephemeral-storage|hugepages-.+)$/.test(resource)) throw new Error(`Unsupported container resource : ${selector.resource}`);
  const resources = container.resources ?? {};
  const quantity = kind === 'limits' ? (resources.limits?.[resource] ?? facts.allocatable[resource] ?? '0') : (resources.requests?.[resource] ?? '0');
  const divisor = selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor;
  return resource === 'cpu'
    ? String(Math.ceil(milliValue(quantity) / milliValue(divisor)))
    : String(Math.ceil(value(quantity) / Math.max(1, value(divisor))));
}
