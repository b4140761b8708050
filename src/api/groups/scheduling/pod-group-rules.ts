/**
 * What pod groups and their templates have in common. Upstream checks both by the marks in their types: an error shows
 * no value where only the field matters, and what did not change is not looked at again.
 */
import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage } from '../../meta/object-meta.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import type { PodGroupSchedulingPolicy, PodGroupSpec, PodGroupTemplate } from '../../types/scheduling/v1alpha2.ts';

/** A text that must be given, and follow a rule. */
export function addFormatted(errors: Errors, path: string, value: string | undefined, rule: (value: string) => string[]): void {
  if (value === undefined || value === '') errors.push(required(path));
  else addInvalid(errors, path, value, rule(value));
}

/** Exactly one of the members that have a name here must be given. */
export function addOneOf<T extends object>(errors: Errors, path: string, union: T, members: readonly (keyof T & string)[]): void {
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const given = members.filter((member) => union[member] !== undefined);
  if (given.length === 0) errors.push(invalid(path, '', `must specify one of: ${quoted(members)}`));
  else if (given.length > 1) errors.push(invalid(path, `{${quoted(given)}}`, `must specify exactly one of: ${quoted(members)}`));
}

/** How a group is scheduled: pod by pod, or all at once. */
export function validateSchedulingPolicy(policy: Loose<PodGroupSchedulingPolicy>, path: string, errors: Errors): void {
  addOneOf(errors, path, policy, ['basic', 'gang']);
  if (policy.gang === undefined) return;
  const { minCount = 0 } = policy.gang;
  if (minCount === 0) errors.push(required(`${path}.gang.minCount`));
  else if (minCount < 1) errors.push(invalid(`${path}.gang.minCount`, minCount, 'must be greater than or equal to 1'));
}

/** A field that must stay. */
export function addFixed(errors: FieldError[], path: string, value: unknown, old: unknown): void {
  if (!semanticEqual(value, old)) errors.push(invalid(path, null, immutableMessage));
}

/** Fields of features that are alpha, and that nobody can switch on. */
const alphaFields = ['schedulingConstraints', 'resourceClaims', 'disruptionMode', 'priorityClassName', 'priority'] as const;
type Grouped = Loose<PodGroupSpec> | Loose<PodGroupTemplate>;

/** Drops what belongs to alpha features, in place, unless it stood before. */
export function dropAlphaFields(spec: Grouped, old: Grouped | undefined): void {
  for (const field of alphaFields) if (old?.[field] === undefined) delete spec[field];
}
