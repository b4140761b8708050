import { nameOf, namespaceOf } from '../api/meta/object.ts';
import type { Quantity } from '../api/meta/quantity.ts';
import { podLimits, podRequests } from '../api/pod/pod-quantities.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { Gauge, Labels } from '../base/metrics.ts';

const inBytes: ReadonlySet<string> = new Set(['memory', 'storage', 'ephemeral-storage']);

/** What a resource is counted in; empty where nobody has said. */
function unitOf(resource: string): string {
  if (resource === 'cpu') return 'cores';
  if (inBytes.has(resource) || resource.startsWith('hugepages-')) return 'bytes';
  return resource.startsWith('attachable-volumes-') ? 'integer' : '';
}

/** What pods ask for, and may use at most, as the scheduler counts it: a series for each pod and resource. */
export function podResourceFamilies(pods: () => Iterable<Pod>): Gauge[] {
  const options = { useStatus: false, overhead: true };
  return [
    { name: 'kube_pod_resource_request', help: '[STABLE] What pods ask for.', read: () => rows(pods(), (pod) => podRequests(pod, options)) },
    { name: 'kube_pod_resource_limit', help: '[STABLE] What pods may use at most.', read: () => rows(pods(), (pod) => podLimits(pod, options)) },
  ];
}

function* rows(pods: Iterable<Pod>, of: (pod: Pod) => Readonly<Record<string, Quantity>>): Generator<readonly [Labels, number]> {
  for (const pod of pods) {
    const { nodeName = '', schedulerName = '', priority } = pod.spec ?? {};
    for (const [resource, { nanos }] of Object.entries(of(pod))) {
      if (nanos === 0n) continue;
      yield [{ namespace: namespaceOf(pod), node: nodeName, pod: nameOf(pod), priority: priority === undefined ? '' : String(priority), resource, scheduler: schedulerName, unit: unitOf(resource) }, Number(nanos) / 1e9];
    }
  }
}
