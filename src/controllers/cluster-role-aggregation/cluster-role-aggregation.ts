import { semanticEqual } from '../../api/meta/equal.ts';
import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import { keyOf, nameOf } from '../../api/meta/object.ts';
import { clusterroles } from '../../api/resources.ts';
import type { PolicyRule } from '../../api/types/rbac/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';

const identity = 'clusterrole-aggregation-controller';

/** Fills the rules of ClusterRoles that have an aggregationRule from the roles that it selects. */
export async function startClusterRoleAggregationController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const informer = informers.informer(clusterroles);
  const queue = new WorkQueue({ clock });
  const enqueueAll = (): void => {
    for (const role of informer.lister.list()) if (role.aggregationRule !== undefined) queue.add(keyOf(role));
  };
  informer.addHandler({ add: enqueueAll, update: enqueueAll, delete: enqueueAll });

  const reconcile = async (name: string): Promise<void> => {
    const role = informer.lister.get('', name);
    if (role?.aggregationRule === undefined) return;
    const rules: PolicyRule[] = [];
    for (const labelSelector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const selector = labelSelectorAsSelector(labelSelector);
      const selected = informer.lister.list().filter((other) => nameOf(other) !== name && selector.matches(other.metadata.labels)).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
      for (const rule of selected.flatMap((other) => other.rules ?? [])) if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule);
    }
    if (semanticEqual(role.rules, rules)) return;
    const value = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, ...(rules.length > 0 && { rules }) };
    await client.patch(clusterroles, { name }, { type: 'apply', value }, { fieldManager: identity, force: true });
  };
  runController({ name: identity, clock, logger, signal, informers: [informer], queue, reconcile });
}
