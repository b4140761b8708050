import { persistentvolumeclaims, persistentvolumes } from '../../../api/resources.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

/** Volumes and claims stay while they are in use: their protection controllers take the finalizer away. */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    handles: concernedBy(['CREATE'], persistentvolumes, persistentvolumeclaims),
    admit({ resource, object }) {
      const finalizer = resource === persistentvolumes.resource ? 'kubernetes.io/pv-protection' : 'kubernetes.io/pvc-protection';
      const { metadata } = object!;
      if (metadata.finalizers?.includes(finalizer) !== true) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
    },
  };
}
