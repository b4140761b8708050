import { charge, type Frame, type Step } from '../runtime/frame.ts';
import { plan, type StructMaker } from '../runtime/interpreter.ts';
import { CelFailure, CostExceeded } from '../runtime/failure.ts';
import type { CelValue } from '../runtime/values.ts';
import type { Expr } from './ast.ts';
import { check, partsOf } from './checker.ts';
import type { Environment } from './environment.ts';
import { formatIssues } from './issues.ts';
import { parse } from './parser.ts';
import { ERROR, type CelType } from './types.ts';
import { validateLiterals } from './validate-literals.ts';

/** The most one evaluation may cost, as upstream's PerCallLimit. */
export const perCallLimit = 1_000_000;

/** A checked expression. */
export interface CheckedExpression {
  readonly source: string;
  readonly expr: Expr;
  readonly type: CelType;
}

/** Parses and checks; an error is upstream's list of issues. */
export function checkExpression(source: string, environment: Environment): CheckedExpression | { readonly error: string } {
  const parsed = parse(source, environment.macros);
  if (parsed.issues !== undefined) return { error: formatIssues(source, parsed.issues) };
  let issues = check(parsed.expr, environment);
  if (issues.length === 0) issues = validateLiterals(parsed.expr);
  if (issues.length > 0) return { error: formatIssues(source, issues) };
  return { source, expr: parsed.expr, type: parsed.expr.type ?? ERROR };
}

/** Whether the expression names the variable. */
export function namesVariable(expr: Expr, name: string): boolean {
  if (expr.kind === 'ident') return expr.name === name || expr.name === `.${name}`;
  if (expr.kind === 'select' && expr.qualifiedName !== undefined) return expr.qualifiedName === name;
  return partsOf(expr).some((part) => namesVariable(part, name));
}

/** What an evaluation came to. */
export interface Outcome {
  readonly value?: CelValue;
  /** Upstream's text. */
  readonly error?: string;
  /** The error is that the cost ran out. */
  readonly exceeded?: boolean;
  readonly cost: number;
}

/** A program: asked as often as wanted. */
export interface Program {
  run(input: Frame['input'], limit?: number): Outcome;
}

/** Makes a program of a checked expression. Throws a CelFailure for constants that cannot be converted. */
export function makeProgram({ expr }: CheckedExpression, environment: Environment, makeStruct: StructMaker = noStructs): Program {
  const step = plan(expr, environment, makeStruct);
  return { run: (input, limit = perCallLimit) => run(step, input, limit) };
}

const noStructs: StructMaker = (name) => {
  throw new CelFailure(`unknown type: ${name}`);
};

function run(step: Step, input: Frame['input'], limit: number): Outcome {
  const frame: Frame = { input, locals: [], cost: 0, limit };
  try {
    const value = step(frame);
    charge(frame, 0);
    return { value, cost: frame.cost };
  } catch (error) {
    if (error instanceof CelFailure) return { error: error.message, cost: frame.cost };
    if (error instanceof CostExceeded) return { error: error.message, exceeded: true, cost: frame.cost };
    // Strings and stacks have bounds of their own in JavaScript; what reaches them is far beyond its budget.
    if (error instanceof RangeError) return { error: new CostExceeded().message, exceeded: true, cost: Math.max(frame.cost, limit + 1) };
    throw error;
  }
}
