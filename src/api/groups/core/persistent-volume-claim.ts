import type { Loose } from '../../meta/loose.ts';
import { claimSpecWarnings } from '../../pod/volume-warnings.ts';
import { persistentvolumeclaims } from '../../resources.ts';
import type { PersistentVolumeClaim } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { roundQuantities } from './container-defaults.ts';
import { normalizeDataSources, settleDataSources } from './data-sources.ts';
import { validatePersistentVolumeClaim, validatePersistentVolumeClaimStatus, validatePersistentVolumeClaimUpdate } from './persistent-volume-claim-validation.ts';
import { betaStorageClassKey, betaStorageClassWarning, formatAccessModes, phaseOf, storageClassOf } from './persistent-volume-columns.ts';
import { applyClaimSpecDefaults } from './volume-defaults.ts';

/** Fills in what a claim, or the template of one, leaves out, in place (upstream's SetDefaults_PersistentVolumeClaim). */
export function applyPersistentVolumeClaimDefaults(object: Loose<PersistentVolumeClaim>): void {
  const status = (object.status ??= {});
  status.phase ||= 'Pending';
  roundQuantities(status.capacity);
  roundQuantities(status.allocatedResources);
  applyClaimSpecDefaults((object.spec ??= {}));
}

const rules = standardRules<PersistentVolumeClaim>({ status: true, generation: false });
const isBound = ({ spec }: PersistentVolumeClaim): boolean => (spec?.volumeName ?? '') !== '';

export const persistentVolumeClaimDefinition: ResourceDefinition<PersistentVolumeClaim> = {
  type: persistentvolumeclaims,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyPersistentVolumeClaimDefaults,
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
    if (object.spec !== undefined) settleDataSources(object.spec, undefined);
  },
  validate: validatePersistentVolumeClaim,
  update: {
    prepareForUpdate(object, old, context) {
      rules.update.prepareForUpdate!(object, old, context);
      if (object.spec !== undefined) settleDataSources(object.spec, old.spec);
    },
    // What was stored by an older server may name its source only once.
    validateUpdate: (object, old) => validatePersistentVolumeClaimUpdate(object, { ...old, ...(old.spec && { spec: normalizeDataSources({ ...old.spec }) }) }),
  },
  subresources: { status: statusRules<PersistentVolumeClaim>(validatePersistentVolumeClaimStatus) },
  warnings: ({ metadata, spec }) => [...(metadata.annotations?.[betaStorageClassKey] === undefined ? [] : [betaStorageClassWarning]), ...claimSpecWarnings(spec ?? {}, 'spec')],
  columns: [
    nameColumn,
    column('Status', phaseOf),
    column('Volume', ({ spec }) => spec?.volumeName ?? ''),
    column('Capacity', (claim) => (isBound(claim) ? (claim.status?.capacity?.['storage'] ?? '0') : '')),
    column('Access Modes', (claim) => (isBound(claim) ? formatAccessModes(claim.status?.accessModes) : '')),
    column('StorageClass', storageClassOf),
    column('VolumeAttributesClass', ({ spec }) => orUnset(spec?.volumeAttributesClassName)),
    ageColumn,
    column('VolumeMode', ({ spec }) => orUnset(spec?.volumeMode), { wide: true }),
  ],
  selectableFields: ({ metadata }) => ({ name: metadata.name ?? '' }),
};
