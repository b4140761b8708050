/** The kinds of storage.k8s.io: defaults, generations and columns. */
import type { Loose } from '../../meta/loose.ts';
import { csidrivers, csinodes, csistoragecapacities, storageclasses, volumeattachments, volumeattributesclasses } from '../../resources.ts';
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment, VolumeAttributesClass } from '../../types/storage/v1.ts';
import { ageColumn, column, nameColumn, orNone, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

const isDefaultKeys = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const isDefault = ({ metadata }: StorageClass | VolumeAttributesClass): boolean => isDefaultKeys.some((key) => metadata.annotations?.[key] === 'true');

export const storageClassDefinition: ResourceDefinition<StorageClass> = {
  type: storageclasses,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  columns: [
    { ...nameColumn, cell: (object: StorageClass) => `${object.metadata.name ?? ''}${isDefault(object) ? ' (default)' : ''}` },
    column('Provisioner', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false),
    ageColumn,
  ],
};

export const volumeAttributesClassDefinition: ResourceDefinition<VolumeAttributesClass> = {
  type: volumeattributesclasses,
  allowUnconditionalUpdate: true,
  columns: [
    { ...nameColumn, cell: (object: VolumeAttributesClass) => `${object.metadata.name ?? ''}${isDefault(object) ? ' (default)' : ''}` },
    column('DriverName', ({ driverName }) => driverName),
    ageColumn,
  ],
};

export const csiDriverDefinition: ResourceDefinition<CSIDriver> = {
  type: csidrivers,
  ...standardRules<CSIDriver>({ status: false, generation: true }),
  applyDefaults(object) {
    const { spec } = object as Loose<CSIDriver>;
    if (spec === undefined) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  columns: [
    nameColumn,
    column('AttachRequired', ({ spec }) => spec.attachRequired ?? true, { type: 'boolean' }),
    column('PodInfoOnMount', ({ spec }) => spec.podInfoOnMount ?? false, { type: 'boolean' }),
    column('StorageCapacity', ({ spec }) => spec.storageCapacity ?? false, { type: 'boolean' }),
    column('TokenRequests', ({ spec }) => orUnset(spec.tokenRequests?.map(({ audience }) => audience).join(','))),
    column('RequiresRepublish', ({ spec }) => spec.requiresRepublish ?? false, { type: 'boolean' }),
    column('Modes', ({ spec }) => orNone(spec.volumeLifecycleModes?.join(','))),
    ageColumn,
  ],
};

export const csiNodeDefinition: ResourceDefinition<CSINode> = {
  type: csinodes,
  columns: [nameColumn, column('Drivers', ({ spec }) => spec.drivers.length, { type: 'integer' }), ageColumn],
};

export const csiStorageCapacityDefinition: ResourceDefinition<CSIStorageCapacity> = {
  type: csistoragecapacities,
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column('StorageClassName', ({ storageClassName }) => storageClassName), column('Capacity', ({ capacity }) => orUnset(capacity))],
};

export const volumeAttachmentDefinition: ResourceDefinition<VolumeAttachment> = {
  type: volumeattachments,
  ...standardRules<VolumeAttachment>({ status: true, generation: false }),
  columns: [
    nameColumn,
    column('Attacher', ({ spec }) => spec.attacher, { format: 'name' }),
    column('PV', ({ spec }) => spec.source.persistentVolumeName ?? ''),
    column('Node', ({ spec }) => spec.nodeName),
    column('Attached', ({ status }) => status?.attached ?? false, { type: 'boolean' }),
    ageColumn,
  ],
};
