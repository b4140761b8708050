/** Whether the defaults of a schema are values that it allows, and nothing that it would drop. */
import { coerceEmbedded, validateEmbedded } from '../../custom-resources/embedded.ts';
import { pruneAt } from '../../custom-resources/prune.ts';
import { checkDefault } from '../../custom-resources/rules-loader.ts';
import { factsOf } from '../../custom-resources/schema-facts.ts';
import { isMetaField, SchemaNode } from '../../custom-resources/schema-node.ts';
import { validateValues } from '../../custom-resources/validate-values.ts';
import type { FieldError } from '../../field-error.ts';
import { formatFieldError, invalid } from '../../field-error.ts';
import { itemsOf } from './json-schema.ts';
import type { Schema } from './json-schema.ts';

/** From an embedded resource down to a place in its type or metadata; a number stands for a list with one item. */
type Steps = readonly (string | 0)[];

const none: Steps = [];

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
  if (wrong.length === 0) wrong = validateValues(node, value, { prefix: at });
  errors.push(...(wrong.length === 0 ? checkDefault(node, value, at) : wrong));
}

function walk(errors: FieldError[], schema: Schema, place: Place, options: { readonly requirePruned: boolean; readonly root: boolean }): void {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const here: Place = embedded ? { ...place, resource: undefined, steps: none } : place;
  if (isDefault(schema)) addDefault(errors, new SchemaNode(schema), here, options.requirePruned);
  const inner = options.root ? { ...options, root: false } : options;
  // Those of maps are forbidden in metadata, and upstream does not look at them elsewhere.
  const items = itemsOf(schema);
  if (items !== undefined) walk(errors, items, { ...here, path: `${here.path}.items`, steps: [...here.steps, 0] }, inner);
  const { properties } = schema;
  for (const name in properties) {
    const meta = (embedded || options.root) && isMetaField(name);
    const resource = meta ? new SchemaNode(schema) : here.resource;
    walk(errors, properties[name]!, { path: `${here.path}.properties[${name}]`, resource, steps: resource === undefined ? none : [...here.steps, name] }, inner);
  }
}

/** The errors of every default of a structural schema. `requirePruned`: they may not have fields that the schema would drop. */
export function validateDefaults(schema: Schema, path: string, requirePruned: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasDefaults(schema)) walk(errors, schema, { path, resource: undefined, steps: none }, { requirePruned, root: true });
  return errors;
}

const isDefault = (schema: Schema): boolean => (schema.default ?? undefined) !== undefined;

export const hasDefaults = (schema: Schema): boolean => factsOf(schema).defaulted.length > 0;

/** Would pruning take anything from a default? */
export const hasUnprunedDefaults = (schema: Schema): boolean => factsOf(schema).defaulted.some((one) => pruneAt(structuredClone(one.default), new SchemaNode(one)));
