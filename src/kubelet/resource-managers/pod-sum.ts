import type { Container, Pod } from '../../api/types/core/v1.ts';
import { isPodLevelResource } from '../../api/pod/validation/resource-names.ts';
import { containersOf, specOf } from '../pods/pod-spec.ts';

/** What a pod needs of something at most at once: all that keep running, or the largest init container beside the sidecars before it. */
export function sumOfPod(pod: Pod, of: (container: Container) => number): number {
  let sidecars = 0;
  let init = 0;
  let regular = 0;
  for (const { container, role } of containersOf(pod)) {
    if (role === 'sidecar') sidecars += of(container);
    else if (role === 'init') init = Math.max(init, sidecars + of(container));
    else if (role === 'regular') regular += of(container);
  }
  return Math.max(init, sidecars + regular);
}

/** Limits of the whole pod: what its containers could have alone is not told apart then (`PodLevelResourceManagers` is off). */
export function usesPodLevelResources(pod: Pod): boolean {
  const { requests = {}, limits = {} } = specOf(pod).resources ?? {};
  return [...Object.keys(requests), ...Object.keys(limits)].some(isPodLevelResource);
}
