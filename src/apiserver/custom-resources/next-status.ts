import { isBadBundle } from '../../api/groups/apiextensions/conversion-validation.ts';
import { validateStructural } from '../../api/groups/apiextensions/structural.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../api/types/apiextensions/v1.ts';
import type { Finding, TakenNames } from './conditions.ts';
import { acceptNames, approval, established, nonStructural, setCondition } from './conditions.ts';
import { conditionOf } from './facts.ts';

const finalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Whether somebody has to delete the instances before the definition may go. */
export function mustCleanUp({ metadata }: CustomResourceDefinition): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true;
}

/** Nothing is left to do for a definition that looks like this, whatever the others of its group are called. */
export function isSettled(definition: CustomResourceDefinition): boolean {
  const { spec, status } = definition;
  return semanticEqual(spec.names, status?.acceptedNames) && conditionOf(status?.conditions, 'Established')?.status === 'True'
    && !mustCleanUp(definition) && approval(definition) === undefined && spec.preserveUnknownFields !== true && conditionOf(status?.conditions, 'NonStructuralSchema') === undefined;
}

/** The status that the definition is to have: conditions and accepted names. The same object when it has it already. `taken` is asked only when names are. */
export function nextStatus(definition: CustomResourceDefinition, taken: () => TakenNames, time: string): CustomResourceDefinitionStatus {
  const { spec, status = {} } = definition;
  let conditions = status.conditions ?? [];
  let acceptedNames = status.acceptedNames;
  const find = (finding: Finding | undefined): void => {
    if (finding === undefined) return;
    const old = conditionOf(conditions, finding.type);
    if (old?.status !== finding.status || old.reason !== finding.reason || old.message !== finding.message) conditions = [...setCondition(conditions, finding, time)];
  };
  find(approval(definition));
  conditions = withStructure(definition, conditions, find) ?? conditions;
  if (!semanticEqual(spec.names, acceptedNames)) {
    const { accepted, finding } = acceptNames(definition, taken());
    acceptedNames = accepted;
    find(finding);
  }
  find(established(conditions, { badCaBundle: hasBadBundle(definition) }));
  if (conditions === (status.conditions ?? conditions) && semanticEqual(acceptedNames, status.acceptedNames)) return status;
  return { ...status, conditions, ...(acceptedNames !== undefined && { acceptedNames }) };
}

/** Only definitions of the time before v1 can have schemas that are not structural. Answers conditions that lost theirs. */
function withStructure(definition: CustomResourceDefinition, conditions: NonNullable<CustomResourceDefinitionStatus['conditions']>, find: (finding: Finding | undefined) => void): typeof conditions | undefined {
  const old = conditionOf(conditions, 'NonStructuralSchema');
  if (definition.spec.preserveUnknownFields !== true && old === undefined) return undefined;
  const violations = definition.spec.versions.flatMap(({ schema }, i) => (schema?.openAPIV3Schema === undefined ? [] : validateStructural(schema.openAPIV3Schema, `spec.versions[${i}].schema.openAPIV3Schema`)));
  const finding = nonStructural(definition, violations);
  if (finding === undefined) return conditions.filter((condition) => condition !== old);
  find(finding);
  return undefined;
}

function hasBadBundle({ spec }: CustomResourceDefinition): boolean {
  const bundle = spec.conversion?.webhook?.clientConfig?.caBundle ?? '';
  return bundle !== '' && isBadBundle(bundle);
}

/** The definition as it stands once its deletion has begun: its instances go first. A copy. */
export function markForDeletion(definition: CustomResourceDefinition, time: string): CustomResourceDefinition {
  const marked = structuredClone(definition);
  marked.metadata.deletionTimestamp = time;
  const finalizers = marked.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) marked.metadata.finalizers = [...finalizers, finalizer];
  return withCondition(marked, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon' }, time);
}

/** Sets a condition, in place. */
export function withCondition(definition: CustomResourceDefinition, finding: Finding, time: string): CustomResourceDefinition {
  definition.status = { ...definition.status, conditions: [...setCondition(definition.status?.conditions ?? [], finding, time)] };
  return definition;
}

/** Lets the definition go, in place. */
export function withoutFinalizer(definition: CustomResourceDefinition): CustomResourceDefinition {
  definition.metadata.finalizers = (definition.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  return definition;
}
