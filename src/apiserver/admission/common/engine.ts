import { ApiError } from '../../../api/status.ts';
import type { ExpressionCompiler, ExpressionVariables } from '../../../api/cel/expression.ts';

/** Compiles expressions, once it is there. */
export interface ExpressionEngine {
  compiler(variables: ExpressionVariables): ExpressionCompiler;
}

/** Loads the engine when the first expression has to be evaluated. */
export function expressionEngine(): Promise<ExpressionEngine> {
  return Promise.reject(new ApiError('InternalError', 'not supported: expressions are not evaluated in this release'));
}
