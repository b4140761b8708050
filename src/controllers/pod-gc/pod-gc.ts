import { findCondition } from '../../api/meta/conditions.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { nodes, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { counterVector, countersFamily } from '../../base/metric-vector.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound } from '../common/errors.ts';
import { Passes } from '../common/passes.ts';
import { isTerminal } from '../common/pods.ts';
import { outOfServiceTaint } from '../../client/node-taints.ts';

const identity = 'pod-garbage-collector';
const checkPeriodMs = 20_000;
/** How long a node may be unknown before the server is asked whether it is gone. */
const quarantineMs = 40_000;

/** Deletes pods that no kubelet will ever finish: of vanished nodes, never scheduled, on nodes out of service; and finished ones beyond a number. */
export async function startPodGarbageCollector(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers, settings } = context;
  const client = context.clientFor(identity);
  const podInformer = informers.informer(pods);
  const nodeInformer = informers.informer(nodes);
  const unknownSinceMs = new Map<string, number>();
  let failed = false;
  const collected = counterVector('namespace', 'reason');
  const failures = counterVector('namespace', 'reason');
  context.scraped([
    countersFamily('pod_gc_collector_force_delete_pods_total', '[ALPHA] Pods that were deleted at once, by why.', collected),
    countersFamily('pod_gc_collector_force_delete_pod_errors_total', '[ALPHA] Pods that could not be deleted at once, by why they were to be.', failures),
  ]);

  const remove = async (pod: Pod, reason: 'terminated' | 'out-of-service' | 'orphaned' | 'unscheduled', message?: string): Promise<void> => {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    try {
      if (!isTerminal(pod)) {
        const observed = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
        const condition = message === undefined ? undefined : { type: 'DisruptionTarget', ...observed, status: 'True', reason: 'DeletionByPodGC', message, lastTransitionTime: formatTime(clock.now()) };
        await client.patch(pods, ref, {
          type: 'strategic', value: { metadata: { uid: pod.metadata.uid }, status: { phase: 'Failed', ...observed, ...(condition !== undefined && { conditions: [condition] }) } },
        }, { subresource: 'status' });
      }
      await client.delete(pods, ref, { gracePeriodSeconds: 0 }).catch(ignoreNotFound);
      collected.with(ref.namespace, reason).value += 1;
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      failed = true;
      failures.with(ref.namespace, reason).value += 1;
      logger.warn('pod could not be collected', { pod: `${ref.namespace}/${ref.name}`, error });
    }
  };

  const vanishedNodes = async (all: readonly Pod[]): Promise<ReadonlySet<string>> => {
    const missing = new Set(all.flatMap((pod) => (pod.spec?.nodeName !== undefined && nodeInformer.lister.get('', pod.spec.nodeName) === undefined ? [pod.spec.nodeName] : [])));
    for (const name of unknownSinceMs.keys()) if (!missing.has(name)) unknownSinceMs.delete(name);
    const gone = new Set<string>();
    for (const name of missing) {
      const sinceMs = unknownSinceMs.get(name);
      if (sinceMs === undefined) unknownSinceMs.set(name, clock.now());
      else if (clock.now() - sinceMs >= quarantineMs && !(await nodeExists(name))) gone.add(name);
    }
    return gone;
  };

  const nodeExists = async (name: string): Promise<boolean> => {
    try {
      await client.get(nodes, { name });
      return true;
    } catch (error) {
      // An answer that is no answer says nothing about the node.
      return !isReason(error, 'NotFound');
    }
  };

  const outOfService = (pod: Pod): boolean => {
    const node = pod.spec?.nodeName === undefined ? undefined : nodeInformer.lister.get('', pod.spec.nodeName);
    return node !== undefined && findCondition(node.status?.conditions, 'Ready')?.status !== 'True' && node.spec?.taints?.some(({ key }) => key === outOfServiceTaint) === true;
  };

  const collect = async (): Promise<void> => {
    failed = false;
    const all = podInformer.lister.list();
    if (settings.terminatedPodGcThreshold > 0) {
      const finished = all.filter(isTerminal).toSorted(byEvictionAndAge);
      for (const pod of finished.slice(0, Math.max(0, finished.length - settings.terminatedPodGcThreshold))) await remove(pod, 'terminated');
    }
    const deleting = all.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    for (const pod of deleting.filter(outOfService)) await remove(pod, 'out-of-service');
    const gone = await vanishedNodes(all);
    for (const pod of all) if (pod.spec?.nodeName !== undefined && gone.has(pod.spec.nodeName)) await remove(pod, 'orphaned', 'PodGC: node no longer exists');
    for (const pod of deleting) if ((pod.spec?.nodeName ?? '') === '') await remove(pod, 'unscheduled');
  };

  const passes = new Passes({
    clock, logger, signal, periodMs: checkPeriodMs, pass: collect,
    // Nodes that are missing are asked about later, and what failed is tried again.
    nextDueMs: (nowMs) => (unknownSinceMs.size > 0 || failed ? nowMs : undefined),
  });
  const wake = (): void => passes.wake();
  /** Might a pass find something to do with the pod? Most are not deleted, and on nodes that are there. */
  const concerns = (pod: Pod): boolean => {
    const node = pod.spec?.nodeName ?? '';
    if (node !== '' && nodeInformer.lister.get('', node) === undefined) return true;
    if (isTerminal(pod) && settings.terminatedPodGcThreshold > 0 && podInformer.lister.size > settings.terminatedPodGcThreshold) return true;
    return pod.metadata.deletionTimestamp !== undefined && (node === '' || outOfService(pod));
  };
  podInformer.addHandler({
    add: (pod) => { if (concerns(pod)) wake(); },
    update: (old, pod) => {
      if ((isTerminal(old) !== isTerminal(pod) || old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp || old.spec?.nodeName !== pod.spec?.nodeName) && concerns(pod)) wake();
    },
  });
  nodeInformer.addHandler({ update: (old, node) => { if (!semanticEqual(old.spec?.taints, node.spec?.taints) || findCondition(old.status?.conditions, 'Ready')?.status !== findCondition(node.status?.conditions, 'Ready')?.status) wake(); }, delete: wake });
  Promise.all([podInformer.synced(), nodeInformer.synced()]).then(() => passes.start(), (error: unknown) => { if (!signal.aborted) logger.error('pod garbage collector stopped', { error }); });
}

/** Evicted pods go first, then the oldest. */
function byEvictionAndAge(a: Pod, b: Pod): number {
  const evicted = (pod: Pod): number => (pod.status?.phase === 'Failed' && pod.status.reason === 'Evicted' ? 0 : 1);
  const age = (pod: Pod): string => `${pod.metadata.creationTimestamp} ${pod.metadata.name}`;
  return evicted(a) - evicted(b) || (age(a) < age(b) ? -1 : 1);
}
