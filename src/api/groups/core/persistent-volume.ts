import { persistentvolumeclaims, persistentvolumes } from '../../resources.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

const betaStorageClassKey = 'volume.beta.kubernetes.io/storage-class';
const shortModes: readonly (readonly [string, string])[] = [['ReadWriteOnce', 'RWO'], ['ReadOnlyMany', 'ROX'], ['ReadWriteMany', 'RWX'], ['ReadWriteOncePod', 'RWOP']];

const formatModes = (modes: readonly string[] = []): string => shortModes.filter(([mode]) => modes.includes(mode)).map(([, short]) => short).join(',');
const phaseOf = (object: PersistentVolume | PersistentVolumeClaim): string => (object.metadata.deletionTimestamp === undefined ? (object.status?.phase ?? '') : 'Terminating');
const classOf = (object: PersistentVolume | PersistentVolumeClaim): string => object.metadata.annotations?.[betaStorageClassKey] ?? object.spec?.storageClassName ?? '';

export const persistentVolumeDefinition: ResourceDefinition<PersistentVolume> = {
  type: persistentvolumes,
  allowUnconditionalUpdate: true,
  ...standardRules<PersistentVolume>({ status: true, generation: false }),
  applyDefaults(object) {
    object.status = { ...object.status, phase: object.status?.phase || 'Pending' };
    if (object.spec === undefined) return;
    object.spec.persistentVolumeReclaimPolicy ||= 'Retain';
    object.spec.volumeMode ??= 'Filesystem';
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
  columns: [
    nameColumn,
    column('Capacity', ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    column('Access Modes', ({ spec }) => formatModes(spec?.accessModes)),
    column('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ''),
    column('Status', phaseOf),
    column('Claim', ({ spec }) => (spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`)),
    column('StorageClass', classOf),
    column('VolumeAttributesClass', ({ spec }) => orUnset(spec?.volumeAttributesClassName)),
    column('Reason', ({ status }) => status?.reason ?? ''),
    ageColumn,
    column('VolumeMode', ({ spec }) => orUnset(spec?.volumeMode), { wide: true }),
  ],
  selectableFields: ({ metadata }) => ({ name: metadata.name ?? '' }),
};

export const persistentVolumeClaimDefinition: ResourceDefinition<PersistentVolumeClaim> = {
  type: persistentvolumeclaims,
  allowUnconditionalUpdate: true,
  ...standardRules<PersistentVolumeClaim>({ status: true, generation: false }),
  applyDefaults(object) {
    object.status = { ...object.status, phase: object.status?.phase || 'Pending' };
    if (object.spec !== undefined) object.spec.volumeMode ??= 'Filesystem';
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
  columns: [
    nameColumn,
    column('Status', phaseOf),
    column('Volume', ({ spec }) => spec?.volumeName ?? ''),
    column('Capacity', ({ spec, status }) => ((spec?.volumeName ?? '') === '' ? '' : (status?.capacity?.['storage'] ?? '0'))),
    column('Access Modes', ({ spec, status }) => ((spec?.volumeName ?? '') === '' ? '' : formatModes(status?.accessModes))),
    column('StorageClass', classOf),
    column('VolumeAttributesClass', ({ spec }) => orUnset(spec?.volumeAttributesClassName)),
    ageColumn,
    column('VolumeMode', ({ spec }) => orUnset(spec?.volumeMode), { wide: true }),
  ],
  selectableFields: ({ metadata }) => ({ name: metadata.name ?? '' }),
};
