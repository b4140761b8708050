import { podGroupProtectionFinalizer } from '../../api/groups/scheduling/pod-group.ts';
import { joinKey, keyOf, nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { podgroups, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isTerminal } from '../common/pods.ts';
import { isDeletionCandidate, withFinalizer } from '../common/protection.ts';

const identity = 'podgroup-protection-controller';

const groupOf = (pod: Pod): string | undefined => pod.spec?.schedulingGroup?.podGroupName;

/** Lets pod groups that are being deleted go once no pod that is not over names them; admission gives them the finalizer. Has nothing to do where groups are not served. */
export async function startPodGroupProtectionController(context: ControllerContext): Promise<void> {
  if (!context.settings.podGroups) return;
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const groupInformer = informers.informer(podgroups);
  const podInformer = informers.informer(pods);
  const queue = new WorkQueue({ clock });
  const enqueue = (group: PodGroup): void => {
    if (isDeletionCandidate(group, podGroupProtectionFinalizer)) queue.add(keyOf(group));
  };
  groupInformer.addHandler({ add: enqueue, update: (_old, group) => enqueue(group) });
  const enqueueGroupOf = (pod: Pod): void => {
    const name = groupOf(pod);
    if (name !== undefined) queue.add(joinKey(namespaceOf(pod), name));
  };
  podInformer.addHandler({
    add: (pod) => { if (isTerminal(pod)) enqueueGroupOf(pod); },
    update: (old, pod) => {
      if (isTerminal(pod)) enqueueGroupOf(pod);
      if (uidOf(old) !== uidOf(pod)) enqueueGroupOf(old);
    },
    delete: enqueueGroupOf,
  });
  const reconcile = async (key: string): Promise<void> => {
    const { namespace, name } = splitKey(key);
    const group = groupInformer.lister.get(namespace, name);
    if (group === undefined || !isDeletionCandidate(group, podGroupProtectionFinalizer)) return;
    const isUsed = podInformer.lister.list(namespace).some((pod) => groupOf(pod) === nameOf(group) && !isTerminal(pod));
    if (!isUsed) await client.update(podgroups, withFinalizer(group, podGroupProtectionFinalizer, false));
  };
  runController({ name: identity, clock, logger, signal, informers: [groupInformer, podInformer], queue, reconcile });
}
