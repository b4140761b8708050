import { storageversions } from '../../resources.ts';
import type { StorageVersion } from '../../types/apiserverinternal/v1alpha1.ts';
import { ageColumn, column, listWithMore, nameColumn, orUnset } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

export const storageVersionDefinition: ResourceDefinition<StorageVersion> = {
  type: storageversions,
  ...standardRules<StorageVersion>({ status: true, generation: false }),
  columns: [
    nameColumn,
    column('CommonEncodingVersion', ({ status }) => orUnset(status?.commonEncodingVersion)),
    column('StorageVersions', ({ status }) => listWithMore((status?.storageVersions ?? []).map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`))),
    ageColumn,
  ],
};
