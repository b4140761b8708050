import { semanticEqual } from '../../api/meta/equal.ts';
import { keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { nodes, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node, Pod, Taint, Toleration } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound } from '../common/errors.ts';
import { indexByNode } from '../common/indexes.ts';
import { tolerates } from '../../api/pod/tolerations.ts';

const identity = 'node-controller';
const component = 'taint-eviction-controller';

/**
 * How long a pod may stay on a node with these NoExecute taints, in milliseconds: 0 when some taint is not tolerated,
 * undefined for ever. Of several tolerations the shortest counts.
 */
export function tolerationMs(tolerations: readonly Toleration[], taints: readonly Taint[]): number | undefined {
  const used: Toleration[] = [];
  for (const taint of taints) {
    const toleration = tolerations.find((candidate) => tolerates(candidate, taint));
    if (toleration === undefined) return 0;
    used.push(toleration);
  }
  const limits = used.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [Math.max(0, tolerationSeconds) * 1000]));
  return limits.length === 0 ? undefined : Math.min(...limits);
}

const evicts = ({ effect }: Taint): boolean => effect === 'NoExecute';

/** Since when the clock of a pod runs, and how long it may stay. */
interface Stay { readonly sinceMs: number; readonly limitMs: number }

/** Deletes pods that do not tolerate the NoExecute taints of their node, when their time is up. */
export async function startTaintEvictionController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, component);
  const nodeInformer = informers.informer(nodes);
  const podInformer = informers.informer(pods);
  const podsOn = indexByNode(podInformer);
  const queue = new WorkQueue({ clock });
  const started = new Map<string, Stay>();

  const taintsOf = (node: Node): Taint[] => (node.spec?.taints ?? []).filter(evicts);
  const enqueuePods = (node: string): void => { for (const pod of podsOn(node)) queue.add(keyOf(pod)); };
  nodeInformer.addHandler({
    add: (node) => enqueuePods(nameOf(node)),
    update: (old, node) => { if (!semanticEqual(old.spec?.taints, node.spec?.taints)) enqueuePods(nameOf(node)); },
  });
  /** Most pods are on nodes that have no such taint: there nothing begins, and what has not begun cannot end. */
  const concerns = (pod: Pod): boolean => {
    if (pod.spec?.nodeName === undefined) return false;
    const taints = nodeInformer.lister.get('', pod.spec.nodeName)?.spec?.taints;
    return (taints !== undefined && taints.some(evicts)) || started.has(keyOf(pod));
  };
  podInformer.addHandler({
    add: (pod) => { if (concerns(pod)) queue.add(keyOf(pod)); },
    update: (old, pod) => {
      if (concerns(pod) && (old.spec?.nodeName !== pod.spec?.nodeName || !semanticEqual(old.spec?.tolerations, pod.spec?.tolerations))) queue.add(keyOf(pod));
    },
    delete: (pod) => started.delete(keyOf(pod)),
  });

  const stayOn = (taints: readonly Taint[], pod: Pod, begun: Stay | undefined): Stay | undefined => {
    const limitMs = taints.length === 0 ? undefined : tolerationMs(pod.spec?.tolerations ?? [], taints);
    return limitMs === undefined ? undefined : { sinceMs: begun?.sinceMs ?? earliest(taints) ?? clock.now(), limitMs };
  };
  const cancel = (key: string, pod: Pod): void => {
    if (started.delete(key)) recorder.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
  };

  runController({
    name: component, clock, logger, signal, informers: [nodeInformer, podInformer], queue, workers: 8,
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const pod = podInformer.lister.get(namespace, name);
      if (pod?.spec?.nodeName === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
      const node = nodeInformer.lister.get('', pod.spec.nodeName);
      const begun = started.get(key);
      // A node that is gone says nothing any more: what it had begun goes on, as upstream's does.
      const stay = node === undefined ? begun : stayOn(taintsOf(node), pod, begun);
      if (stay === undefined) {
        cancel(key, pod);
        return undefined;
      }
      started.set(key, stay);
      const remainingMs = stay.limitMs === 0 ? 0 : stay.sinceMs + stay.limitMs - clock.now();
      if (remainingMs > 0) return { requeueAfterMs: remainingMs };
      recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
      await evict(pod);
      started.delete(key);
      return undefined;
    },
  });

  async function evict(pod: Pod): Promise<void> {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    const condition = {
      type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint', lastTransitionTime: formatTime(clock.now()),
      ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    };
    try {
      await client.patch(pods, ref, { type: 'strategic', value: { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } } }, { subresource: 'status' });
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      throw error;
    }
    await client.delete(pods, ref).catch(ignoreNotFound);
  }
}

/** When the oldest of the taints was added. */
function earliest(taints: readonly Taint[]): number | undefined {
  const times = taints.flatMap(({ timeAdded }) => { const ms = parseTime(timeAdded ?? ''); return ms === undefined ? [] : [ms]; });
  return times.length === 0 ? undefined : Math.min(...times);
}
