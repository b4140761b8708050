import type { Selector } from '../../../api/meta/labels.ts';
import { selectorFromLabels, selectorOf } from '../../../api/meta/labels.ts';
import { controllerOf, namespaceOf } from '../../../api/meta/object.ts';
import type { ReplicaSet, StatefulSet } from '../../../api/types/apps/v1.ts';
import type { Pod, ReplicationController, Service } from '../../../api/types/core/v1.ts';
import type { Lister } from '../../../client/informer/store.ts';
import { selectorFrom } from '../../cache/affinity-term.ts';

/** Who makes pods belong together. */
export interface Owners {
  readonly services: Lister<Service>;
  readonly replicationControllers: Lister<ReplicationController>;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly statefulSets: Lister<StatefulSet>;
}

/**
 * The pods that this one belongs with: those of the same services and of the same controller. Empty: it belongs with
 * none.
 */
export function defaultSelector(pod: Pod, owners: Owners): Selector {
  const namespace = namespaceOf(pod);
  const labels: Record<string, string> = {};
  for (const { spec } of owners.services.list(namespace)) {
    if (spec?.selector === undefined || !selectorFromLabels(spec.selector).matches(pod.metadata.labels)) continue;
    Object.assign(labels, spec.selector);
  }
  const owner = controllerOf(pod);
  const kind = owner === undefined ? '' : `${owner.apiVersion} ${owner.kind}`;
  const name = owner?.name ?? '';
  if (kind === 'v1 ReplicationController') Object.assign(labels, owners.replicationControllers.get(namespace, name)?.spec?.selector);
  const set = kind === 'apps/v1 ReplicaSet' ? owners.replicaSets.get(namespace, name) : kind === 'apps/v1 StatefulSet' ? owners.statefulSets.get(namespace, name) : undefined;
  const own = set?.spec?.selector === undefined ? [] : selectorFrom(set.spec.selector).requirements;
  return selectorOf([...selectorFromLabels(labels).requirements, ...own]);
}
