import { flowschemas } from '../../resources.ts';
import type { FlowSchema } from '../../types/flowcontrol/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';
import { validateConditionTypes, validateFlowSchema } from './flow-schema-validation.ts';

const defaultPrecedence = 1000;
const rules = standardRules<FlowSchema>({ status: true, generation: true });

/** Which requests belong to which priority level. */
export const flowSchemaDefinition: ResourceDefinition<FlowSchema> = {
  type: flowschemas,
  allowUnconditionalUpdate: true,
  applyDefaults({ spec }) {
    if (spec !== undefined) spec.matchingPrecedence ||= defaultPrecedence;
  },
  prepareForCreate: rules.prepareForCreate,
  validate: validateFlowSchema,
  update: { ...rules.update, validateUpdate: validateFlowSchema },
  subresources: { status: statusAloneRules<FlowSchema>({ validateUpdate: validateConditionTypes }) },
  columns: [
    nameColumn,
    column('PriorityLevel', ({ spec }) => spec?.priorityLevelConfiguration.name ?? ''),
    column('MatchingPrecedence', ({ spec }) => spec?.matchingPrecedence ?? 0),
    column('DistinguisherMethod', ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    column('MissingPL', ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?'),
  ],
};
