import { checkExpression, makeProgram, type Outcome } from '../language/compile.ts';
import { environment } from '../language/environment.ts';
import { DYN } from '../language/types.ts';
import { baseFunctions, baseTypes } from '../library/base.ts';
import { fromJson, toJson } from '../runtime/json.ts';

const env = environment(baseFunctions, baseTypes, new Map([['self', DYN]]));

/** What an expression comes to: JSON, `error: …`, or upstream's list of issues. `self` is what is given. */
export function evaluate(source: string, self: unknown = null): unknown {
  const outcome = run(source, self);
  if (typeof outcome === 'string') return outcome;
  return outcome.error === undefined ? toJson(outcome.value ?? null) : `error: ${outcome.error}`;
}

/** The same, with its cost. */
export function run(source: string, self: unknown = null): Outcome | string {
  const checked = checkExpression(source, env);
  if ('error' in checked) return checked.error;
  return makeProgram(checked, env).run(() => fromJson(self));
}
