import { formatTime } from '../../../base/clock.ts';
import type { Loose } from '../../meta/loose.ts';
import { nodeTermWarnings } from '../../pod/node-labels.ts';
import { persistentvolumes } from '../../resources.ts';
import type { PersistentVolume, PersistentVolumeSpec, Volume } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepAllButStatus, standardRules } from '../strategy.ts';
import { roundQuantities } from './container-defaults.ts';
import { betaStorageClassKey, betaStorageClassWarning, formatAccessModes, phaseOf, storageClassOf } from './persistent-volume-columns.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistent-volume-validation.ts';
import { applyVolumeSourceDefaults } from './volume-defaults.ts';

/** Fills in what a persistent volume leaves out, in place (upstream's SetDefaults_PersistentVolume). */
export function applyPersistentVolumeDefaults(object: Loose<PersistentVolume>): void {
  (object.status ??= {}).phase ||= 'Pending';
  const spec = (object.spec ??= {});
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  roundQuantities(spec.capacity);
  applyVolumeSourceDefaults(spec as Loose<Volume>);
}

const deprecatedSources: readonly (readonly [keyof PersistentVolumeSpec, string])[] = [
  ['cephfs', 'cephfs: deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO: deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS: deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs: deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd: deprecated in v1.28, non-functional in v1.31+'],
];

function warnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const found: string[] = [];
  if (metadata.annotations?.[betaStorageClassKey] !== undefined) found.push(betaStorageClassWarning);
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') found.push('spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.');
  spec.nodeAffinity?.required?.nodeSelectorTerms.forEach((term, i) => found.push(...nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)));
  for (const [type, text] of deprecatedSources) if (spec[type] !== undefined) found.push(`spec.${text}`);
  return found;
}

const rules = standardRules<PersistentVolume>({ status: true, generation: false });

export const persistentVolumeDefinition: ResourceDefinition<PersistentVolume> = {
  type: persistentvolumes,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyPersistentVolumeDefaults,
  prepareForCreate(object, { nowMs }) {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(nowMs) };
  },
  validate: validatePersistentVolume,
  update: { ...rules.update, validateUpdate: validatePersistentVolumeUpdate },
  subresources: {
    status: {
      prepareForUpdate(object, old, { nowMs }) {
        keepAllButStatus(object, old);
        const status = (object.status ??= {});
        const { phase = '', lastPhaseTransitionTime: before } = old.status ?? {};
        const time = status.lastPhaseTransitionTime;
        if (phase === (status.phase ?? '')) {
          if (time === undefined && before !== undefined) status.lastPhaseTransitionTime = before;
        } else if (time === undefined || time === before) {
          status.lastPhaseTransitionTime = formatTime(nowMs);
        }
      },
    },
  },
  warnings,
  columns: [
    nameColumn,
    column('Capacity', ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    column('Access Modes', ({ spec }) => formatAccessModes(spec?.accessModes)),
    column('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ''),
    column('Status', phaseOf),
    column('Claim', ({ spec }) => (spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`)),
    column('StorageClass', storageClassOf),
    column('VolumeAttributesClass', ({ spec }) => orUnset(spec?.volumeAttributesClassName)),
    column('Reason', ({ status }) => status?.reason ?? ''),
    ageColumn,
    column('VolumeMode', ({ spec }) => orUnset(spec?.volumeMode), { wide: true }),
  ],
  selectableFields: ({ metadata }) => ({ name: metadata.name ?? '' }),
};
