import { joinKey, keyOf, nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { persistentvolumeclaims, pods } from '../../api/resources.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isTerminal } from '../common/pods.ts';
import { isDeletionCandidate, needsFinalizer, withFinalizer } from '../common/protection.ts';

const identity = 'pvc-protection-controller';
const finalizer = 'kubernetes.io/pvc-protection';

/** The names of the claims that a pod mounts, those made for its ephemeral volumes included. */
function claimNames(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? [] : `${nameOf(pod)}-${name}`));
}

/** Kubelets see pods once they are scheduled, and start none whose claim is being deleted. */
const uses = (pod: Pod, claim: PersistentVolumeClaim): boolean => (pod.spec?.nodeName ?? '') !== '' && claimNames(pod).includes(nameOf(claim));

/** Lets claims that are being deleted go once no pod uses them (KEP-498); gives the finalizer to those made without. */
export async function startPvcProtectionController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const claimInformer = informers.informer(persistentvolumeclaims);
  const podInformer = informers.informer(pods);
  const queue = new WorkQueue({ clock });
  const enqueueClaim = (claim: PersistentVolumeClaim): void => {
    if (isDeletionCandidate(claim, finalizer) || needsFinalizer(claim, finalizer)) queue.add(keyOf(claim));
  };
  claimInformer.addHandler({ add: enqueueClaim, update: (_old, claim) => enqueueClaim(claim) });
  const enqueueClaimsOf = (pod: Pod, deleted: boolean): void => {
    // A pod that runs, or is about to, frees nothing.
    if (!deleted && !isTerminal(pod) && (pod.spec?.nodeName ?? '') !== '') return;
    for (const name of claimNames(pod)) queue.add(joinKey(namespaceOf(pod), name));
  };
  podInformer.addHandler({
    add: (pod) => enqueueClaimsOf(pod, false),
    update: (old, pod) => {
      enqueueClaimsOf(pod, false);
      if (uidOf(old) !== uidOf(pod)) enqueueClaimsOf(old, true);
    },
    delete: (pod) => enqueueClaimsOf(pod, true),
  });

  const isUsed = async (claim: PersistentVolumeClaim): Promise<boolean> => {
    const namespace = namespaceOf(claim);
    if (podInformer.lister.list(namespace).some((pod) => uses(pod, claim))) return true;
    // The cache may not have seen a pod yet.
    return (await client.list(pods, { namespace })).items.some((pod) => uses(pod, claim));
  };
  const reconcile = async (key: string): Promise<void> => {
    const { namespace, name } = splitKey(key);
    const claim = claimInformer.lister.get(namespace, name);
    if (claim === undefined) return;
    if (isDeletionCandidate(claim, finalizer)) {
      if (!(await isUsed(claim))) await client.update(persistentvolumeclaims, withFinalizer(claim, finalizer, false));
    } else if (needsFinalizer(claim, finalizer)) {
      await client.update(persistentvolumeclaims, withFinalizer(claim, finalizer, true));
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [claimInformer, podInformer], queue, reconcile });
}
