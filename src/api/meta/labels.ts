import type { FieldError } from '../field-error.ts';
import { formatFieldErrors, invalid } from '../field-error.ts';
import type { LabelSelector } from '../types/meta/v1.ts';
import { labelValue, qualifiedName } from './validation.ts';

export type Labels = Readonly<Record<string, string>>;

/** Upstream's selection operators, as they are named in messages. */
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

const binaryOperators: readonly SelectorOperator[] = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** Sorted, without repeats. */
  readonly values: readonly string[];
}

/** Chooses objects by their labels. Immutable. `String(selector)` is its canonical text. */
export interface Selector {
  /** Sorted by key. */
  readonly requirements: readonly Requirement[];
  /** True for a selector that matches everything. */
  readonly empty: boolean;
  matches(labels: Labels | undefined): boolean;
  /** The one value that `key` must have, where the selector asks for a single one. */
  requiredValue(key: string): string | undefined;
  toString(): string;
}

/** A selector that cannot be understood; the message is upstream's. */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

const noLabels: Labels = {};
const int64 = /^[+-]?[0-9]{1,19}$/;

function satisfied(requirement: Requirement, labels: Labels): boolean {
  const { key, values } = requirement;
  const actual = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (requirement.operator) {
    case '=': case '==': case 'in': return actual !== undefined && values.includes(actual);
    case '!=': case 'notin': return actual === undefined || !values.includes(actual);
    case 'exists': return actual !== undefined;
    case '!': return actual === undefined;
    case 'gt': case 'lt': {
      if (actual === undefined || !int64.test(actual)) return false;
      const [left, right] = [BigInt(actual), BigInt(values[0]!)];
      return requirement.operator === 'gt' ? left > right : left < right;
    }
  }
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const list = [...values].sort().join(',');
  switch (operator) {
    case '=': case '==': case '!=': return `${key}${operator}${list}`;
    case 'in': case 'notin': return `${key} ${operator} (${list})`;
    case 'gt': return `${key}>${list}`;
    case 'lt': return `${key}<${list}`;
    case 'exists': return key;
    case '!': return `!${key}`;
  }
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : Number(a.key > b.key));

class RequirementsSelector implements Selector {
  readonly requirements: readonly Requirement[];

  constructor(requirements: readonly Requirement[]) {
    this.requirements = requirements.toSorted(byKey);
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(labels: Labels = noLabels): boolean {
    for (const requirement of this.requirements) if (!satisfied(requirement, labels)) return false;
    return true;
  }

  requiredValue(key: string): string | undefined {
    const found = this.requirements.find((requirement) => requirement.key === key);
    return found !== undefined && ['=', '==', 'in'].includes(found.operator) && found.values.length === 1 ? found.values[0] : undefined;
  }

  toString(): string {
    return this.requirements.map(formatRequirement).join(',');
  }
}

/** Matches everything. */
export const everything: Selector = new RequirementsSelector([]);

/** Matches nothing: what a missing label selector means. */
export const nothing: Selector = { requirements: [], empty: false, matches: () => false, requiredValue: () => undefined, toString: () => '' };

/** Matches objects that have all of these labels; everything when there are none. Does not validate. */
export function selectorFromLabels(labels: Labels | undefined): Selector {
  return new RequirementsSelector(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=' as const, values: [value] })));
}

/** What is wrong with one requirement, worded as `labels.NewRequirement` words it. */
function requirementErrors({ key, operator, values }: Requirement): FieldError[] {
  const errors: FieldError[] = [];
  const keyErrors = qualifiedName(key);
  if (keyErrors.length > 0) errors.push(invalid('key', key, keyErrors.join('; ')));
  const bad = (detail: string): void => {
    errors.push({ reason: 'FieldValueInvalid', field: 'values', message: `Invalid value: []string{${values.map((value) => JSON.stringify(value)).join(', ')}}: ${detail}` });
  };
  switch (operator) {
    case 'in': case 'notin':
      if (values.length === 0) bad("for 'in', 'notin' operators, values set can't be empty");
      break;
    case '=': case '==': case '!=':
      if (values.length !== 1) bad('exact-match compatibility requires one single value');
      break;
    case 'exists': case '!':
      if (values.length > 0) bad('values set must be empty for exists and does not exist');
      break;
    case 'gt': case 'lt':
      if (values.length !== 1) bad("for 'Gt', 'Lt' operators, exactly one value is required");
      values.forEach((value, i) => {
        if (!int64.test(value)) errors.push(invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      });
      break;
  }
  values.forEach((value, i) => {
    const wrong = labelValue(value);
    if (wrong.length > 0) errors.push(invalid(`values[${i}][${key}]`, value, wrong.join('; ')));
  });
  return errors;
}

/** A checked requirement. Throws SelectorError. */
export function newRequirement(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
  const requirement: Requirement = { key, operator, values };
  const errors = requirementErrors(requirement);
  if (errors.length > 0) throw new SelectorError(formatFieldErrors(errors));
  return requirement;
}

/** A selector made of requirements that were checked by `newRequirement`. */
export function selectorOf(requirements: readonly Requirement[]): Selector {
  return requirements.length === 0 ? everything : new RequirementsSelector(requirements);
}

const labelSelectorOperators: Readonly<Record<string, SelectorOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** `metav1.LabelSelectorAsSelector`: undefined matches nothing, an empty one everything. Throws SelectorError. */
export function labelSelectorAsSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothing;
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => newRequirement(key, '=', [value]));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const known = labelSelectorOperators[operator];
    if (known === undefined) throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(newRequirement(key, known, [...values]));
  }
  return selectorOf(requirements);
}

/** `metav1.FormatLabelSelector`: the text of a label selector for people; `<none>` for one without requirements. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  try {
    return labelSelectorAsSelector(selector).toString() || '<none>';
  } catch (error) {
    if (error instanceof SelectorError) return '<error>';
    throw error;
  }
}

/** `labels.FormatLabels`: `a=b,c=d`, or `<none>`. */
export function formatLabels(labels: Labels | undefined): string {
  return Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`).sort().join(',') || '<none>';
}

export { binaryOperators };
