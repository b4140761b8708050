/** Whether the defaults of a schema are values that it allows, and nothing that it would drop. */
import { coerceEmbedded, validateEmbedded } from '../../custom-resources/embedded.ts';
import { pruneAt } from '../../custom-resources/prune.ts';
import { isMetaField, SchemaNode } from '../../custom-resources/schema-node.ts';
import { validateValues } from '../../custom-resources/validate-values.ts';
import type { FieldError } from '../../field-error.ts';
import { formatFieldError, invalid } from '../../field-error.ts';
import { schemaHas } from './json-schema.ts';
import type { Schema } from './json-schema.ts';

/** From an embedded resource down to a place in its type or metadata; a number stands for a list with one item. */
type Steps = readonly (string | 0)[];

interface Place {
  readonly path: string;
  /** The resource that the place is in the metadata of; undefined: it is in no metadata. */
  readonly resource: SchemaNode | undefined;
  readonly steps: Steps;
}

/** A resource that has nothing but a type, and the value at its place. */
function surround(value: unknown, steps: Steps): unknown {
  let built = value;
  for (const [i, step] of [...steps.entries()].reverse()) {
    const type = i === 0 ? { apiVersion: 'validation/v1', kind: 'Validation' } : {};
    built = step === 0 ? [built] : { ...type, [step]: built };
  }
  return built;
}

const aggregate = (errors: readonly FieldError[]): string => (errors.length === 1 ? formatFieldError(errors[0]!) : `[${errors.map(formatFieldError).join(', ')}]`);

/** What is wrong with a default inside of metadata: it is looked at as a part of the whole. */
function metadataErrors(value: unknown, resource: SchemaNode, steps: Steps, path: string): FieldError[] {
  const whole = surround(structuredClone(value), steps);
  const { error } = coerceEmbedded(whole, resource, { dropInvalid: false });
  const errors = error === undefined ? validateEmbedded(whole, resource) : [error];
  return errors.length === 0 ? [] : [invalid(path, value, `must result in valid metadata: ${aggregate(errors)}`)];
}

function addDefault(errors: FieldError[], node: SchemaNode, { path, resource, steps }: Place, requirePruned: boolean): void {
  const at = `${path}.default`;
  const value = structuredClone(node.default);
  let wrong: FieldError[];
  if (resource !== undefined) wrong = metadataErrors(value, resource, steps, at);
  else {
    if (requirePruned && pruneAt(structuredClone(value), node)) errors.push(invalid(at, value, 'must not have unknown fields'));
    const { error } = coerceEmbedded(value, node, { dropInvalid: false, path: at });
    wrong = error === undefined ? validateEmbedded(value, node, at) : [error];
  }
  errors.push(...(wrong.length > 0 ? wrong : validateValues(node, value, { prefix: at })));
}

function walk(errors: FieldError[], node: SchemaNode, place: Place, options: { readonly requirePruned: boolean; readonly root: boolean }): void {
  const here: Place = node.embedded ? { ...place, resource: undefined, steps: [] } : place;
  if (node.default !== undefined) addDefault(errors, node, here, options.requirePruned);
  const inner = { ...options, root: false };
  // Those of maps are forbidden in metadata, and upstream does not look at them elsewhere.
  if (node.items !== undefined) walk(errors, node.items, { ...here, path: `${here.path}.items`, steps: [...here.steps, 0] }, inner);
  for (const name of node.names) {
    const property = node.property(name)!;
    const meta = (node.embedded || options.root) && isMetaField(name);
    const resource = meta ? node : here.resource;
    walk(errors, property, { path: `${here.path}.properties[${name}]`, resource, steps: resource === undefined ? [] : [...here.steps, name] }, inner);
  }
}

/** The errors of every default of a structural schema. `requirePruned`: they may not have fields that the schema would drop. */
export function validateDefaults(schema: Schema, path: string, requirePruned: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasDefaults(schema)) walk(errors, new SchemaNode(schema), { path, resource: undefined, steps: [] }, { requirePruned, root: true });
  return errors;
}

export const hasDefaults = (schema: Schema): boolean => schemaHas(schema, (one) => (one.default ?? undefined) !== undefined);

/** Would pruning take anything from a default? */
export function hasUnprunedDefaults(schema: Schema): boolean {
  return hasDefaults(schema) && schemaHasNode(new SchemaNode(schema), (node) => node.default !== undefined && pruneAt(structuredClone(node.default), node));
}

function schemaHasNode(node: SchemaNode | undefined, test: (node: SchemaNode) => boolean): boolean {
  return node !== undefined && (test(node) || schemaHasNode(node.items, test) || schemaHasNode(node.values, test) || node.names.some((name) => schemaHasNode(node.property(name), test)));
}
