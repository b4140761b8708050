import type { FieldError } from '../field-error.ts';
import { duplicate, invalid, notSupported, required, tooLong } from '../field-error.ts';
import type { Condition } from '../types/meta/v1.ts';
import type { Loose } from './loose.ts';
import { byteLength, qualifiedName, regexMessage } from './validation.ts';

const statuses = ['False', 'True', 'Unknown'];
const maxReasonBytes = 1024;
const maxMessageBytes = 32 * 1024;
const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonRegex = new RegExp(`^${reasonFormat}$`);
const reasonMessage = "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";

function validateCondition({ type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' }: Loose<Condition>, path: string): FieldError[] {
  const errors = qualifiedName(type).map((wrong) => invalid(`${path}.type`, type, wrong));
  if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses));
  if (observedGeneration < 0) errors.push(invalid(`${path}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'));
  if (lastTransitionTime === undefined) errors.push(required(`${path}.lastTransitionTime`));
  if (reason === '') errors.push(required(`${path}.reason`));
  else {
    if (!reasonRegex.test(reason)) errors.push(invalid(`${path}.reason`, reason, regexMessage(reasonMessage, reasonFormat, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB')));
    if (byteLength(reason) > maxReasonBytes) errors.push(tooLong(`${path}.reason`, maxReasonBytes));
  }
  if (byteLength(message) > maxMessageBytes) errors.push(tooLong(`${path}.message`, maxMessageBytes));
  return errors;
}

/** A list of metav1.Condition, as `metav1validation.ValidateConditions` words it. */
export function validateConditions(conditions: readonly Loose<Condition>[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, i) => {
    const { type = '' } = condition;
    const errors = seen.has(type) ? [duplicate(`${path}[${i}].type`, type)] : [];
    seen.add(type);
    return [...errors, ...validateCondition(condition, `${path}[${i}]`)];
  });
}
