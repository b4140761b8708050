/** The kinds of flowcontrol.apiserver.k8s.io: generations and columns. */
import { flowschemas, prioritylevelconfigurations } from '../../resources.ts';
import type { FlowSchema, PriorityLevelConfiguration } from '../../types/flowcontrol/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

export const flowSchemaDefinition: ResourceDefinition<FlowSchema> = {
  type: flowschemas,
  allowUnconditionalUpdate: true,
  ...standardRules<FlowSchema>({ status: true, generation: true }),
  applyDefaults({ spec }) {
    if (spec !== undefined) spec.matchingPrecedence ||= 1000;
  },
  columns: [
    nameColumn,
    column('PriorityLevel', ({ spec }) => spec?.priorityLevelConfiguration.name ?? ''),
    column('MatchingPrecedence', ({ spec }) => spec?.matchingPrecedence ?? 0),
    column('DistinguisherMethod', ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    column('MissingPL', ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?'),
  ],
};

export const priorityLevelConfigurationDefinition: ResourceDefinition<PriorityLevelConfiguration> = {
  type: prioritylevelconfigurations,
  allowUnconditionalUpdate: true,
  ...standardRules<PriorityLevelConfiguration>({ status: true, generation: true }),
  applyDefaults({ spec }) {
    const limited = spec?.limited;
    if (limited === undefined) {
      if (spec?.exempt !== undefined) {
        spec.exempt.nominalConcurrencyShares ??= 0;
        spec.exempt.lendablePercent ??= 0;
      }
      return;
    }
    limited.nominalConcurrencyShares ??= 30;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (queuing === undefined) return;
    queuing.handSize ||= 8;
    queuing.queues ||= 64;
    queuing.queueLengthLimit ||= 50;
  },
  columns: [
    nameColumn,
    column('Type', ({ spec }) => spec?.type ?? ''),
    column('NominalConcurrencyShares', ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? '<none>'),
    column('Queues', ({ spec }) => spec?.limited?.limitResponse?.queuing?.queues ?? '<none>'),
    column('HandSize', ({ spec }) => spec?.limited?.limitResponse?.queuing?.handSize ?? '<none>'),
    column('QueueLengthLimit', ({ spec }) => spec?.limited?.limitResponse?.queuing?.queueLengthLimit ?? '<none>'),
    ageColumn,
  ],
};
