import type { Pod } from '../../../src/api/types/core/v1.ts';
import { namespaceOf } from '../../../src/api/meta/object.ts';
import { quietNamespace } from '../workloads/operation.ts';
import { quiet } from '../workloads/quiet.ts';
import type { Invariant } from './invariant.ts';
import { isReadyPod } from './workloads-converge.ts';

/**
 * Where nothing but rollouts and evictions takes pods down, no more than may be are down at once: by `maxUnavailable` of
 * a deployment, by a budget, by the order of a stateful set. Holds in runs in which nodes and the store are well.
 */
export function enoughStaysAvailable({ gentle }: { readonly gentle: boolean }): Invariant {
  const complete = new Set<string>();
  return {
    name: 'enough stays available',
    observe({ resource, before, after }, history) {
      if (!gentle || resource !== 'core/pods' || namespaceOf(after ?? before!) !== quietNamespace) return undefined;
      for (const [app, { replicas, maxUnavailable }] of Object.entries(quiet)) {
        const available = [...history.objects<Pod>('core/pods').values()].filter((pod) => namespaceOf(pod) === quietNamespace && pod.metadata.labels?.['app'] === app && pod.metadata.deletionTimestamp === undefined && isReadyPod(pod)).length;
        if (available >= replicas) complete.add(app);
        else if (complete.has(app) && available < replicas - maxUnavailable) return `${available} of ${replicas} pods of ${app} are available: /registry/core/pods/${quietNamespace}/${app}`;
      }
      return undefined;
    },
  };
}
