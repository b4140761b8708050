import { controllerOf, keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { persistentvolumeclaims, pods } from '../../api/resources.ts';
import type { PersistentVolumeClaim, Pod, Volume } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { messageOf } from '../common/errors.ts';

const identity = 'ephemeral-volume-controller';
const component = 'ephemeral_volume';

/** Makes the claims of pods' generic ephemeral volumes. They belong to the pod, and go with it. */
export async function startEphemeralVolumeController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, component);
  const podInformer = informers.informer(pods);
  const claims = informers.informer(persistentvolumeclaims);
  const queue = new WorkQueue({ clock });
  const ephemeral = (pod: Pod): Volume[] => (pod.spec?.volumes ?? []).filter((volume) => volume.ephemeral !== undefined);
  podInformer.addHandler({
    add: (pod) => { if (pod.metadata.deletionTimestamp === undefined && ephemeral(pod).length > 0) queue.add(keyOf(pod)); },
    // What a pod mounts does not change.
  });
  claims.addHandler({
    delete: (claim) => {
      const owner = controllerOf(claim);
      if (owner?.kind === 'Pod') queue.add(`${namespaceOf(claim)}/${owner.name}`);
    },
  });

  const ensureClaim = async (pod: Pod, volume: Volume): Promise<void> => {
    const [namespace, name] = [namespaceOf(pod), `${nameOf(pod)}-${volume.name}`];
    const existing = claims.lister.get(namespace, name);
    if (existing !== undefined) {
      if (controllerOf(existing)?.uid !== pod.metadata.uid) throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${nameOf(pod)} (pod is not owner)`);
      return;
    }
    const template = volume.ephemeral?.volumeClaimTemplate;
    const { annotations, labels } = template?.metadata ?? {};
    const claim: PersistentVolumeClaim = {
      apiVersion: 'v1', kind: 'PersistentVolumeClaim',
      metadata: { namespace, name, ownerReferences: [controllerReference(pod, pods)], ...(annotations !== undefined && { annotations }), ...(labels !== undefined && { labels }) },
      ...(template !== undefined && { spec: template.spec }),
    };
    try {
      await client.create(persistentvolumeclaims, claim);
    } catch (error) {
      throw new Error(`create PVC ${name}: ${messageOf(error)}`, { cause: error });
    }
  };
  const reconcile = async (key: string): Promise<void> => {
    const { namespace, name } = splitKey(key);
    const pod = podInformer.lister.get(namespace, name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    for (const volume of ephemeral(pod)) {
      try {
        await ensureClaim(pod, volume);
      } catch (error) {
        recorder.event(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${messageOf(error)}`);
        throw new Error(`pod ${key}, ephemeral volume ${volume.name}: ${messageOf(error)}`, { cause: error });
      }
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [podInformer, claims], queue, reconcile });
}
