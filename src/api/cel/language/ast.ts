import type { CelValue } from '../runtime/values.ts';
import type { Overload } from './declarations.ts';
import type { CelType } from './types.ts';

/**
 * The syntax tree. The parser makes it, macros are already expanded in it, and the checker writes what it learned into
 * it: the type of each node and the overloads a call may mean. `at` is where errors point: an offset into the source.
 */
export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension;

interface Node {
  readonly at: number;
  /** Set by the checker. */
  type?: CelType;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: CelValue;
}

export interface Ident extends Node {
  readonly kind: 'ident';
  readonly name: string;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** From `has(x.field)`. */
  readonly test: boolean;
  /** Set by the checker when the whole of it names a variable or a type (`variables.x`). */
  qualifiedName?: string;
}

export interface Call extends Node {
  readonly kind: 'call';
  /** Set anew by the checker when the target turns out to be a namespace (`ip.isCanonical`). */
  name: string;
  target: Expr | undefined;
  readonly args: readonly Expr[];
  /** Set by the checker. */
  overloads?: readonly Overload[];
}

export interface ListExpr extends Node {
  readonly kind: 'list';
  readonly items: readonly Expr[];
  /** The places of `?x`. */
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapExpr extends Node {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface StructField {
  readonly name: string;
  readonly at: number;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructExpr extends Node {
  readonly kind: 'struct';
  readonly typeName: string;
  readonly fields: readonly StructField[];
}

/** What every macro over a list or a map becomes: a fold. */
export interface Comprehension extends Node {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly variable: string;
  readonly variable2?: string;
  readonly accumulator: string;
  readonly init: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** The name of the accumulator of macros; no source can say it. */
export const accumulator = '@result';

/** A copy that shares nothing the checker writes into. */
export function copyExpr(expr: Expr): Expr {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return { ...expr };
    case 'select':
      return { ...expr, operand: copyExpr(expr.operand) };
    case 'call':
      return { ...expr, target: expr.target === undefined ? undefined : copyExpr(expr.target), args: expr.args.map(copyExpr) };
    case 'list':
      return { ...expr, items: expr.items.map(copyExpr) };
    case 'map':
      return { ...expr, entries: expr.entries.map((one) => ({ ...one, key: copyExpr(one.key), value: copyExpr(one.value) })) };
    case 'struct':
      return { ...expr, fields: expr.fields.map((one) => ({ ...one, value: copyExpr(one.value) })) };
    case 'comprehension':
      return { ...expr, range: copyExpr(expr.range), init: copyExpr(expr.init), condition: copyExpr(expr.condition), step: copyExpr(expr.step), result: copyExpr(expr.result) };
  }
}
