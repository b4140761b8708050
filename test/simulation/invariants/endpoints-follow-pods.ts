import type { Pod, Service } from '../../../src/api/types/core/v1.ts';
import type { EndpointSlice } from '../../../src/api/types/discovery/v1.ts';
import type { KubeObject } from '../../../src/api/meta/object.ts';
import { namespaceOf } from '../../../src/api/meta/object.ts';
import type { Invariant } from './invariant.ts';
import { isReadyPod } from './workloads-converge.ts';

interface Endpoints extends KubeObject { readonly subsets?: readonly { readonly addresses?: readonly { readonly ip: string }[] }[] }

/** In the end, each service leads to exactly those of its pods that are ready: by slices, and by endpoints. */
export function endpointsFollowPods(): Invariant {
  return {
    name: 'endpoints follow pods',
    settled(history) {
      const problems: string[] = [];
      const pods = [...history.objects<Pod>('core/pods').values()];
      const slices = [...history.objects<EndpointSlice>('discovery.k8s.io/endpointslices').values()];
      for (const [key, service] of history.objects<Service>('core/services')) {
        const selector = Object.entries(service.spec?.selector ?? {});
        if (selector.length === 0) continue;
        const chosen = pods.filter((pod) => namespaceOf(pod) === namespaceOf(service) && selector.every(([name, value]) => pod.metadata.labels?.[name] === value));
        const wanted = chosen.filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && (isReadyPod(pod) || service.spec?.publishNotReadyAddresses === true)).map(({ status }) => status?.podIP ?? '').filter((ip) => ip !== '').sort();
        const inSlices = slices.filter((slice) => namespaceOf(slice) === namespaceOf(service) && slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
          .flatMap(({ endpoints }) => (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses)).sort();
        if (inSlices.join() !== wanted.join()) problems.push(`slices of ${key}: ${inSlices.join() || 'none'}, not ${wanted.join() || 'none'}`);
        const endpoints = history.objects<Endpoints>('core/endpoints').get(key.replace('/services/', '/endpoints/'));
        const inEndpoints = (endpoints?.subsets ?? []).flatMap(({ addresses }) => addresses ?? []).map(({ ip }) => ip).sort();
        if (inEndpoints.join() !== wanted.join()) problems.push(`endpoints of ${key}: ${inEndpoints.join() || 'none'}, not ${wanted.join() || 'none'}`);
      }
      return problems;
    },
  };
}
