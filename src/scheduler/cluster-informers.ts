import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { csidrivers, csinodes, csistoragecapacities, deviceclasses, persistentvolumeclaims, persistentvolumes, poddisruptionbudgets, podgroups, replicasets, replicationcontrollers, resourceclaims, resourceslices, services, statefulsets, storageclasses, volumeattachments } from '../api/resources.ts';
import type { Lister } from '../client/informer/store.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import type { ClusterEvent, EventLabel } from './framework/events.ts';
import type { Listers } from './framework/listers.ts';

/** Starts the informers of everything that plug-ins read beside nodes and pods, and tells what happens to it. */
export function startListers(informers: SharedInformers, notice: (event: ClusterEvent) => void): Listers {
  const lister = <T extends KubeObject>(type: ResourceType<T>, labels: { readonly add?: EventLabel; readonly update?: EventLabel; readonly delete?: EventLabel } = {}): Lister<T> => {
    const informer = informers.informer(type);
    // The labels below name events of this very type.
    const tell = (label: EventLabel | undefined, payload: { readonly old?: T; readonly object?: T }): void => {
      if (label !== undefined) notice({ label, ...payload } as unknown as ClusterEvent);
    };
    informer.addHandler({
      add: (object) => tell(labels.add, { object }),
      update: (old, object) => tell(labels.update, { old, object }),
      delete: (old) => tell(labels.delete, { old }),
    });
    return informer.lister;
  };
  const claims = once(() => lister(resourceclaims, { add: 'ResourceClaimAdd', update: 'ResourceClaimUpdate', delete: 'ResourceClaimDelete' }));
  const slices = once(() => lister(resourceslices, { add: 'ResourceSliceAdd', update: 'ResourceSliceUpdate' }));
  const classes = once(() => lister(deviceclasses, { add: 'DeviceClassAdd', update: 'DeviceClassUpdate' }));
  const groups = once(() => lister(podgroups, { add: 'PodGroupAdd' }));
  return {
    services: lister(services),
    replicationControllers: lister(replicationcontrollers),
    replicaSets: lister(replicasets),
    statefulSets: lister(statefulsets),
    persistentVolumes: lister(persistentvolumes, { add: 'PersistentVolumeAdd', update: 'PersistentVolumeUpdate' }),
    persistentVolumeClaims: lister(persistentvolumeclaims, { add: 'PersistentVolumeClaimAdd', update: 'PersistentVolumeClaimUpdate' }),
    storageClasses: lister(storageclasses, { add: 'StorageClassAdd', update: 'StorageClassUpdate' }),
    csiNodes: lister(csinodes, { add: 'CSINodeAdd', update: 'CSINodeUpdate' }),
    csiDrivers: lister(csidrivers, { update: 'CSIDriverUpdate' }),
    csiStorageCapacities: lister(csistoragecapacities, { add: 'CSIStorageCapacityAdd', update: 'CSIStorageCapacityUpdate' }),
    volumeAttachments: lister(volumeattachments, { delete: 'VolumeAttachmentDelete' }),
    podDisruptionBudgets: lister(poddisruptionbudgets),
    // Few clusters have devices, and older API servers do not know them: these start with the first look.
    get resourceClaims() { return claims(); },
    get resourceSlices() { return slices(); },
    get deviceClasses() { return classes(); },
    get podGroups() { return groups(); },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
