/** Schemas of custom resources, as their rules walk through them. */
import type { CustomResourceDefinition, JSONSchemaProps } from '../../types/apiextensions/v1.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';

/** A schema as a client may have written it. */
export type Schema = Loose<JSONSchemaProps>;

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of a list's items, where there is one for all of them. */
export const itemsOf = ({ items }: Schema): Schema | undefined => (isSchema(items) ? items : undefined);
/** The schemas of a list's items one by one, which structural schemas may not have. */
export const itemListOf = ({ items }: Schema): readonly Schema[] => (Array.isArray(items) ? (items as Schema[]) : []);
/** The schema of all values of a map. */
export const valuesOf = ({ additionalProperties }: Schema): Schema | undefined => (isSchema(additionalProperties) ? additionalProperties : undefined);

const intOrString = [{ type: 'integer' }, { type: 'string' }];

/** Are these the alternatives of `x-kubernetes-int-or-string`, and nothing more? */
export const isIntOrString = (anyOf: readonly Schema[] | undefined): boolean => semanticEqual(anyOf, intOrString);

/** Adds the schemas directly inside one, structural or not, to `found`. */
export function schemasIn(schema: Schema, found: Schema[]): void {
  const add = (one: unknown): void => { if (isSchema(one)) found.push(one); };
  const { properties, items, allOf, anyOf, oneOf, patternProperties, definitions, dependencies } = schema;
  // Most schemas have none of these words: nothing is gathered for them, for there can be thousands of schemas.
  if (properties !== undefined) for (const name in properties) add(properties[name]);
  if (items !== undefined) {
    if (Array.isArray(items)) items.forEach(add);
    else add(items);
  }
  add(schema.additionalProperties);
  add(schema.not);
  add(schema.additionalItems);
  allOf?.forEach(add);
  anyOf?.forEach(add);
  oneOf?.forEach(add);
  for (const named of [patternProperties, definitions, dependencies]) if (named !== undefined) Object.values(named).forEach(add);
}

/** Every schema of a definition, one a version. */
export function schemasOf({ spec }: Loose<CustomResourceDefinition>): Schema[] {
  return (spec?.versions ?? []).flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
}

/** What a path in the notation of CEL leads to; an error in upstream's words where it leads nowhere. */
export function followPath(schema: Schema, path: string, options: { readonly brackets: boolean }): { readonly names: readonly string[]; readonly schema: Schema | undefined } | { readonly error: string } {
  const names: string[] = [];
  let at: Schema | undefined = schema;
  for (const found of path.matchAll(/\['((?:[^'\\]|\\.)*)'\]|\.([^.[\]]*)|.+/g)) {
    const [token, quoted, plain] = found;
    if (quoted === undefined && plain === undefined) return { error: token.startsWith('[') && !options.brackets ? 'array notation is not allowed' : `expected [ or . but got: ${token.split(/[.[\]]/)[0] || token}` };
    if (quoted !== undefined && !options.brackets) return { error: 'array notation is not allowed' };
    const name: string = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    if (plain === '' && found.index + token.length === path.length) return { error: 'unexpected end of JSON path' };
    const properties: Schema['properties'] = at?.properties;
    const next: Schema | undefined = properties === undefined ? at && valuesOf(at) : Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (next === undefined) return { error: 'does not refer to a valid field' };
    names.push(name);
    at = next;
  }
  return { names, schema: at };
}
