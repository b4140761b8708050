import { semanticEqual } from '../../api/meta/equal.ts';
import { keyOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import type { Quantity } from '../../api/meta/quantity.ts';
import { compareQuantity } from '../../api/meta/quantity.ts';
import type { ResourceList } from '../../api/meta/resource-list.ts';
import { addResources, formatResourceList, pickResources, resourceList, sameResources } from '../../api/meta/resource-list.ts';
import type { QuotaEvaluator } from '../../api/quota/evaluator.ts';
import { measureUsage } from '../../api/quota/usage.ts';
import { resourcequotas } from '../../api/resources.ts';
import type { ResourceQuota } from '../../api/types/core/v1.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { CountedResources } from './counted.ts';

const identity = 'resourcequota-controller';
/** How often each quota is counted anew (upstream's --resource-quota-sync-period). */
const resyncMs = 5 * 60_000;
/** An object is stored, and seen here, this long after admission has charged it. */
const settleMs = 100;
/** A quota that never settles is counted all the same. */
const maxSettleMs = 2000;

/** Keeps the status of quotas: what is limited, and what is used. Admission charges what is created; this gives back what goes. */
export async function startResourceQuotaController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const informer = informers.informer(resourcequotas);
  const queue = new WorkQueue({ clock });
  /** When each quota was last charged, and since when its recount waits for that to settle. */
  const chargedMs = new Map<string, number>();
  const waitingSinceMs = new Map<string, number>();

  const counted = new CountedResources(context, client, (evaluator, namespace) => {
    for (const quota of informer.lister.list(namespace)) if (counts(evaluator, quota)) queue.add(keyOf(quota));
  });
  const counts = (evaluator: QuotaEvaluator, { status }: ResourceQuota): boolean => {
    const { measuring } = counted;
    return Object.keys(status?.hard ?? {}).some((name) => evaluator.counts(name, measuring));
  };

  informer.addHandler({
    add: (quota) => queue.add(keyOf(quota)),
    update: (old, quota) => {
      if (!semanticEqual(old.status?.used, quota.status?.used)) chargedMs.set(keyOf(quota), clock.monotonicMs());
      // What admission and we ourselves write of the status is no reason to count.
      if (!semanticEqual(old.spec, quota.spec)) queue.add(keyOf(quota));
    },
    delete: (quota) => {
      chargedMs.delete(keyOf(quota));
      waitingSinceMs.delete(keyOf(quota));
      queue.add(keyOf(quota));
    },
  });

  const usageOf = async (quota: ResourceQuota): Promise<ResourceList> => {
    const hard = Object.keys(quota.spec?.hard ?? {});
    let used: Record<string, Quantity> = {};
    for (const { evaluator, informer: objects } of await counted.counting(hard)) {
      used = addResources(used, measureUsage(quota, evaluator, objects.lister.list(namespaceOf(quota)), counted.measuring));
    }
    // What nothing here counts keeps what others have written of it.
    return pickResources({ ...resourceList(quota.status?.used), ...used }, hard);
  };

  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const { namespace, name } = splitKey(key);
    // First, so that the quota is not older than what is counted.
    const quotaNow = (): ResourceQuota | undefined => informer.lister.get(namespace, name);
    const asked = quotaNow();
    if (asked === undefined) return undefined;
    await counted.counting(Object.keys(asked.spec?.hard ?? {}));
    const quota = quotaNow();
    if (quota === undefined) return undefined;
    const used = await usageOf(quota);
    const before = resourceList(quota.status?.used);
    const isRight = semanticEqual(quota.spec?.hard ?? {}, quota.status?.hard) && quota.status?.used !== undefined && sameResources(used, before);
    if (isRight) {
      waitingSinceMs.delete(key);
      return { requeueAfterMs: resyncMs };
    }
    // To count less than was charged is right only when all that was charged has arrived here.
    if (lowers(used, before) && mustSettle(key)) return { requeueAfterMs: settleMs };
    waitingSinceMs.delete(key);
    await client.update(resourcequotas, { ...quota, status: { hard: { ...quota.spec?.hard }, used: formatResourceList(used) } }, { subresource: 'status' });
    return { requeueAfterMs: resyncMs };
  };

  const mustSettle = (key: string): boolean => {
    const nowMs = clock.monotonicMs();
    const sinceMs = waitingSinceMs.get(key) ?? nowMs;
    waitingSinceMs.set(key, sinceMs);
    return nowMs - (chargedMs.get(key) ?? -Infinity) < settleMs && nowMs - sinceMs < maxSettleMs;
  };

  runController({ name: identity, clock, logger, signal, informers: [informer], queue, reconcile });
}

const lowers = (used: ResourceList, before: ResourceList): boolean => Object.keys(used).some((name) => before[name] !== undefined && compareQuantity(used[name]!, before[name]) < 0);
