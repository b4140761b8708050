/** Tolerations, scheduling and readiness gates, and how pods are spread. */
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { labelValue, qualifiedName } from '../../meta/validation.ts';
import type { PodReadinessGate, PodSchedulingGate, Toleration, TopologySpreadConstraint } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { Errors } from './rules.ts';
import { addInvalid, addOptionalEnum, notPositiveMessage } from './rules.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly Loose<Toleration>[] | undefined, path: string, errors: Errors): void {
  tolerations?.forEach(({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, i) => {
    const at = `${path}[${i}]`;
    if (key !== '') addInvalid(errors, `${at}.key`, key, qualifiedName(key));
    else if (operator !== 'Exists') errors.push(invalid(`${at}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === 'Equal' || operator === '') {
      const wrong = labelValue(value);
      if (wrong.length > 0) errors.push(invalid(`${at}.operator`, value, wrong.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else {
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    }
    if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
  });
}

export function validateSchedulingGates(gates: readonly Loose<PodSchedulingGate>[] | undefined, path: string, errors: Errors): void {
  const seen = new Set<string>();
  gates?.forEach(({ name = '' }, i) => {
    addInvalid(errors, `${path}[${i}]`, name, qualifiedName(name));
    if (seen.has(name)) errors.push(duplicate(`${path}[${i}]`, name));
    seen.add(name);
  });
}

export function validateReadinessGates(gates: readonly Loose<PodReadinessGate>[] | undefined, path: string, errors: Errors): void {
  gates?.forEach(({ conditionType = '' }, i) => addInvalid(errors, `${path}[${i}].conditionType`, conditionType, qualifiedName(conditionType)));
}

function validateMatchLabelKeys(keys: readonly string[] | undefined, selector: Loose<LabelSelector> | undefined, path: string, errors: Errors): void {
  if (keys === undefined || keys.length === 0) return;
  if (selector === undefined) errors.push(forbidden(path, 'must not be specified when labelSelector is not set'));
  const expressions = selector?.matchExpressions ?? [];
  keys.forEach((key, i) => {
    const at = `${path}[${i}]`;
    addInvalid(errors, at, key, qualifiedName(key));
    // On creation a key has become an expression already: twice means that the user wrote it, too.
    const uses = Number(selector?.matchLabels !== undefined && Object.hasOwn(selector.matchLabels, key)) + expressions.filter((one) => one.key === key).length;
    if (uses > 1) errors.push(invalid(at, key, 'exists in both matchLabelKeys and labelSelector'));
  });
}

export function validateTopologySpread(constraints: readonly Loose<TopologySpreadConstraint>[] | undefined, path: string, errors: Errors): void {
  const last = new Map((constraints ?? []).map(({ topologyKey = '', whenUnsatisfiable = '' }, i) => [`${whenUnsatisfiable} ${topologyKey}`, i]));
  constraints?.forEach((constraint, i) => {
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains, labelSelector } = constraint;
    const at = `${path}[${i}]`;
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, notPositiveMessage));
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    addOptionalEnum(errors, `${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']);
    if (last.get(`${whenUnsatisfiable} ${topologyKey}`) !== i) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${at}.minDomains`, minDomains, notPositiveMessage));
      if (whenUnsatisfiable !== 'DoNotSchedule') errors.push(invalid(`${at}.minDomains`, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`));
    }
    addOptionalEnum(errors, `${at}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, ['Honor', 'Ignore']);
    addOptionalEnum(errors, `${at}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, ['Honor', 'Ignore']);
    validateMatchLabelKeys(constraint.matchLabelKeys, labelSelector, `${at}.matchLabelKeys`, errors);
    errors.push(...validateLabelSelector(labelSelector as LabelSelector | undefined, `${at}.labelSelector`));
  });
}
