import { followPath, type Schema } from '../../groups/apiextensions/json-schema.ts';
import type { ValidationRule } from '../../types/apiextensions/v1.ts';
import type { Loose } from '../../meta/loose.ts';
import { checkExpression, makeProgram, namesVariable, type CheckedExpression, type Program } from '../language/compile.ts';
import { environment, type Environment } from '../language/environment.ts';
import { optionalOf, type CelType } from '../language/types.ts';
import { baseFunctions, baseTypes } from '../library/base.ts';
import { CelFailure } from '../runtime/failure.ts';
import { estimateCost, type SizeOf } from './cost-estimate.ts';
import { maxRequestBytes, type DeclType } from './decl-type.ts';
import { sizesOf } from './sizes.ts';

/** A program with the most it can cost. */
interface PricedProgram {
  readonly program: Program;
  readonly maxCost: number;
}

/** One rule of a schema, compiled or found wrong. */
export interface CompiledRule {
  readonly rule: Loose<ValidationRule>;
  /** Undefined for a rule that is empty or wrong. */
  readonly program: Program | undefined;
  readonly error: string | undefined;
  readonly usesOldSelf: boolean;
  readonly maxCost: number;
  readonly message: PricedProgram | undefined;
  readonly messageError: string | undefined;
  /** Where its errors are, below the place of the rule; empty for the place itself. */
  readonly fieldPath: string;
}

/** The rules that stand at one place of a schema. */
export function compileRules(schema: Schema, rules: readonly Loose<ValidationRule>[], decl: DeclType): CompiledRule[] {
  const sizeOf = sizesOf(decl);
  const plain = ruleEnvironment(decl.type, decl.type);
  const optional = rules.some((rule) => rule.optionalOldSelf === true) ? ruleEnvironment(decl.type, optionalOf(decl.type)) : plain;
  return rules.map((rule) => compileRule(schema, rule, rule.optionalOldSelf === true ? optional : plain, sizeOf));
}

const ruleEnvironment = (self: CelType, oldSelf: CelType): Environment => environment(baseFunctions, baseTypes, new Map([['self', self], ['oldSelf', oldSelf]]));

function compileRule(schema: Schema, rule: Loose<ValidationRule>, env: Environment, sizeOf: SizeOf): CompiledRule {
  const { rule: source = '', messageExpression = '', fieldPath = '' } = rule;
  const nothing = { rule, program: undefined, error: undefined, usesOldSelf: false, maxCost: 0, message: undefined, messageError: undefined, fieldPath: '' };
  if (source.trim() === '') return nothing;
  const checked = checkExpression(source, env);
  if ('error' in checked) return { ...nothing, error: `compilation failed: ${checked.error}` };
  if (checked.type.kind !== 'bool') return { ...nothing, error: 'cel expression must evaluate to a bool' };
  const usesOldSelf = namesVariable(checked.expr, 'oldSelf');
  const made = priced(checked, env, sizeOf);
  if (typeof made === 'string') return { ...nothing, usesOldSelf, error: `program instantiation failed: ${made}` };
  const message = messageExpression === '' ? undefined : compileMessage(messageExpression, env, sizeOf);
  return {
    rule, program: made.program, error: undefined, usesOldSelf, maxCost: made.maxCost,
    message: typeof message === 'string' ? undefined : message,
    messageError: typeof message === 'string' ? message : undefined,
    fieldPath: normalizedPath(schema, fieldPath),
  };
}

function priced(checked: CheckedExpression, env: Environment, sizeOf: SizeOf): PricedProgram | string {
  try {
    return { program: makeProgram(checked, env), maxCost: estimateCost(checked.expr, sizeOf).max };
  } catch (error) {
    if (error instanceof CelFailure) return error.message;
    throw error;
  }
}

function compileMessage(source: string, env: Environment, sizeOf: SizeOf): PricedProgram | string {
  const checked = checkExpression(source, env);
  if ('error' in checked) return `messageExpression compilation failed: ${checked.error}`;
  if (checked.type.kind !== 'string') return 'messageExpression must evaluate to a string';
  const made = priced(checked, env, sizeOf);
  return typeof made === 'string' ? `messageExpression instantiation failed: ${made}` : made;
}

/** `.spec.a['b']` as field errors write it. */
function normalizedPath(schema: Schema, path: string): string {
  if (path === '') return '';
  const found = followPath(schema, path, { brackets: true });
  if ('error' in found) return '';
  let at: Schema | undefined = schema;
  let text = '';
  for (const name of found.names) {
    const named: boolean = at?.properties !== undefined;
    text += named ? `${text === '' ? '' : '.'}${name}` : `[${name}]`;
    const values: unknown = at?.additionalProperties;
    at = named ? at?.properties?.[name] : typeof values === 'object' && values !== null ? (values as Schema) : undefined;
  }
  return text;
}

/** How often a rule can apply in one object, when nothing bounds the lists and maps around it. */
export const maxCardinality = (decl: DeclType): number => Math.floor(maxRequestBytes / (decl.minBytes + 1));
