/** How a Scale is shown as a table. */
import type { KubeObject } from '../../meta/object.ts';
import type { Scale } from '../../types/autoscaling/v1.ts';
import { ageColumn, nameColumn } from '../columns.ts';
import type { Column } from '../definition.ts';

type Columns = readonly Column<Scale & KubeObject>[];

const counts: Columns = [
  { name: 'Desired', type: 'integer', priority: 0, cell: ({ spec }) => spec?.replicas ?? 0 },
  { name: 'Available', type: 'integer', priority: 0, cell: ({ status }) => status?.replicas ?? 0 },
];

/** Of built-in kinds. */
export const scaleColumns: Columns = [{ name: 'Name', type: 'string', priority: 0, cell: nameColumn.cell }, ...counts, ageColumn];

/** Of custom resources: what upstream makes of columns that they would define themselves. */
export const customScaleColumns: Columns = [nameColumn, ...counts, { ...ageColumn, type: 'date' }];
