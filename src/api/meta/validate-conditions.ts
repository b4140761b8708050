import type { FieldError } from '../field-error.ts';
import { duplicate, invalid, notSupported, required, tooLong } from '../field-error.ts';
import type { Condition } from '../types/meta/v1.ts';
import type { Loose } from './loose.ts';
import { byteLength, qualifiedName, regexMessage } from './validation.ts';

const statuses = ['False', 'True', 'Unknown'];
const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonRegex = new RegExp(`^${reasonFormat}$`);
const reasonMessage = regexMessage("a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'", reasonFormat, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB');
const maxReasonBytes = 1024;
const maxMessageBytes = 32 * 1024;

function validateCondition({ type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' }: Loose<Condition>, path: string): FieldError[] {
  const errors = qualifiedName(type).map((wrong) => invalid(`${path}.type`, type, wrong));
  if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses));
  if (observedGeneration < 0) errors.push(invalid(`${path}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'));
  if ((lastTransitionTime ?? '') === '') errors.push(required(`${path}.lastTransitionTime`));
  if (reason === '') errors.push(required(`${path}.reason`));
  else {
    if (!reasonRegex.test(reason)) errors.push(invalid(`${path}.reason`, reason, reasonMessage));
    if (byteLength(reason) > maxReasonBytes) errors.push(tooLong(`${path}.reason`, maxReasonBytes));
  }
  if (byteLength(message) > maxMessageBytes) errors.push(tooLong(`${path}.message`, maxMessageBytes));
  return errors;
}

/** Conditions of the general form (metav1.Condition): complete, and each type once. */
export function validateConditions(conditions: readonly Loose<Condition>[] = [], path: string): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap((condition, i) => {
    const { type = '' } = condition;
    const repeated = seen.has(type) ? [duplicate(`${path}[${i}].type`, type)] : [];
    seen.add(type);
    return [...repeated, ...validateCondition(condition, `${path}[${i}]`)];
  });
}
