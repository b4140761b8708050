import type { SchemaNode } from '../custom-resources/schema-node.ts';
import { ruleTreeOf } from './schema/rule-tree.ts';
import { validateRules } from './schema/validate-rules.ts';
import type { SchemaRules } from './schema-rules.ts';

/** Compiles every rule of a structural schema; undefined when it has none. A rule that does not compile is an error of each object. */
export function compileSchemaRules(root: SchemaNode): SchemaRules | undefined {
  const tree = ruleTreeOf(root);
  return tree === undefined ? undefined : { validate: (input) => validateRules(tree, input) };
}
