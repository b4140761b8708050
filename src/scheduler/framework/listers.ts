import type { ReplicaSet, StatefulSet } from '../../api/types/apps/v1.ts';
import type { PersistentVolume, PersistentVolumeClaim, ReplicationController, Service } from '../../api/types/core/v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts';
import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts';
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../../api/types/storage/v1.ts';
import type { Lister } from '../../client/informer/store.ts';

/** What plug-ins read beside nodes and pods. */
export interface Listers {
  readonly services: Lister<Service>;
  readonly replicationControllers: Lister<ReplicationController>;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly statefulSets: Lister<StatefulSet>;
  readonly persistentVolumes: Lister<PersistentVolume>;
  readonly persistentVolumeClaims: Lister<PersistentVolumeClaim>;
  readonly storageClasses: Lister<StorageClass>;
  readonly csiNodes: Lister<CSINode>;
  readonly csiDrivers: Lister<CSIDriver>;
  readonly csiStorageCapacities: Lister<CSIStorageCapacity>;
  readonly volumeAttachments: Lister<VolumeAttachment>;
  readonly podDisruptionBudgets: Lister<PodDisruptionBudget>;
  readonly resourceClaims: Lister<ResourceClaim>;
  readonly resourceSlices: Lister<ResourceSlice>;
  readonly deviceClasses: Lister<DeviceClass>;
  readonly podGroups: Lister<PodGroup>;
}
