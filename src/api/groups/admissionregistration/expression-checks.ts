/** What webhooks' conditions and policies say in CEL, checked by the compiler, which is loaded when the first of them shows up. */
import type { ExpressionCompiler, ExpressionReturnType, ExpressionVariables } from '../../cel/expression.ts';
import type { FieldError } from '../../field-error.ts';
import { invalid } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { MatchCondition } from '../../types/admissionregistration/v1.ts';
import { outside } from '../../../base/outside-work.ts';

/** Compiles expressions of dynamic admission. */
export interface ExpressionEngine {
  compiler(variables: ExpressionVariables): ExpressionCompiler;
}

let loaded: ExpressionEngine | undefined;
let loading: Promise<ExpressionEngine> | undefined;

/** The engine, loaded once. */
export function loadExpressionEngine(): Promise<ExpressionEngine> {
  return (loading ??= outside(import('../../cel/expression-compiler.ts')).then(({ expressionCompiler }) => (loaded = { compiler: expressionCompiler })));
}

/** What a definition's `load` answers for objects with expressions: undefined once the engine is there. */
export function expressionsReady(present: boolean): Promise<void> | undefined {
  return !present || loaded !== undefined ? undefined : loadExpressionEngine().then(() => {});
}

/** Compiles what one object says; before the engine is loaded nothing is checked. */
export function checkerOf(variables: ExpressionVariables): ExpressionCompiler | undefined {
  return loaded?.compiler(variables);
}

/** Adds what is wrong with an expression that must evaluate to one of these types. */
export function addExpression(errors: FieldError[], path: string, compiler: ExpressionCompiler | undefined, { expression, returnTypes }: { readonly expression: string; readonly returnTypes: readonly ExpressionReturnType[] }): void {
  const error = compiler?.compile({ expression, returnTypes }).error;
  if (error !== undefined) errors.push(invalid(path, expression, error));
}

/** The expressions of conditions; those that are empty are told elsewhere. */
export function addConditionExpression(errors: FieldError[], path: string, compiler: ExpressionCompiler | undefined, { expression = '' }: Loose<MatchCondition>): void {
  if (expression.trim() !== '') addExpression(errors, path, compiler, { expression: expression.trim(), returnTypes: ['bool'] });
}
