import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateAnnotations, validateLabels } from '../../meta/object-meta.ts';
import { dns1123Subdomain } from '../../meta/validation.ts';
import { podTemplateWarnings } from '../../pod/pod-warnings.ts';
import { addNonNegative } from '../../pod/validation/rules.ts';
import { validatePodAnnotations } from '../../pod/validation/validate-annotations.ts';
import { statefulsets } from '../../resources.ts';
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../../types/apps/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPersistentVolumeClaimDefaults, claimSpecWarnings } from '../core/persistent-volume-claim.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { selectorText, workloadScale } from './scale.ts';
import { addAtMost100Percent, addCollisionCount, addCounters, addIntOrPercent, addLongRunning, addNotGreater, addSelector, addSelectorMismatch, amountOf, readSelector } from './validation.ts';

/** Fills in what a stateful set leaves out, in place (upstream's SetDefaults_StatefulSet of apps/v1). */
export function applyStatefulSetDefaults(object: Loose<StatefulSet>): void {
  const spec = (object.spec ??= {});
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (strategy.type === undefined || strategy.type === '') {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) {
    strategy.rollingUpdate.partition ??= 0;
    strategy.rollingUpdate.maxUnavailable ??= 1;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  applyPodTemplateDefaults((spec.template ??= {}));
  for (const claim of spec.volumeClaimTemplates ?? []) {
    // Templates of claims are whole objects, and say of themselves what they are.
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    applyPersistentVolumeClaimDefaults(claim);
  }
}

function validateStrategy(strategy: Loose<StatefulSetUpdateStrategy>, path: string, errors: FieldError[]): void {
  const { type = '', rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  if (type === '') return void errors.push(required(path));
  if (type === 'OnDelete') {
    if (rollingUpdate !== undefined) errors.push(invalid(at, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (type !== 'RollingUpdate') {
    errors.push(invalid(path, { Type: type, RollingUpdate: rollingUpdate ?? null }, "must be 'RollingUpdate' or 'OnDelete'"));
  } else if (rollingUpdate !== undefined) {
    const { partition, maxUnavailable } = rollingUpdate;
    addNonNegative(errors, `${at}.partition`, partition);
    if (maxUnavailable === undefined) return;
    addIntOrPercent(errors, `${at}.maxUnavailable`, maxUnavailable);
    if (amountOf(maxUnavailable) === 0) errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'cannot be 0'));
    addAtMost100Percent(errors, `${at}.maxUnavailable`, maxUnavailable);
  }
}

/** The template as far as it can be checked without the claims, which the volumes of the pods will name. */
function validateTemplate({ template = {}, selector }: Loose<StatefulSetSpec>, errors: FieldError[]): void {
  const path = 'spec.template';
  const parsed = readSelector(selector);
  if (parsed === undefined) errors.push(invalid('spec.selector', selector, ''));
  else {
    if (!parsed.empty) addSelectorMismatch(errors, path, parsed, template);
    const { labels, annotations } = template.metadata ?? {};
    errors.push(...validateLabels(labels, `${path}.labels`), ...validateAnnotations(annotations, `${path}.annotations`));
    validatePodAnnotations(annotations, template.spec ?? {}, `${path}.annotations`, errors);
  }
  addLongRunning(errors, path, template, 'StatefulSet');
}

function validateSpec(spec: Loose<StatefulSetSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const { podManagementPolicy = '', persistentVolumeClaimRetentionPolicy: retention } = spec;
  if (podManagementPolicy === '') errors.push(required('spec.podManagementPolicy'));
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel') errors.push(invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy', errors);
  if (retention !== undefined) {
    for (const field of ['whenDeleted', 'whenScaled'] as const) {
      const policy = retention[field] ?? '';
      if (policy !== 'Retain' && policy !== 'Delete') errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy, ['Retain', 'Delete']));
    }
  }
  addNonNegative(errors, 'spec.replicas', spec.replicas);
  addNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  addNonNegative(errors, 'spec.ordinals.start', spec.ordinals?.start);
  addSelector(errors, 'spec.selector', spec.selector, 'statefulset');
  validateTemplate(spec, errors);
  return errors;
}

/** The name of the governing service; checked when the set is made, so that old sets can still be changed. */
function validateServiceName({ serviceName = '' }: Loose<StatefulSetSpec>): FieldError[] {
  return serviceName === '' ? [] : dns1123Subdomain(serviceName).map((message) => invalid('spec.serviceName', serviceName, message));
}

const mutableFields = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const;
const immutableMessage = `updates to statefulset spec for fields other than ${mutableFields.slice(0, -1).map((field) => `'${field}'`).join(', ')} and 'minReadySeconds' are forbidden`;

function validateUpdate({ spec = {} }: Loose<StatefulSet>, old: StatefulSet): FieldError[] {
  const errors = validateSpec(spec);
  const frozen: Loose<StatefulSetSpec> = { ...spec };
  for (const field of mutableFields) (frozen as Record<string, unknown>)[field] = old.spec?.[field];
  if (!semanticEqual(frozen, old.spec)) errors.push(forbidden('spec', immutableMessage));
  return errors;
}

function validateStatus({ status }: StatefulSet, old: StatefulSet): FieldError[] {
  const errors: FieldError[] = [];
  if (status === undefined) return errors;
  addCounters(errors, status, ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount']);
  for (const field of ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const) addNotGreater(errors, field, status[field], status.replicas);
  addNotGreater(errors, 'availableReplicas', status.availableReplicas, status.readyReplicas, 'status.readyReplicas');
  addCollisionCount(errors, status.collisionCount, old.status?.collisionCount);
  return errors;
}

function warnings({ metadata, spec }: StatefulSet, old: StatefulSet | undefined): string[] {
  const found = old === undefined || metadata.generation !== old.metadata.generation ? podTemplateWarnings(spec?.template, 'spec.template') : [];
  spec?.volumeClaimTemplates?.forEach((claim, i) => {
    // Upstream's path says less of a new set, and misspells a part of that of a changed one.
    found.push(...claimSpecWarnings(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}]${old === undefined ? '' : '.Spec'}`));
  });
  if ((spec?.revisionHistoryLimit ?? 0) < 0) found.push('spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended');
  return found;
}

const rules = standardRules<StatefulSet>({ status: true, generation: true });

export const statefulSetDefinition: ResourceDefinition<StatefulSet> = {
  type: statefulsets,
  nameRule: 'dns-1123-label',
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyStatefulSetDefaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0, availableReplicas: 0 };
  },
  validate: ({ spec = {} }: Loose<StatefulSet>) => [...validateSpec(spec), ...validateServiceName(spec)],
  update: { ...rules.update, validateUpdate },
  subresources: { status: statusRules<StatefulSet>(validateStatus) },
  warnings,
  columns: [
    nameColumn,
    column('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    ageColumn,
    ...containerColumns<StatefulSet>(({ spec }) => spec?.template.spec?.containers),
  ],
  scale: workloadScale<StatefulSet>(({ spec }) => selectorText(spec?.selector)),
};
