import { keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { compareQuantity } from '../../api/meta/quantity.ts';
import { persistentvolumeclaims, persistentvolumes } from '../../api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { messageOf } from '../common/errors.ts';

const identity = 'expand-controller';
const component = 'volume_expand';
const resizerAnnotation = 'volume.kubernetes.io/storage-resizer';

/** In-tree kinds of volume whose driver is a CSI one by now: the field of the volume, what the kind was called, and who resizes it. */
const migrated = [
  ['awsElasticBlockStore', 'kubernetes.io/aws-ebs', 'ebs.csi.aws.com'],
  ['gcePersistentDisk', 'kubernetes.io/gce-pd', 'pd.csi.storage.gke.io'],
  ['azureDisk', 'kubernetes.io/azure-disk', 'disk.csi.azure.com'],
  ['azureFile', 'kubernetes.io/azure-file', 'file.csi.azure.com'],
  ['cinder', 'kubernetes.io/cinder', 'cinder.csi.openstack.org'],
  ['vsphereVolume', 'kubernetes.io/vsphere-volume', 'csi.vsphere.vmware.com'],
  ['portworxVolume', 'kubernetes.io/portworx-volume', 'pxd.portworx.com'],
] as const;

const requestOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.['storage'] ?? '0';
const capacityOf = ({ status }: PersistentVolumeClaim): string => status?.capacity?.['storage'] ?? '0';

/**
 * Hands claims that ask for more than they have to whoever can give it: the resizer of the volume's CSI driver, which
 * works by itself. There is no kind of volume left that the manager resizes.
 */
export async function startVolumeExpandController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, component);
  const claims = informers.informer(persistentvolumeclaims);
  const queue = new WorkQueue({ clock });
  const enqueue = (claim: PersistentVolumeClaim): void => { if (claim.status?.phase === 'Bound') queue.add(keyOf(claim)); };
  claims.addHandler({
    add: enqueue,
    update: (old, claim) => {
      if (compareQuantity(requestOf(claim), requestOf(old)) > 0 || compareQuantity(capacityOf(claim), capacityOf(old)) > 0) enqueue(claim);
    },
  });

  const volumeOf = async (claim: PersistentVolumeClaim): Promise<PersistentVolume> => {
    const name = claim.spec?.volumeName ?? '';
    try {
      return await client.get(persistentvolumes, { name });
    } catch (error) {
      throw new Error(`failed to get PV ${JSON.stringify(name)}: ${messageOf(error)}`, { cause: error });
    }
  };
  const reconcile = async (key: string): Promise<void> => {
    const { namespace, name } = splitKey(key);
    const claim = claims.lister.get(namespace, name);
    if (claim === undefined) return;
    const { spec } = await volumeOf(claim);
    if (spec?.claimRef?.namespace !== namespace || spec.claimRef.uid !== claim.metadata.uid) throw new Error(`persistent Volume is not bound to PVC being updated : ${key}`);
    if (compareQuantity(requestOf(claim), capacityOf(claim)) <= 0) return;
    const former = migrated.find(([field]) => spec[field] !== undefined);
    if (former === undefined) {
      recorder.event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
      return;
    }
    const [, plugin, resizer] = former;
    recorder.event(claim, 'Normal', 'ExternalExpanding', `CSI migration enabled for ${plugin}; waiting for external resizer to expand the pvc`);
    if (claim.metadata.annotations?.[resizerAnnotation] === resizer) return;
    try {
      // As upstream does: by the status, whose writes may change annotations of claims.
      await client.patch(persistentvolumeclaims, { namespace: namespaceOf(claim), name: nameOf(claim) }, { type: 'strategic', value: { metadata: { uid: claim.metadata.uid, resourceVersion: claim.metadata.resourceVersion, annotations: { [resizerAnnotation]: resizer } } } }, { subresource: 'status' });
    } catch (error) {
      const message = `error setting resizer annotation to pvc ${key}, with error ${messageOf(error)}`;
      recorder.event(claim, 'Warning', 'ExternalExpanding', message);
      throw new Error(message, { cause: error });
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [claims], queue, reconcile, workers: 10 });
}
