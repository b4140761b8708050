import { runtimeclasses } from '../../resources.ts';
import type { RuntimeClass } from '../../types/node/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

export const runtimeClassDefinition: ResourceDefinition<RuntimeClass> = {
  type: runtimeclasses,
  columns: [nameColumn, column('Handler', ({ handler }) => handler), ageColumn],
};
