import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import { controllerOf, keyOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { deployments, pods, replicasets } from '../../api/resources.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { claim } from '../common/claim.ts';
import type { ControllerContext } from '../common/context.ts';
import { indexByController } from '../common/indexes.ts';
import { Rollout } from './rollout.ts';

const identity = 'deployment-controller';

/** Rolls deployments out: makes a replica set for each pod template, and moves pods from the old ones to the new. */
export async function startDeploymentController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const deploymentInformer = informers.informer(deployments);
  const setInformer = informers.informer(replicasets);
  const podInformer = informers.informer(pods);
  const setIndex = indexByController(setInformer);
  const podIndex = indexByController(podInformer);
  const queue = new WorkQueue({ clock });

  const ownerOf = (set: ReplicaSet): Deployment | undefined => {
    const reference = controllerOf(set);
    if (reference?.kind !== 'Deployment') return undefined;
    const deployment = deploymentInformer.lister.get(namespaceOf(set), reference.name);
    return deployment?.metadata.uid === reference.uid ? deployment : undefined;
  };
  const enqueueOwner = (set: ReplicaSet): void => {
    const deployment = ownerOf(set);
    if (deployment !== undefined) queue.add(keyOf(deployment));
  };
  const enqueueMatching = (set: ReplicaSet): void => {
    for (const deployment of deploymentInformer.lister.list(namespaceOf(set))) {
      const selector = labelSelectorAsSelector(deployment.spec?.selector);
      if (!selector.empty && selector.matches(set.metadata.labels)) queue.add(keyOf(deployment));
    }
  };
  const podsOf = (sets: readonly ReplicaSet[]): Pod[] => sets.flatMap((set) => podIndex.dependents(uidOf(set)));

  deploymentInformer.addHandler({
    add: (deployment) => queue.add(keyOf(deployment)),
    update: (_old, deployment) => queue.add(keyOf(deployment)),
    delete: (deployment) => queue.add(keyOf(deployment)),
  });
  setInformer.addHandler({
    add: (set) => (controllerOf(set) === undefined ? enqueueMatching(set) : enqueueOwner(set)),
    update: (old, set) => {
      if (controllerOf(old)?.uid !== controllerOf(set)?.uid) enqueueOwner(old);
      if (controllerOf(set) === undefined) enqueueMatching(set);
      else enqueueOwner(set);
    },
    delete: enqueueOwner,
  });
  podInformer.addHandler({
    // A Recreate deployment goes on when its last old pod is gone.
    delete(pod) {
      const reference = controllerOf(pod);
      const set = reference === undefined ? undefined : setInformer.lister.get(namespaceOf(pod), reference.name);
      const deployment = set === undefined ? undefined : ownerOf(set);
      if (deployment?.spec?.strategy?.type !== 'Recreate') return;
      if (podsOf(setIndex.dependents(uidOf(deployment))).length === 0) queue.add(keyOf(deployment));
    },
  });

  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const { namespace, name } = splitKey(key);
    const deployment = deploymentInformer.lister.get(namespace, name);
    if (deployment === undefined) return;
    const selector = labelSelectorAsSelector(deployment.spec?.selector);
    if (selector.empty) {
      recorder.event(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      const { generation } = deployment.metadata;
      if (generation !== undefined && (deployment.status?.observedGeneration ?? 0) < generation) {
        await client.update(deployments, { ...deployment, status: { ...deployment.status, observedGeneration: generation } }, { subresource: 'status' });
      }
      return;
    }
    const candidates = [...setIndex.dependents(uidOf(deployment)), ...setIndex.orphans(namespace)];
    const sets = await claim({ client, owner: deployment, ownerType: deployments, type: replicasets, selector, candidates });
    const rollout = new Rollout({ client, recorder, clock, deployment, sets, pods: () => podsOf(sets) });
    const requeueAfterMs = await rollout.step();
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  };
  runController({ name: identity, clock, logger, signal, informers: [deploymentInformer, setInformer, podInformer], queue, reconcile });
}
