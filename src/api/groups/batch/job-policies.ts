/** When a job fails or succeeds before its time: pod failure policies and success policies. */
import { duplicate, invalid, invalidOmitted, notSupported, required, tooLong, tooMany } from '../../field-error.ts';
import type { FieldError } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { qualifiedName } from '../../meta/validation.ts';
import { addInvalid, addNonNegative } from '../../pod/validation/rules.ts';
import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule, SuccessPolicyRule } from '../../types/batch/v1.ts';

type Errors = FieldError[];
type Spec = Loose<JobSpec>;

const maxRules = 20;
const maxPatterns = 20;
const maxExitCodes = 255;
const maxIndexesLength = 64 * 1024;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const conditionStatuses = ['False', 'True', 'Unknown'];

/** Must be given; the message for a missing value lists the good ones. */
function addChoice(errors: Errors, path: string, value: string, supported: readonly string[]): void {
  if (value === '') errors.push(required(path, `valid values: [${supported.map((one) => JSON.stringify(one)).join(' ')}]`));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

function validateExitCodes({ containerName, operator = '', values = [] }: Loose<PodFailurePolicyOnExitCodesRequirement>, path: string, names: ReadonlySet<string>, errors: Errors): void {
  addChoice(errors, `${path}.operator`, operator, operators);
  if (containerName !== undefined && !names.has(containerName)) errors.push(invalid(`${path}.containerName`, containerName, 'must be one of the container or initContainer names in the pod template'));
  const at = `${path}.values`;
  if (values.length === 0) errors.push(invalid(at, values, 'at least one value is required'));
  else if (values.length > maxExitCodes) errors.push(tooMany(at, values.length, maxExitCodes));
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0) errors.push(invalid(`${at}[${i}]`, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(`${at}[${i}]`, value));
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && values[i - 1]! > value)) errors.push(invalid(at, values, 'must be ordered'));
}

function validatePattern({ type = '', status = '' }: Loose<PodFailurePolicyOnPodConditionsPattern>, path: string, errors: Errors): void {
  addInvalid(errors, `${path}.type`, type, qualifiedName(type));
  addChoice(errors, `${path}.status`, status, conditionStatuses);
}

function validateFailureRule(rule: Loose<PodFailurePolicyRule>, path: string, spec: Spec, names: ReadonlySet<string>, errors: Errors): void {
  const { action = '', onExitCodes, onPodConditions = [] } = rule;
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) errors.push(invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  addChoice(errors, `${path}.action`, action, actions);
  if (onExitCodes !== undefined) validateExitCodes(onExitCodes, `${path}.onExitCodes`, names, errors);
  if (onPodConditions.length > maxPatterns) errors.push(tooMany(`${path}.onPodConditions`, onPodConditions.length, maxPatterns));
  onPodConditions.forEach((pattern, i) => validatePattern(pattern, `${path}.onPodConditions[${i}]`, errors));
  if (onExitCodes !== undefined && onPodConditions.length > 0) errors.push(invalidOmitted(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (onExitCodes === undefined && onPodConditions.length === 0) errors.push(invalidOmitted(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
}

export function validatePodFailurePolicy(spec: Spec, path: string, errors: Errors): void {
  const { podFailurePolicy } = spec;
  if (podFailurePolicy === undefined) return;
  const { rules = [] } = podFailurePolicy;
  if (rules.length > maxRules) errors.push(tooMany(`${path}.rules`, rules.length, maxRules));
  const pod = spec.template?.spec;
  const names = new Set([...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name = '' }) => name));
  rules.forEach((rule, i) => validateFailureRule(rule, `${path}.rules[${i}]`, spec, names, errors));
}

type Interval = readonly [first: number, last: number];

/** Reads `5` or `0-2`. Answers what is wrong with the text otherwise. */
function readInterval(text: string, completions: number): Interval | { readonly wrong: string } {
  const ends = text.split('-');
  if (ends.length > 2) return { wrong: `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'` };
  for (const end of ends) {
    if (!/^[+-]?[0-9]+$/.test(end)) return { wrong: `cannot convert string to integer for index: ${JSON.stringify(end)}` };
    if (Number(end) >= completions) return { wrong: `too large index: ${JSON.stringify(end)}` };
  }
  const [first, last] = [Number(ends[0]), Number(ends.at(-1))];
  return ends.length === 2 && first >= last ? { wrong: `non-increasing order, previous: ${first}, current: ${last}` } : [first, last];
}

/** Counts the indexes that `0-2,5` names. Answers what is wrong with the text otherwise. */
export function countIndexes(text: string, completions: number): number | { readonly wrong: string } {
  if (text === '') return 0;
  let total = 0;
  let previous = -1;
  for (const part of text.split(',')) {
    const interval = readInterval(part, completions);
    if ('wrong' in interval) return interval;
    const [first, last] = interval;
    if (first <= previous) return { wrong: `non-increasing order, previous: ${previous}, current: ${first}` };
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** The first index that is in both texts. Intervals that cannot be read are passed over, like an order that is wrong. */
export function overlappingIndex(completed: string, failed: string, completions: number): number | undefined {
  if (completed === '' || failed === '') return undefined;
  const read = (text: string): Interval[] => text.split(',').flatMap((part) => {
    const interval = readInterval(part, completions);
    return 'wrong' in interval ? [] : [interval];
  });
  const [left, right] = [read(completed), read(failed)];
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    const [[a, b], [c, d]] = [left[i]!, right[j]!];
    if (a <= d && c <= b) return Math.max(a, c);
    if (a <= c) i++;
    else j++;
  }
  return undefined;
}

function validateSuccessRule({ succeededCount, succeededIndexes }: Loose<SuccessPolicyRule>, path: string, completions: number | undefined, errors: Errors): void {
  if (succeededCount === undefined && succeededIndexes === undefined) errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  let indexes: number | undefined;
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    if (succeededIndexes.length > maxIndexesLength) errors.push(tooLong(at, maxIndexesLength));
    const counted = countIndexes(succeededIndexes, completions ?? 0);
    if (typeof counted === 'number') indexes = counted;
    else {
      indexes = 0;
      errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${counted.wrong}`));
    }
  }
  if (succeededCount === undefined) return;
  const at = `${path}.succeededCount`;
  addNonNegative(errors, at, succeededCount);
  if (completions !== undefined && succeededCount > completions) errors.push(invalid(at, succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (indexes !== undefined && succeededCount > indexes) errors.push(invalid(at, succeededCount, `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`));
}

export function validateSuccessPolicy(spec: Spec, path: string, errors: Errors): void {
  const { successPolicy, completionMode, completions } = spec;
  if (successPolicy === undefined) return;
  if (completionMode !== 'Indexed') return void errors.push(invalid(path, successPolicy, 'requires indexed completion mode'));
  const { rules = [] } = successPolicy;
  if (rules.length === 0) errors.push(required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > maxRules) errors.push(tooMany(`${path}.rules`, rules.length, maxRules));
  rules.forEach((rule, i) => validateSuccessRule(rule, `${path}.rules[${i}]`, completions, errors));
}
