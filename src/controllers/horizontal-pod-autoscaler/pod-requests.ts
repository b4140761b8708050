import { milliValue } from '../../api/meta/quantity.ts';
import { nameOf } from '../../api/meta/object.ts';
import { podRequests } from '../../api/pod/pod-quantities.ts';
import type { Pod } from '../../api/types/core/v1.ts';

/**
 * What each pod requests of a resource, in thousandths: of one container; else of the pod as a whole where it says so;
 * else of all its containers that go on running. Throws, in upstream's words, where a request is missing.
 */
export function requestsOf(pods: readonly Pod[], resource: string, container: string | undefined): Map<string, number> {
  return new Map(pods.map((pod) => {
    const asWhole = container === undefined && Object.keys(pod.spec?.resources?.requests ?? {}).length > 0;
    return [nameOf(pod), asWhole ? requestOfPod(pod, resource) : requestOfContainers(pod, resource, container)];
  }));
}

function requestOfPod(pod: Pod, resource: string): number {
  const request = podRequests(pod, { useStatus: false, overhead: true })[resource];
  if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${nameOf(pod)}`);
  return milliValue(request);
}

function requestOfContainers(pod: Pod, resource: string, container: string | undefined): number {
  const running = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
  const asked = container === undefined ? running : running.filter(({ name }) => name === container).slice(0, 1);
  if (container !== undefined && asked.length === 0) throw new Error(`container ${container} not found in Pod ${nameOf(pod)}`);
  return asked.reduce((sum, { name, resources }) => {
    const request = resources?.requests?.[resource];
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${name} of Pod ${nameOf(pod)}`);
    return sum + milliValue(request);
  }, 0);
}
