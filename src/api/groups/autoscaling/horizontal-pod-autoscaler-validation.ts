/** What a HorizontalPodAutoscaler and its status must say. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { addNonNegative, addOptionalEnum, negativeMessage, notPositiveMessage } from '../../pod/validation/rules.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../types/autoscaling/v2.ts';
import { addMetric, addReference, apiVersionError } from './metric-validation.ts';
import type { ReferenceOptions } from './metric-validation.ts';

type Errors = FieldError[];
type Autoscaler = Loose<HorizontalPodAutoscaler>;

const maxPeriodSeconds = 1800;
const maxStabilizationWindowSeconds = 3600;
const selectPolicies = ['Disabled', 'Max', 'Min'];
const policyTypes = ['Percent', 'Pods'];

function addRules(errors: Errors, path: string, rules: Loose<HPAScalingRules> | undefined): void {
  if (rules === undefined) return;
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  if (window < 0) errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window > maxStabilizationWindowSeconds) errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`));
  addOptionalEnum(errors, `${path}.selectPolicy`, selectPolicy, selectPolicies);
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach(({ type = '', value = 0, periodSeconds = 0 }, i) => {
    const at = `${path}.policies[${i}]`;
    addOptionalEnum(errors, `${at}.type`, type, policyTypes);
    if (value <= 0) errors.push(invalid(`${at}.value`, value, notPositiveMessage));
    if (periodSeconds <= 0) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, notPositiveMessage));
    if (periodSeconds > maxPeriodSeconds) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`));
  });
  if (tolerance !== undefined && compareQuantity(tolerance, '0') < 0) errors.push(invalid(`${path}.tolerance`, tolerance, negativeMessage));
}

/** The only kind of the core group that has a scale is named without a group. */
function targetOptions({ spec }: Autoscaler, old: Autoscaler | undefined): ReferenceOptions {
  const { apiVersion = '', kind = '' } = spec?.scaleTargetRef ?? {};
  const before = old?.spec?.scaleTargetRef ?? {};
  if (old !== undefined && (before.apiVersion ?? '') === apiVersion && (before.kind ?? '') === kind) return { anyVersion: true, coreGroup: false };
  return { anyVersion: false, coreGroup: kind === 'ReplicationController' };
}

function metricOptions(old: Autoscaler | undefined): ReferenceOptions {
  const options = { anyVersion: false, coreGroup: true };
  const wrong = old?.spec?.metrics?.some(({ type, object }) => type === 'Object' && object !== undefined && apiVersionError(object.describedObject?.apiVersion ?? '', options) !== '');
  return { ...options, anyVersion: wrong === true };
}

/** `old`: what an update replaces; what was already wrong there is let be. */
export function validateAutoscaler(autoscaler: Autoscaler, old?: Autoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = autoscaler.spec ?? {};
  // Scaling to zero is behind a feature that is off; what is there may stay.
  const lowest = old?.spec?.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < lowest) errors.push(invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${lowest}`));
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (maxReplicas < 0) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  addReference(errors, 'spec.scaleTargetRef', scaleTargetRef, targetOptions(autoscaler, old));
  const options = metricOptions(old);
  metrics.forEach((metric, i) => addMetric(errors, `spec.metrics[${i}]`, metric, options));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  addRules(errors, 'spec.behavior.scaleUp', behavior?.scaleUp);
  addRules(errors, 'spec.behavior.scaleDown', behavior?.scaleDown);
  return errors;
}

/** The status that the controller writes. */
export function validateAutoscalerStatus({ status }: Autoscaler): FieldError[] {
  const errors: FieldError[] = [];
  addNonNegative(errors, 'status.currentReplicas', status?.currentReplicas);
  addNonNegative(errors, 'status.desiredReplicas', status?.desiredReplicas);
  return errors;
}
