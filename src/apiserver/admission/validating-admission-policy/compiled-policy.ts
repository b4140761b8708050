import type { ExpressionReturnType } from '../../../api/cel/expression.ts';
import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from '../../../api/types/admissionregistration/v1.ts';
import type { ExpressionEngine } from '../../../api/groups/admissionregistration/expression-checks.ts';
import type { Expression } from '../common/expressions.ts';
import { compileConditions } from '../common/match-conditions.ts';

export interface CompiledValidation {
  readonly stated: Validation;
  readonly expression: Expression;
  readonly message: Expression | undefined;
}

/** A ValidatingAdmissionPolicy, ready to judge. Expressions that do not compile fail when they are asked. */
export interface CompiledPolicy {
  readonly conditions: readonly Expression[];
  readonly validations: readonly CompiledValidation[];
  readonly annotations: readonly { readonly stated: AuditAnnotation; readonly expression: Expression }[];
}

export function compilePolicy({ spec = {} }: ValidatingAdmissionPolicy, engine: ExpressionEngine): CompiledPolicy {
  const compiler = engine.compiler({ params: spec.paramKind !== undefined, authorizer: true, namespaceObject: true });
  for (const { name, expression } of spec.variables ?? []) compiler.variable({ name, expression });
  const compile = (text: string, ...returnTypes: readonly ExpressionReturnType[]): Expression => ({ text, compiled: compiler.compile({ expression: text, returnTypes }) });
  return {
    conditions: compileConditions(compiler, spec.matchConditions ?? []),
    validations: (spec.validations ?? []).map((stated) => ({
      stated,
      expression: compile(stated.expression, 'bool'),
      message: (stated.messageExpression ?? '') === '' ? undefined : compile(stated.messageExpression!, 'string'),
    })),
    annotations: (spec.auditAnnotations ?? []).map((stated) => ({ stated, expression: compile(stated.valueExpression, 'string', 'null') })),
  };
}
