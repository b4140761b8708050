import { storageversionmigrations } from '../../resources.ts';
import type { StorageVersionMigration } from '../../types/storagemigration/v1beta1.ts';
import { column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

export const storageVersionMigrationDefinition: ResourceDefinition<StorageVersionMigration> = {
  type: storageversionmigrations,
  ...standardRules<StorageVersionMigration>({ status: true, generation: false }),
  columns: [nameColumn, column('Resource', ({ spec }) => (spec === undefined ? '' : `${spec.resource.resource}.${spec.resource.group}`))],
};
