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

/** Is this so of the schema or of any one inside? */
export function schemaHas(schema: Schema | undefined, test: (schema: Schema) => boolean): boolean {
  if (schema === undefined) return false;
  if (test(schema)) return true;
  const inside = (one: unknown): boolean => isSchema(one) && schemaHas(one, test);
  const { properties, items, allOf, anyOf, oneOf, patternProperties, definitions, dependencies } = schema;
  // Most schemas have none of these words: nothing is gathered for them, for there can be thousands of schemas.
  if (properties !== undefined) for (const name in properties) if (inside(properties[name])) return true;
  if (items !== undefined && (Array.isArray(items) ? items.some(inside) : inside(items))) return true;
  if (inside(schema.additionalProperties) || inside(schema.not) || inside(schema.additionalItems)) return true;
  if (allOf?.some(inside) === true || anyOf?.some(inside) === true || oneOf?.some(inside) === true) return true;
  return [patternProperties, definitions, dependencies].some((named) => named !== undefined && Object.values(named).some(inside));
}

/** Every schema of a definition, one a version. */
export function schemasOf({ spec }: Loose<CustomResourceDefinition>): Schema[] {
  return (spec?.versions ?? []).flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
}

/** Does the schema say anything that only structural schemas can? */
export const hasExtensions = (schema: Schema): boolean => schemaHas(schema, (one) => one['x-kubernetes-embedded-resource'] === true || one['x-kubernetes-preserve-unknown-fields'] !== undefined
  || one['x-kubernetes-int-or-string'] === true || (one['x-kubernetes-list-map-keys'] ?? []).length > 0 || one['x-kubernetes-list-type'] !== undefined || (one['x-kubernetes-validations'] ?? []).length > 0);

/** What upstream's structural form cannot hold, and no other rule speaks of; empty when there is nothing. */
export function unstructurable(schema: Schema | undefined): string {
  return schemaHas(schema, (one) => (one.$schema ?? '') !== '') ? "OpenAPIV3Schema 'schema' is not supported" : '';
}

/** Does the schema hold what rules refuse before its structure can be looked at? */
export function cannotBeStructural(schema: Schema): boolean {
  return schemaHas(schema, (one) => (one.$schema ?? '') !== '' || (one.id ?? '') !== '' || one.$ref !== undefined || one.patternProperties !== undefined || one.dependencies !== undefined
    || one.additionalItems !== undefined || one.definitions !== undefined || itemListOf(one).length > 0 || one['x-kubernetes-preserve-unknown-fields'] === false);
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
