/** What the rules of workloads share: selectors that match their templates, amounts, and status counters. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { labelSelectorAsSelector, SelectorError } from '../../meta/labels.ts';
import type { Selector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { percent } from '../../meta/validation.ts';
import { percentOf } from '../../meta/int-or-string.ts';
import { addInvalid, addNonNegative } from '../../pod/validation/rules.ts';
import { validatePodTemplateSpec } from '../../pod/validation/validate-pod.ts';
import type { PodTemplateSpec } from '../../types/core/v1.ts';
import type { IntOrString, LabelSelector } from '../../types/meta/v1.ts';

type Errors = FieldError[];

export const selectorMismatch = '`selector` does not match template `labels`';

/** The selector; undefined for one that cannot be read. A missing one matches nothing. */
export function readSelector(selector: Loose<LabelSelector> | undefined): Selector | undefined {
  try {
    return labelSelectorAsSelector(selector as LabelSelector | undefined);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** Does the selector say anything at all? */
export const selectsNothing = (selector: Loose<LabelSelector>): boolean => Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** A map as Go's JSON shows it: sorted by key. */
export const sortedLabels = (labels: Readonly<Record<string, string>> | undefined): Record<string, string> | null => (labels === undefined ? null : Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));

/** The template's labels must be what the selector asks for; `path` is that of the template. */
export function addSelectorMismatch(errors: Errors, path: string, selector: Selector, template: Loose<PodTemplateSpec>): void {
  const { labels } = template.metadata ?? {};
  if (!selector.matches(labels)) errors.push(invalid(`${path}.metadata.labels`, sortedLabels(labels), selectorMismatch));
}

/** A selector that must be given and not be empty; `kind` as upstream's message calls it. */
export function addSelector(errors: Errors, path: string, selector: Loose<LabelSelector> | undefined, kind: string): void {
  if (selector === undefined) return void errors.push(required(path));
  errors.push(...validateLabelSelector(selector as LabelSelector, path));
  if (selectsNothing(selector)) errors.push(invalid(path, selector, `empty selector is invalid for ${kind}`));
}

/** Pods of these kinds run for ever: restarted always, and without a deadline. `path` is that of the template. */
export function addLongRunning(errors: Errors, path: string, template: Loose<PodTemplateSpec>, kind: string): void {
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always']));
  if (activeDeadlineSeconds !== undefined) errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`));
}

/** The template of a replica set, or of a deployment, which words it the same; `path` is that of the template. */
export function validateReplicaTemplate(template: Loose<PodTemplateSpec> | undefined, selector: Selector, path: string, errors: Errors, kind = 'ReplicaSet'): void {
  if (template === undefined) return void errors.push(required(path));
  if (!selector.empty) addSelectorMismatch(errors, path, selector, template);
  validatePodTemplateSpec(template, path, errors);
  addLongRunning(errors, path, template, kind);
}

/** A number that is not negative, or a percentage. */
export function addIntOrPercent(errors: Errors, path: string, value: IntOrString): void {
  if (typeof value === 'number') addNonNegative(errors, path, value);
  else addInvalid(errors, path, value, percent(value));
}

/** The number before the `%`, or the number itself. */
export function amountOf(value: IntOrString): number {
  return typeof value === 'number' ? value : (percentOf(value) ?? (Number.parseInt(value, 10) || 0));
}

export function addAtMost100Percent(errors: Errors, path: string, value: IntOrString): void {
  if (typeof value === 'string' && (percentOf(value) ?? 0) > 100) errors.push(invalid(path, value, 'must not be greater than 100%'));
}

/** Status counters may not be negative. */
export function addCounters<T extends object>(errors: Errors, status: T, fields: readonly (keyof T & string)[]): void {
  for (const field of fields) addNonNegative(errors, `status.${field}`, status[field] as number | undefined);
}

/** Counters of pods are no more than there are pods. `than`: how upstream names the larger one. */
export function addNotGreater(errors: Errors, field: string, value = 0, most = 0, than = 'status.replicas'): void {
  if (value > most) errors.push(invalid(`status.${field}`, value, `cannot be greater than ${than}`));
}

/** Controllers count collisions upwards. */
export function addCollisionCount(errors: Errors, count: number | undefined, old: number | undefined): void {
  if (old !== undefined && (count === undefined || count < old)) errors.push(invalid('status.collisionCount', count ?? 0, 'cannot be decremented'));
}
