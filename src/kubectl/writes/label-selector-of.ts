import { parseLabelSelector } from '../../api/meta/label-selector-parser.ts';
import type { LabelSelector } from '../../api/types/meta/v1.ts';
import { KubectlError } from '../errors.ts';

const operators: Readonly<Record<string, string>> = { in: 'In', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' };

/** A selector as text, as objects have it: as upstream's `ParseToLabelSelector`. Throws KubectlError for what it cannot hold. */
export function labelSelectorOf(text: string): LabelSelector {
  let requirements;
  try {
    ({ requirements } = parseLabelSelector(text));
  } catch (error) {
    throw new KubectlError(`couldn't parse the selector string "${text}": ${(error as Error).message}`, { cause: error });
  }
  const matchLabels: Record<string, string> = {};
  const matchExpressions: { key: string; operator: string; values?: string[] }[] = [];
  for (const { key, operator, values } of requirements) {
    if (operator === '=' || operator === '==') {
      matchLabels[key] = values[0]!;
      continue;
    }
    const named = operators[operator];
    if (named === undefined) throw new KubectlError(operator === 'gt' || operator === 'lt' ? `${JSON.stringify(operator)} isn't supported in label selectors` : `${JSON.stringify(operator)} is not a valid label selector operator`);
    matchExpressions.push({ key, operator: named, ...(values.length > 0 && { values: [...values] }) });
  }
  return { ...(matchExpressions.length > 0 && { matchExpressions }), ...(Object.keys(matchLabels).length > 0 && { matchLabels }) };
}
