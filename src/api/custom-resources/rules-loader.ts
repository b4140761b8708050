/** CEL costs memory and time to load: only clusters whose schemas have rules have it. */
import type { CheckOptions } from '../cel/check-schema-rules.ts';
import type { SchemaRules } from '../cel/schema-rules.ts';
import type { FieldError } from '../field-error.ts';
import type { Schema } from '../groups/apiextensions/json-schema.ts';
import { factsOf } from './schema-facts.ts';
import type { SchemaNode } from './schema-node.ts';
import { outside } from '../../base/outside-work.ts';

interface Compiler {
  checkSchemaRules(schema: Schema, path: string, options: CheckOptions): FieldError[];
  compileSchemaRules(root: SchemaNode, options?: { readonly part?: boolean }): SchemaRules | undefined;
}

let compiler: Compiler | undefined;

/** Makes the functions below work. Once for the process. */
export async function loadRules(): Promise<void> {
  compiler ??= await outside(import('../cel/schema-compiler.ts'));
}

/** False while the language is loading. */
export const rulesLoaded = (): boolean => compiler !== undefined;

/** Does the schema have rules anywhere? */
export const hasRules = (schema: Schema): boolean => factsOf(schema).rules;

/** What is wrong with the rules of a structural schema; nothing of one without any. Call it for others only once CEL is loaded. */
export function checkRules(schema: Schema, path: string, options: CheckOptions = {}): FieldError[] {
  if (!hasRules(schema)) return [];
  if (compiler === undefined) throw new Error('rules in CEL are checked before the language is loaded');
  return compiler.checkSchemaRules(schema, path, options);
}

/** The rules of a schema, ready to be asked; loads what they need. */
export async function rulesOf(root: SchemaNode): Promise<SchemaRules | undefined> {
  await loadRules();
  return compiler?.compileSchemaRules(root);
}

/** What the rules at a place, and those below it, find wrong with a default. Call it for schemas with rules only once CEL is loaded. */
export function checkDefault(node: SchemaNode, value: unknown, path: string): FieldError[] {
  if (!hasRules(node.schema)) return [];
  if (compiler === undefined) throw new Error('a default is checked before the language of its rules is loaded');
  return compiler.compileSchemaRules(node, { part: true })?.validate({ value, old: undefined, path }) ?? [];
}
