import { prioritylevelconfigurations } from '../../resources.ts';
import type { PriorityLevelConfiguration } from '../../types/flowcontrol/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';
import { validateConditionTypes } from './flow-schema-validation.ts';
import { validatePriorityLevel } from './priority-level-validation.ts';

const rules = standardRules<PriorityLevelConfiguration>({ status: true, generation: true });

/** How many requests of its flow schemas are served at once, and what happens to more. */
export const priorityLevelConfigurationDefinition: ResourceDefinition<PriorityLevelConfiguration> = {
  type: prioritylevelconfigurations,
  allowUnconditionalUpdate: true,
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
  prepareForCreate: rules.prepareForCreate,
  validate: validatePriorityLevel,
  update: { ...rules.update, validateUpdate: validatePriorityLevel },
  subresources: { status: statusAloneRules<PriorityLevelConfiguration>({ validateUpdate: validateConditionTypes }) },
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
