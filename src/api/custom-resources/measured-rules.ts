import type { SchemaRules } from '../cel/schema-rules.ts';
import { rulesOf } from './rules-loader.ts';
import type { SchemaNode } from './schema-node.ts';

/** Told how long rules in CEL take: times are milliseconds of `now`. */
export interface RulesTimer {
  now(): number;
  compiled(sinceMs: number): void;
  evaluated(sinceMs: number): void;
}

/** The rules of a schema, of which each compilation and each evaluation is told. */
export async function measuredRules(root: SchemaNode, timer: RulesTimer | undefined): Promise<SchemaRules | undefined> {
  if (timer === undefined) return rulesOf(root);
  const startMs = timer.now();
  const rules = await rulesOf(root);
  timer.compiled(startMs);
  return rules && {
    validate(input) {
      const sinceMs = timer.now();
      const errors = rules.validate(input);
      timer.evaluated(sinceMs);
      return errors;
    },
  };
}
