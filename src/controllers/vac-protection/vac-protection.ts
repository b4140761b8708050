import { nameOf } from '../../api/meta/object.ts';
import { persistentvolumeclaims, persistentvolumes, volumeattributesclasses } from '../../api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts';
import type { VolumeAttributesClass } from '../../api/types/storage/v1.ts';
import { runController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { isDeletionCandidate, needsFinalizer, withFinalizer } from '../common/protection.ts';

const identity = 'volumeattributesclass-protection-controller';
const finalizer = 'kubernetes.io/vac-protection';
const indexName = 'attributes-class';

const namesIn = (...names: readonly (string | undefined)[]): string[] => names.filter((name) => name !== undefined && name !== '') as string[];
const ofVolume = ({ spec }: PersistentVolume): string[] => namesIn(spec?.volumeAttributesClassName);
const ofClaim = ({ spec, status }: PersistentVolumeClaim): string[] => namesIn(spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName);

/** Lets classes of volume attributes that are being deleted go once no volume and no claim names them; gives the finalizer to those without. */
export async function startVacProtectionController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const classes = informers.informer(volumeattributesclasses);
  const volumes = informers.informer(persistentvolumes);
  const claims = informers.informer(persistentvolumeclaims);
  const queue = new WorkQueue({ clock });
  const enqueue = (one: VolumeAttributesClass): void => {
    if (isDeletionCandidate(one, finalizer) || needsFinalizer(one, finalizer)) queue.add(nameOf(one));
  };
  classes.addHandler({ add: enqueue, update: (_old, one) => enqueue(one) });
  const watchUsers = <T extends PersistentVolume | PersistentVolumeClaim>(users: Informer<T>, names: (user: T) => string[]): void => {
    users.addIndex(indexName, names);
    users.addHandler({
      update: (old, user) => { for (const name of names(old)) if (!names(user).includes(name)) queue.add(name); },
      delete: (user) => { for (const name of names(user)) queue.add(name); },
    });
  };
  watchUsers(volumes, ofVolume);
  watchUsers(claims, ofClaim);
  const isUsed = (name: string): boolean => volumes.lister.byIndex(indexName, name).length > 0 || claims.lister.byIndex(indexName, name).length > 0;
  const reconcile = async (name: string): Promise<void> => {
    const one = classes.lister.get('', name);
    if (one === undefined) return;
    if (isDeletionCandidate(one, finalizer)) {
      if (!isUsed(name)) await client.update(volumeattributesclasses, withFinalizer(one, finalizer, false));
    } else if (needsFinalizer(one, finalizer)) await client.update(volumeattributesclasses, withFinalizer(one, finalizer, true));
  };
  runController({ name: identity, clock, logger, signal, informers: [classes, volumes, claims], queue, reconcile });
}
