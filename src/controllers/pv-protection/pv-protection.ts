import { keyOf } from '../../api/meta/object.ts';
import { persistentvolumes } from '../../api/resources.ts';
import type { PersistentVolume } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isDeletionCandidate, needsFinalizer, withFinalizer } from '../common/protection.ts';

const identity = 'pv-protection-controller';
const finalizer = 'kubernetes.io/pv-protection';

/** Lets volumes that are being deleted go once no claim is bound to them; gives the finalizer to those made without. */
export async function startPvProtectionController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const informer = informers.informer(persistentvolumes);
  const queue = new WorkQueue({ clock });
  const enqueue = (volume: PersistentVolume): void => {
    if (isDeletionCandidate(volume, finalizer) || needsFinalizer(volume, finalizer)) queue.add(keyOf(volume));
  };
  informer.addHandler({ add: enqueue, update: (_old, volume) => enqueue(volume) });

  const reconcile = async (name: string): Promise<void> => {
    const volume = informer.lister.get('', name);
    if (volume === undefined) return;
    if (isDeletionCandidate(volume, finalizer)) {
      if (volume.status?.phase !== 'Bound') await client.update(persistentvolumes, withFinalizer(volume, finalizer, false));
    } else if (needsFinalizer(volume, finalizer)) {
      await client.update(persistentvolumes, withFinalizer(volume, finalizer, true));
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [informer], queue, reconcile });
}
