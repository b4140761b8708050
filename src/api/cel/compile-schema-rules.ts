import type { SchemaNode } from '../custom-resources/schema-node.ts';
import { ruleTreeOf } from './schema/rule-tree.ts';
import { validateRules } from './schema/validate-rules.ts';
import type { SchemaRules } from './schema-rules.ts';

/**
 * Compiles every rule of a structural schema; undefined when it has none. A rule that does not compile is an error of each
 * object. `part`: the schema is that of a part of a resource, for its defaults.
 */
export function compileSchemaRules(root: SchemaNode, options: { readonly part?: boolean } = {}): SchemaRules | undefined {
  const tree = ruleTreeOf(root, options.part);
  return tree === undefined ? undefined : { validate: (input) => validateRules(tree, input) };
}
