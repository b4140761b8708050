import type { FieldRequirement } from '../../api/meta/fields.ts';
import { parseFieldSelector } from '../../api/meta/fields.ts';
import { parseLabelSelector } from '../../api/meta/label-selector-parser.ts';
import type { Requirement, SelectorOperator } from '../../api/meta/labels.ts';
import { newRequirement, SelectorError } from '../../api/meta/labels.ts';
import type { FieldSelectorAttributes, LabelSelectorAttributes } from '../../api/types/authorization/v1.ts';
import type { FieldSelectorRequirement, LabelSelectorRequirement } from '../../api/types/meta/v1.ts';

/** What a list, watch or deletion of a collection is narrowed to. Reading it may parse: only for those who need it. */
export interface RequestedSelectors {
  readonly fields: readonly FieldRequirement[];
  readonly labels: readonly Requirement[];
}

/** The value that a field must have; undefined when it is not asked for. */
export function requiredFieldValue(selectors: RequestedSelectors | undefined, field: string): string | undefined {
  return selectors?.fields.find((one) => one.field === field && one.operator === '=')?.value;
}

/** Requirements on fields as an access review tells them. */
export function fieldRequirementsForReview(fields: readonly FieldRequirement[]): FieldSelectorRequirement[] {
  return fields.map(({ field, operator, value }) => ({ key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] }));
}

const reviewOperators: Readonly<Partial<Record<Requirement['operator'], string>>> = { '=': 'In', '==': 'In', in: 'In', '!=': 'NotIn', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' };

/** Requirements on labels as an access review tells them; those that it has no word for (gt, lt) are left out: they only narrow. */
export function labelRequirementsForReview(labels: readonly Requirement[]): LabelSelectorRequirement[] {
  return labels.flatMap(({ key, operator, values }) => {
    const told = reviewOperators[operator];
    return told === undefined ? [] : [{ key, operator: told, ...(values.length > 0 && { values: [...values] }) }];
  });
}

/** What of a selector could be understood. `isPartial`: not all of it. Leaving requirements out only widens the question. */
export interface UnderstoodSelector<T> {
  readonly requirements: readonly T[];
  readonly isPartial: boolean;
}

const nothing = { requirements: [], isPartial: false };

function understood<I, O>(items: readonly I[], convert: (item: I) => O | undefined): UnderstoodSelector<O> {
  const requirements = items.map(convert).filter((one): one is NonNullable<typeof one> => one !== undefined);
  return { requirements, isPartial: requirements.length < items.length };
}

function parsed<T>(text: string, parse: (text: string) => { readonly requirements: readonly T[] }): UnderstoodSelector<T> {
  try {
    return { requirements: parse(text).requirements, isPartial: false };
  } catch (error) {
    if (error instanceof SelectorError) return { requirements: [], isPartial: true };
    throw error;
  }
}

/** The requirements on fields of an access review. Only single values can be understood, as upstream has it. */
export function fieldsOfReview(selector: FieldSelectorAttributes | undefined): UnderstoodSelector<FieldRequirement> {
  if (selector === undefined) return nothing;
  const { requirements = [], rawSelector = '' } = selector;
  if (requirements.length === 0) return rawSelector === '' ? nothing : parsed(rawSelector, parseFieldSelector);
  return understood(requirements, ({ key, operator, values = [] }) => {
    if (values.length !== 1 || (operator !== 'In' && operator !== 'NotIn')) return undefined;
    return { field: key, operator: operator === 'In' ? '=' as const : '!=' as const, value: values[0]! };
  });
}

const selectorOperators: Readonly<Record<string, SelectorOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** The requirements on labels of an access review. */
export function labelsOfReview(selector: LabelSelectorAttributes | undefined): UnderstoodSelector<Requirement> {
  if (selector === undefined) return nothing;
  const { requirements = [], rawSelector = '' } = selector;
  if (requirements.length === 0) return rawSelector === '' ? nothing : parsed(rawSelector, parseLabelSelector);
  return understood(requirements, ({ key, operator, values = [] }) => {
    const known = Object.hasOwn(selectorOperators, operator) ? selectorOperators[operator] : undefined;
    if (known === undefined) return undefined;
    try {
      return newRequirement(key, known, values);
    } catch (error) {
      if (error instanceof SelectorError) return undefined;
      throw error;
    }
  });
}
