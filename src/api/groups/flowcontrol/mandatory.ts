/** The objects of flow control that a server cannot be without: what it keeps, and what nobody may make otherwise. */
import type { FlowSchemaSpec, PriorityLevelConfigurationSpec, Subject } from '../../types/flowcontrol/v1.ts';

/** The level and the schema of what is never held up. */
export const exemptName = 'exempt';
/** The level and the schema of what no other schema takes. */
export const catchAllName = 'catch-all';

const groups = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }));

const everythingOf = (subjects: Subject[]): NonNullable<FlowSchemaSpec['rules']> => [{
  subjects,
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}];

/** By name. */
export const mandatoryLevelSpecs: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  [catchAllName]: { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
  [exemptName]: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
};

/** By name. */
export const mandatorySchemaSpecs: Readonly<Record<string, FlowSchemaSpec>> = {
  [exemptName]: { priorityLevelConfiguration: { name: exemptName }, matchingPrecedence: 1, rules: everythingOf(groups('system:masters')) },
  [catchAllName]: { priorityLevelConfiguration: { name: catchAllName }, matchingPrecedence: 10_000, distinguisherMethod: { type: 'ByUser' }, rules: everythingOf(groups('system:unauthenticated', 'system:authenticated')) },
};
