import { storageversions } from '../../resources.ts';
import type { StorageVersion } from '../../types/apiserverinternal/v1alpha1.ts';
import { ageColumn, column, listWithMore, nameColumn, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';
import { storageVersionNameErrors, validateStorageVersionStatus } from './storage-version-validation.ts';

const rules = standardRules<StorageVersion>({ status: true, generation: false });

/** In which version a resource is stored, as the API servers say. */
export const storageVersionDefinition: ResourceDefinition<StorageVersion> = {
  type: storageversions,
  nameRule: storageVersionNameErrors,
  prepareForCreate: rules.prepareForCreate,
  validate: validateStorageVersionStatus,
  update: rules.update,
  subresources: { status: statusAloneRules({ validateUpdate: validateStorageVersionStatus }) },
  columns: [
    nameColumn,
    column('CommonEncodingVersion', ({ status }) => orUnset(status?.commonEncodingVersion)),
    column('StorageVersions', ({ status }) => listWithMore((status?.storageVersions ?? []).map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`))),
    ageColumn,
  ],
};
