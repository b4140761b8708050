import { compilePattern } from '../library/regex.ts';
import { toDuration, toTimestamp } from '../runtime/convert.ts';
import { CelFailure } from '../runtime/failure.ts';
import type { CelValue } from '../runtime/values.ts';
import type { Expr } from './ast.ts';
import { partsOf } from './checker.ts';
import type { Issue } from './issues.ts';
import { DYN, formatType, sameType, unwrapOptional } from './types.ts';

const checks: Readonly<Record<string, (value: CelValue) => unknown>> = {
  duration: toDuration,
  timestamp: toTimestamp,
  matches: (value) => (typeof value === 'string' ? compilePattern(value) : undefined),
};

/**
 * Constants that no evaluation could make sense of: durations, timestamps and patterns; and lists and maps whose entries
 * are not of one type. As upstream's validators find them.
 */
export function validateLiterals(expr: Expr): Issue[] {
  const issues: Issue[] = [];
  walk(expr, issues);
  walkAggregates(expr, issues);
  return issues;
}

/** All but what is inside the arguments of `format`. */
function walkAggregates(expr: Expr, issues: Issue[]): void {
  if (expr.kind === 'call' && expr.name === 'format') return;
  if (expr.kind === 'list') addMixed(issues, expr.items.map((item, i) => ({ item, optional: expr.optional.has(i) })));
  if (expr.kind === 'map') {
    addMixed(issues, expr.entries.map(({ key }) => ({ item: key, optional: false })));
    addMixed(issues, expr.entries.map(({ value, optional }) => ({ item: value, optional })));
  }
  for (const part of partsOf(expr)) walkAggregates(part, issues);
}

function addMixed(issues: Issue[], items: readonly { readonly item: Expr; readonly optional: boolean }[]): void {
  const typed = items.map(({ item, optional }) => ({ at: item.at, type: optional ? unwrapOptional(item.type ?? DYN)[0] : (item.type ?? DYN) }));
  const [first] = typed;
  const other = first === undefined ? undefined : typed.find(({ type }) => !sameType(type, first.type));
  if (first !== undefined && other !== undefined) issues.push({ at: other.at, message: `expected type '${formatType(first.type)}' but found '${formatType(other.type)}'` });
}

function walk(expr: Expr, issues: Issue[]): void {
  if (expr.kind === 'call') {
    const literal = expr.args.at(expr.name === 'matches' ? -1 : 0);
    const check = Object.hasOwn(checks, expr.name) ? checks[expr.name] : undefined;
    if (check !== undefined && literal?.kind === 'literal') {
      try {
        check(literal.value);
      } catch (error) {
        if (!(error instanceof CelFailure)) throw error;
        issues.push({ at: literal.at, message: `invalid ${expr.name} argument` });
      }
    }
  }
  for (const part of partsOf(expr)) walk(part, issues);
}
