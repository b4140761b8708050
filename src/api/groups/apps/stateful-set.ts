import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateAnnotations, validateLabels } from '../../meta/object-meta.ts';
import { dns1123Label } from '../../meta/validation.ts';
import { addInvalid, addNonNegative } from '../../pod/validation/rules.ts';
import { validatePodAnnotations } from '../../pod/validation/validate-annotations.ts';
import { validateClaimSpec } from '../../pod/validation/validate-claim-spec.ts';
import { validatePodTemplateSpec } from '../../pod/validation/validate-pod.ts';
import { claimSpecWarnings } from '../../pod/volume-warnings.ts';
import { statefulsets } from '../../resources.ts';
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../../types/apps/v1.ts';
import type { PodTemplateSpec } from '../../types/core/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPersistentVolumeClaimDefaults } from '../core/persistent-volume-claim.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { selectorText, workloadScale } from './scale.ts';
import { addAtMost100Percent, addCollisionCount, addCounters, addIntOrPercent, addLongRunning, addNotGreater, addSelector, addSelectorMismatch, amountOf, readSelector } from './validation.ts';
import { templateWarnings } from './warnings.ts';

/** Fills in what a stateful set leaves out, in place (upstream's SetDefaults_StatefulSet of apps/v1). */
export function applyStatefulSetDefaults(object: Loose<StatefulSet>): void {
  const spec = (object.spec ??= {});
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (strategy.type === undefined || strategy.type === '') {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) strategy.rollingUpdate.partition ??= 0;
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

/** Several pods at a time: switched off in v1.36, so the field is dropped, in place, unless it stood before. */
function dropMaxUnavailable({ spec }: StatefulSet, old: StatefulSet | undefined): void {
  if (old?.spec?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) delete spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
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

/** What an update lets pass because it cannot change, or stood there before. */
interface SpecOptions {
  readonly isUpdate?: boolean;
  readonly skipTemplate?: boolean;
}

/** The template as its pods will have it: with the volumes of the claims, and with the names that the controller gives. */
function effectiveTemplate({ template = {}, volumeClaimTemplates: claims = [] }: Loose<StatefulSetSpec>): Loose<PodTemplateSpec> {
  const { hostname = '', subdomain = '', volumes = [], ...rest } = template.spec ?? {};
  if (hostname === '' && subdomain === '' && claims.length === 0) return template;
  const names = new Set(claims.map(({ metadata }) => metadata?.name ?? ''));
  const claimed = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...rest, volumes: [...claimed, ...volumes.filter(({ name = '' }) => !names.has(name))] } };
}

function validateTemplate(spec: Loose<StatefulSetSpec>, options: SpecOptions, errors: FieldError[]): void {
  const path = 'spec.template';
  const { selector, template = {} } = spec;
  const parsed = readSelector(selector);
  if (parsed === undefined) errors.push(invalid('spec.selector', selector, ''));
  else {
    const effective = effectiveTemplate(spec);
    if (!parsed.empty) addSelectorMismatch(errors, path, parsed, effective);
    if (options.skipTemplate !== true) validatePodTemplateSpec(effective, path, errors);
    // Upstream looks at the metadata twice.
    const { labels, annotations } = effective.metadata ?? {};
    errors.push(...validateLabels(labels, `${path}.labels`), ...validateAnnotations(annotations, `${path}.annotations`));
    validatePodAnnotations(annotations, effective.spec ?? {}, `${path}.annotations`, errors);
  }
  addLongRunning(errors, path, template, 'StatefulSet');
}

function validateSpec(spec: Loose<StatefulSetSpec>, options: SpecOptions = {}): FieldError[] {
  const errors: FieldError[] = [];
  const { podManagementPolicy = '', persistentVolumeClaimRetentionPolicy: retention, serviceName = '' } = spec;
  if (podManagementPolicy === '') errors.push(required('spec.podManagementPolicy'));
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel') errors.push(invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy', errors);
  if (retention !== undefined) {
    for (const field of ['whenDeleted', 'whenScaled'] as const) {
      const policy = retention[field] ?? '';
      if (policy !== 'Retain' && policy !== 'Delete') errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy, ['Retain', 'Delete']));
    }
  }
  if (options.isUpdate !== true) spec.volumeClaimTemplates?.forEach((claim, i) => validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, errors));
  addNonNegative(errors, 'spec.replicas', spec.replicas);
  addNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  addNonNegative(errors, 'spec.ordinals.start', spec.ordinals?.start);
  if (options.isUpdate !== true && serviceName !== '') addInvalid(errors, 'spec.serviceName', serviceName, dns1123Label(serviceName));
  addSelector(errors, 'spec.selector', spec.selector, 'statefulset');
  validateTemplate(spec, options, errors);
  return errors;
}

const mutableFields = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const;
const immutableMessage = `updates to statefulset spec for fields other than ${mutableFields.slice(0, -1).map((field) => `'${field}'`).join(', ')} and 'minReadySeconds' are forbidden`;

function validateUpdate({ spec = {} }: Loose<StatefulSet>, old: StatefulSet): FieldError[] {
  // A set that was wrong already may keep a template that is wrong.
  const skipTemplate = validateSpec(old.spec ?? {}, { isUpdate: true }).length > 0;
  const errors = validateSpec(spec, { isUpdate: true, skipTemplate });
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

function warnings(object: StatefulSet, old: StatefulSet | undefined): string[] {
  const { spec } = object;
  const found = templateWarnings(object, old);
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
    dropMaxUnavailable(object, undefined);
  },
  validate: ({ spec = {} }: Loose<StatefulSet>) => validateSpec(spec),
  update: {
    prepareForUpdate(object, old, context) {
      dropMaxUnavailable(object, old);
      rules.update.prepareForUpdate!(object, old, context);
    },
    validateUpdate,
  },
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
