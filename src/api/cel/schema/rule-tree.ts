import { itemsOf, valuesOf, type Schema } from '../../groups/apiextensions/json-schema.ts';
import type { SchemaNode } from '../../custom-resources/schema-node.ts';
import { compileRules, type CompiledRule } from './compile-rule.ts';
import { declTypeOf, type DeclType } from './decl-type.ts';
import { escapeName } from './escaping.ts';
import { Shape, shapeOf } from './shape.ts';

/** The rules of a schema where they stand; parts without any rule inside are left out. */
export interface RuleTree {
  readonly shape: Shape;
  /** The schema as ratcheting reads it. */
  readonly node: SchemaNode;
  readonly rules: readonly CompiledRule[];
  /** Rules stand where the schema says nothing of values that CEL understands: each value is refused. */
  readonly untyped: boolean;
  readonly items: RuleTree | undefined;
  readonly values: RuleTree | undefined;
  readonly properties: ReadonlyMap<string, RuleTree>;
  /** Of `allOf`: rules on the same value. */
  readonly allOf: readonly RuleTree[];
}

interface Place {
  /** What describes values here. */
  readonly schema: Schema;
  /** Where rules are taken from: the same schema, or a part of its allOf. */
  readonly validation: Schema;
  readonly node: SchemaNode;
  readonly shape: Shape;
  readonly decl: DeclType | undefined;
}

/** The rules of a whole custom resource, or of a `part` of one; undefined when there are none. */
export function ruleTreeOf(node: SchemaNode, part = false): RuleTree | undefined {
  const { schema } = node;
  const isResource = !part || schema['x-kubernetes-embedded-resource'] === true;
  return build({ schema, validation: schema, node, shape: new Shape(schema, isResource), decl: declTypeOf(schema, 'selfType', isResource) });
}

function build(place: Place): RuleTree | undefined {
  const { schema, validation, node, shape, decl } = place;
  const rules = validation['x-kubernetes-validations'] ?? [];
  const untyped = rules.length > 0 && decl === undefined;
  const compiled = rules.length === 0 || decl === undefined ? [] : compileRules(schema, rules, decl);
  const items = child(node.items, itemsOf(schema), itemsOf(validation), decl?.items);
  const values = child(node.values, valuesOf(schema), valuesOf(validation), decl?.items);
  const properties = new Map<string, RuleTree>();
  for (const [name, inner] of Object.entries(validation.properties ?? {})) {
    const described = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
    if (described === undefined) continue;
    const escaped = escapeName(name);
    const isResource = described['x-kubernetes-embedded-resource'] === true;
    const fieldDecl = escaped === undefined ? declTypeOf(described, 'selfType', isResource) : decl?.fields?.get(escaped);
    const tree = fieldDecl === undefined ? undefined : child(node.property(name), described, inner, fieldDecl);
    if (tree !== undefined) properties.set(name, tree);
  }
  const allOf = (validation.allOf ?? []).flatMap((inner) => (inner === undefined ? [] : (build({ ...place, validation: inner }) ?? [])));
  if (compiled.length === 0 && !untyped && items === undefined && values === undefined && properties.size === 0 && allOf.length === 0) return undefined;
  return { shape, node, rules: compiled, untyped, items, values, properties, allOf };
}

function child(node: SchemaNode | undefined, schema: Schema | undefined, validation: Schema | undefined, decl: DeclType | undefined): RuleTree | undefined {
  if (node === undefined || schema === undefined || validation === undefined) return undefined;
  return build({ schema, validation, node, shape: shapeOf(schema), decl });
}
