/** Upstream's type checking of policies: `object`, `oldObject` and `params` have the types of what the policy names. */
import { NAMESPACE, REQUEST } from '../../api/cel/admission-types.ts';
import { checkExpression } from '../../api/cel/language/compile.ts';
import { environment } from '../../api/cel/language/environment.ts';
import type { CelType } from '../../api/cel/language/types.ts';
import { DYN, object } from '../../api/cel/language/types.ts';
import { authorizationTypes } from '../../api/cel/library/authorization.ts';
import { baseFunctions, baseTypes } from '../../api/cel/library/base.ts';
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../../api/types/admissionregistration/v1.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { CheckedKind } from './checked-kinds.ts';
import { checkedKinds, paramsType } from './checked-kinds.ts';

/** What does not fit the types of what a policy matches: one warning an expression, a line a kind. Empty where nothing is known of them. */
export function expressionWarnings(policy: ValidatingAdmissionPolicy, definitions: readonly CustomResourceDefinition[]): ExpressionWarning[] {
  const params = paramsType(policy, definitions);
  const kinds = checkedKinds(policy, definitions).map((kind) => ({ kind, check: checkFor(policy, kind, params) }));
  const warnings: ExpressionWarning[] = [];
  const add = (fieldRef: string, expression: string): void => {
    const found = kinds.flatMap(({ kind: { group, version, kind }, check }) => {
      const issues = check(expression);
      return issues === undefined ? [] : [`${group}/${version}, Kind=${kind}: ${issues}\n`];
    });
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join('\n') });
  };
  policy.spec?.validations?.forEach(({ expression, messageExpression = '' }, i) => {
    add(`spec.validations[${i}].expression`, expression);
    if (messageExpression !== '') add(`spec.validations[${i}].messageExpression`, messageExpression);
  });
  return warnings;
}

/** Finds what is wrong with expressions about one kind; undefined: nothing. */
function checkFor({ spec }: ValidatingAdmissionPolicy, { type }: CheckedKind, params: CelType | undefined): (expression: string) => string | undefined {
  const variables = new Map<string, CelType>([
    ['object', type], ['oldObject', type], ['request', REQUEST], ['namespaceObject', NAMESPACE], ['authorizer', authorizationTypes[0]], ['authorizer.requestResource', authorizationTypes[3]],
    ...(params === undefined ? [] : [['params', params] as const]),
  ]);
  const fields = new Map<string, CelType>();
  variables.set('variables', object('kubernetes.variables', fields));
  const known = environment(baseFunctions, baseTypes, variables);
  for (const { name, expression } of spec?.variables ?? []) {
    const checked = checkExpression(expression, known);
    fields.set(name, 'error' in checked ? DYN : checked.type);
  }
  return (expression) => {
    const checked = checkExpression(expression, known);
    return 'error' in checked ? checked.error : undefined;
  };
}
