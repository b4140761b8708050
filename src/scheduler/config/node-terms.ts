/** What is wrong with node selector terms that a configuration adds to every pod's (upstream's component-helpers). */
import type { FieldError } from '../../api/field-error.ts';
import { invalid, notSupported } from '../../api/field-error.ts';
import { labelValue, qualifiedName } from '../../api/meta/validation.ts';
import type { NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm } from '../../api/types/core/v1.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

function valuesErrors({ operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  if (operator === 'In' || operator === 'NotIn') return values.length === 0 ? [invalid(path, values, "for 'in', 'notin' operators, values set can't be empty")] : [];
  if (operator === 'Exists' || operator === 'DoesNotExist') return values.length === 0 ? [] : [invalid(path, values, 'values set must be empty for exists and does not exist')];
  return [
    ...(values.length === 1 ? [] : [invalid(path, values, "for 'Gt', 'Lt' operators, exactly one value is required")]),
    ...values.flatMap((value, i) => (/^[+-]?\d+$/.test(value) ? [] : [invalid(`${path}[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")])),
  ];
}

function expressionErrors(expression: NodeSelectorRequirement, path: string): FieldError[] {
  const { key, operator, values = [] } = expression;
  if (!operators.includes(operator)) return [notSupported(`${path}.operator`, operator, operators)];
  const joined = (at: string, value: string, problems: readonly string[]): FieldError[] => (problems.length === 0 ? [] : [invalid(at, value, problems.join('; '))]);
  return [
    ...joined(`${path}.key`, key, qualifiedName(key)),
    ...valuesErrors(expression, `${path}.values`),
    ...values.flatMap((value, i) => joined(`${path}.values[${i}][${key}]`, value, labelValue(value))),
  ];
}

function fieldErrors({ operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  if (operator !== 'In' && operator !== 'NotIn') return [notSupported(`${path}.operator`, operator, ['In', 'NotIn'])];
  return values.length === 1 ? [] : [invalid(`${path}.values`, values, 'must have one element')];
}

const termErrors = ({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, path: string): FieldError[] => [
  ...matchExpressions.flatMap((one, i) => expressionErrors(one, `${path}.matchExpressions[${i}]`)),
  ...matchFields.flatMap((one, i) => fieldErrors(one, `${path}.matchFields[${i}]`)),
];

/** Of what is required of all nodes, and preferred. */
export function addedAffinityErrors({ requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred = [] }: NodeAffinity, path: string): FieldError[] {
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, i) => termErrors(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`)),
    ...preferred.flatMap(({ weight, preference }, i) => (weight === 0 ? [] : termErrors(preference, `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`))),
  ];
}
