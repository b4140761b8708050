import type { Expr } from '../language/ast.ts';
import type { CelType } from '../language/types.ts';
import type { Range } from './ranges.ts';

/** What the estimator knows of one node. */
export interface EstimatedNode {
  readonly expr: Expr | undefined;
  readonly type: CelType;
  readonly path: readonly string[] | undefined;
  /** What was computed of its size without asking the schema again. */
  readonly size: Range | undefined;
}
