import type { KubeObject } from '../meta/object.ts';
import type { Quantity } from '../meta/quantity.ts';
import { addResources, pickResources, zeroQuantity } from '../meta/resource-list.ts';
import type { ResourceList } from '../meta/resource-list.ts';
import { semanticEqual } from '../meta/equal.ts';
import type { ContainerStatus, PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../types/core/v1.ts';
import type { QuotaContext, QuotaEvaluator } from './evaluator.ts';
import { scopesOf } from './evaluator.ts';
import { claimUsageChanged } from './persistent-volume-claims.ts';
import { isChargedPod, isTerminatingPod } from './pods.ts';
import { costlyServiceType } from './services.ts';

/** What the objects of one resource use of a quota: every name that it limits and the evaluator counts, zero or more. */
export function measureUsage(quota: ResourceQuota, evaluator: QuotaEvaluator, objects: readonly KubeObject[], context: QuotaContext): ResourceList {
  const names = Object.keys(quota.spec?.hard ?? {}).filter((name) => evaluator.counts(name, context));
  let used: Record<string, Quantity> = Object.fromEntries(names.map((name) => [name, zeroQuantity]));
  const scopes = scopesOf(quota);
  for (const object of objects) {
    if (scopes.every((scope) => evaluator.matchesScope(scope, object))) used = addResources(used, evaluator.usage(object, context));
  }
  return pickResources(used, names);
}

function resourcesReportedDiffer(statuses: readonly ContainerStatus[] = [], old: readonly ContainerStatus[] = []): boolean {
  return old.some((before) => {
    const now = statuses.find(({ name }) => name === before.name);
    return now !== undefined && !semanticEqual(now.resources, before.resources);
  });
}

/** May an update of an object, which admission did not count, have changed what is used? */
export function usageMayHaveChanged(group: string, resource: string, object: KubeObject, old: KubeObject, nowMs: number): boolean {
  if (group !== '') return false;
  switch (resource) {
    case 'pods': {
      const [now, before] = [object as Pod, old as Pod];
      if (resourcesReportedDiffer(now.status?.containerStatuses, before.status?.containerStatuses) || resourcesReportedDiffer(now.status?.initContainerStatuses, before.status?.initContainerStatuses)) return true;
      return isTerminatingPod(now) !== isTerminatingPod(before) || (isChargedPod(before, nowMs) && !isChargedPod(now, nowMs));
    }
    case 'services': return costlyServiceType(object as Service) !== costlyServiceType(old as Service);
    case 'persistentvolumeclaims': return claimUsageChanged(object as PersistentVolumeClaim, old as PersistentVolumeClaim);
    default: return false;
  }
}
