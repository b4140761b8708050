import type { Loose } from '../../meta/loose.ts';
import { customresourcedefinitions } from '../../resources.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions/v1.ts';
import { createdAtColumns } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

const isUnset = (text: string | undefined): boolean => text === undefined || text === '';

export const customResourceDefinitionDefinition: ResourceDefinition<CustomResourceDefinition> = {
  type: customresourcedefinitions,
  ...standardRules<CustomResourceDefinition>({ status: true, generation: true }),
  applyDefaults(object) {
    const { spec } = object as Loose<CustomResourceDefinition>;
    if (spec === undefined) return;
    spec.conversion ??= { strategy: 'None' };
    const { names } = spec;
    if (names?.kind === undefined || names.kind === '') return;
    if (isUnset(names.singular)) names.singular = names.kind.toLowerCase();
    if (isUnset(names.listKind)) names.listKind = `${names.kind}List`;
  },
  columns: createdAtColumns,
};
