import { findCondition } from '../../api/meta/conditions.ts';
import { keyOf, splitKey } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { pods } from '../../api/resources.ts';
import type { Pod, PodCondition } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isTerminal } from '../common/pods.ts';

const timeoutMs = 2 * 60_000;
const conditionType = 'DisruptionTarget';

/** Milliseconds until the pod's DisruptionTarget condition is stale; undefined for one that has none, or whose kubelet set it. */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) return undefined;
  const condition = findCondition(pod.status?.conditions, conditionType);
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  return Math.max(0, (parseTime(condition.lastTransitionTime ?? '') ?? 0) + timeoutMs - nowMs);
}

/** Pods that were to be disrupted and then were not are told so: their condition becomes False after two minutes. */
export function clearStaleConditions(context: ControllerContext, client: Client, informer: Informer<Pod>): void {
  const { clock, logger, signal } = context;
  const queue = new WorkQueue({ clock });
  const look = (pod: Pod): void => {
    const waitMs = staleInMs(pod, clock.now());
    if (waitMs !== undefined) queue.addAfter(keyOf(pod), waitMs);
  };
  informer.addHandler({ add: look, update: (_old, pod) => look(pod) });
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const { namespace, name } = splitKey(key);
    const pod = informer.lister.get(namespace, name);
    const waitMs = pod === undefined ? undefined : staleInMs(pod, clock.now());
    if (pod === undefined || waitMs === undefined) return;
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const { generation } = pod.metadata;
    const condition: PodCondition = { type: conditionType, status: 'False', ...(generation !== undefined && { observedGeneration: generation }), lastTransitionTime: formatTime(clock.now()) };
    const conditions = (pod.status?.conditions ?? []).map((one) => (one.type === conditionType ? condition : one));
    await client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: 'status' });
  };
  runController({ name: 'stale-pod-disruption', clock, logger, signal, informers: [informer], queue, reconcile });
}
