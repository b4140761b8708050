import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import { formatLabels, formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable, validateLabelSelector } from '../../meta/object-meta.ts';
import { addNonNegative } from '../../pod/validation/rules.ts';
import { validatePodTemplateSpec } from '../../pod/validation/validate-pod.ts';
import { daemonsets } from '../../resources.ts';
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from '../../types/apps/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration, keepField, statusRules } from '../strategy.ts';
import { addAtMost100Percent, addCollisionCount, addCounters, addIntOrPercent, addLongRunning, addSelectorMismatch, amountOf, readSelector, selectsNothing } from './validation.ts';
import { templateWarnings } from './warnings.ts';

/** Where apps/v1 keeps the generation of the template, which older versions had in the spec. */
export const templateGenerationKey = 'deprecated.daemonset.template.generation';

/** The generation of a daemon set's template; 0 when there is none. */
export function templateGenerationOf({ metadata }: DaemonSet): number {
  const text = metadata.annotations?.[templateGenerationKey] ?? '';
  return /^[0-9]+$/.test(text) ? Number(text) : 0;
}

function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [templateGenerationKey]: String(generation) };
}

/**
 * Fills in what a daemon set leaves out, in place (upstream's SetDefaults_DaemonSet of apps/v1). The annotation is there from
 * the start, as upstream's conversion has it: whoever sends a daemon set is who sets it, even without a word of it.
 */
export function applyDaemonSetDefaults(object: Loose<DaemonSet>): void {
  if (object.metadata !== undefined) (object.metadata.annotations ??= {})[templateGenerationKey] ??= '0';
  const spec = (object.spec ??= {});
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= 1;
    rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  applyPodTemplateDefaults((spec.template ??= {}));
}

function validateStrategy(strategy: Loose<DaemonSetUpdateStrategy>, path: string, errors: FieldError[]): void {
  const { type = '', rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') return void errors.push(notSupported(path, { Type: type, RollingUpdate: rollingUpdate ?? null }, ['RollingUpdate', 'OnDelete']));
  if (rollingUpdate === undefined) return void errors.push(required(at));
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  addIntOrPercent(errors, `${at}.maxUnavailable`, maxUnavailable);
  addIntOrPercent(errors, `${at}.maxSurge`, maxSurge);
  addAtMost100Percent(errors, `${at}.maxUnavailable`, maxUnavailable);
  addAtMost100Percent(errors, `${at}.maxSurge`, maxSurge);
  const [hasUnavailable, hasSurge] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (hasUnavailable && hasSurge) errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!hasUnavailable && !hasSurge) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

/** `allowInvalidValues`: label values that cannot be stood in the selector before. */
function validateSpec(spec: Loose<DaemonSetSpec>, options: { readonly allowInvalidValues?: boolean } = {}): FieldError[] {
  const { selector, template = {} } = spec;
  const errors = validateLabelSelector(selector as LabelSelector | undefined, 'spec.selector', options);
  const parsed = readSelector(selector);
  if (parsed !== undefined) addSelectorMismatch(errors, 'spec.template', parsed, template);
  if (selector !== undefined && selectsNothing(selector)) errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'));
  validatePodTemplateSpec(template, 'spec.template', errors);
  addLongRunning(errors, 'spec.template', template, 'DaemonSet');
  addNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy', errors);
  addNonNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  return errors;
}

function validateStatus({ status }: DaemonSet, old: DaemonSet): FieldError[] {
  const errors: FieldError[] = [];
  if (status === undefined) return errors;
  addCounters(errors, status, ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount']);
  addCollisionCount(errors, status.collisionCount, old.status?.collisionCount);
  return errors;
}

const count = (name: string, of: (status: NonNullable<DaemonSet['status']>) => number | undefined) =>
  column<DaemonSet>(name, ({ status }) => (status === undefined ? 0 : (of(status) ?? 0)), { type: 'integer' });

export const daemonSetDefinition: ResourceDefinition<DaemonSet> = {
  type: daemonsets,
  allowUnconditionalUpdate: true,
  applyDefaults: applyDaemonSetDefaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    setTemplateGeneration(object, Math.max(1, templateGenerationOf(object)));
  },
  validate: ({ spec = {} }: Loose<DaemonSet>) => validateSpec(spec),
  update: {
    validateUpdate: ({ spec = {} }: Loose<DaemonSet>, old) => [
      ...validateImmutable('spec.selector', spec.selector, old.spec?.selector),
      ...validateSpec(spec, { allowInvalidValues: validateLabelSelector(old.spec?.selector, '').length > 0 }),
    ],
    prepareForUpdate(object, old) {
      keepField(object, old, 'status');
      bumpGeneration(object, old);
      const changed = !semanticEqual(object.spec?.template, old.spec?.template);
      setTemplateGeneration(object, templateGenerationOf(old) + Number(changed));
    },
  },
  subresources: { status: statusRules<DaemonSet>(validateStatus) },
  warnings: templateWarnings,
  columns: [
    nameColumn,
    count('Desired', (status) => status.desiredNumberScheduled),
    count('Current', (status) => status.currentNumberScheduled),
    count('Ready', (status) => status.numberReady),
    count('Up-to-date', (status) => status.updatedNumberScheduled),
    count('Available', (status) => status.numberAvailable),
    column('Node Selector', ({ spec }) => formatLabels(spec?.template.spec?.nodeSelector)),
    ageColumn,
    ...containerColumns<DaemonSet>(({ spec }) => spec?.template.spec?.containers),
    column('Selector', ({ spec }) => formatLabelSelector(spec?.selector), { wide: true }),
  ],
};
