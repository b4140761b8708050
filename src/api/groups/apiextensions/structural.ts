/** Structural schemas (KEP-1979): what says which fields there are says their types, and value rules speak only of those. */
import type { Pieces } from '../../../base/turns.ts';
import { atOnce } from '../../../base/turns.ts';
import { matcherOf } from '../../custom-resources/pattern-loader.ts';
import { schemasAPiece } from '../../custom-resources/schema-facts.ts';
import type { FieldError } from '../../field-error.ts';
import { forbidden, formatFieldError, invalid, required } from '../../field-error.ts';
import { isIntOrString, itemsOf, valuesOf } from './json-schema.ts';
import type { Schema } from './json-schema.ts';

type Errors = FieldError[];
/** Errors, and how many schemas were looked at for them. */
interface Walk { readonly errors: Errors; seen: number }
type Level = 'root' | 'items' | 'field';

const missingType: Readonly<Record<Level, string>> = { root: 'must not be empty at the root', items: 'must not be empty for specified array items', field: 'must not be empty for specified object fields' };

/** What is no pattern of RE2. The library must have been loaded (see `load` of the definition). */
function patternError(pattern: string): string {
  const matcher = matcherOf(pattern);
  return typeof matcher === 'function' ? '' : `must be a valid regular expression, but isn't: ${matcher.error}`;
}

/** What stands inside allOf, anyOf, oneOf and not restricts values; it may not describe them. */
function addNested(errors: Errors, path: string, schema: Schema, skipAnyOf = false): void {
  addValueRules(errors, path, schema, { skipAnyOf, skipFirst: false });
  const items = itemsOf(schema);
  if (items !== undefined) addNested(errors, `${path}.items`, items);
  for (const [name, property] of Object.entries(schema.properties ?? {})) addNested(errors, `${path}.properties[${name}]`, property);
  const must = (field: string, bad: boolean, what: string): void => { if (bad) errors.push(forbidden(`${path}.${field}`, `must be ${what} to be structural`)); };
  must('type', (schema.type ?? '') !== '', 'empty');
  must('additionalProperties', schema.additionalProperties !== undefined, 'undefined');
  must('default', schema.default !== undefined, 'undefined');
  must('title', (schema.title ?? '') !== '', 'empty');
  must('description', (schema.description ?? '') !== '', 'empty');
  must('nullable', schema.nullable === true, 'false');
  for (const field of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'] as const) must(field, schema[field] === true, 'false');
  must('x-kubernetes-list-map-keys', (schema['x-kubernetes-list-map-keys'] ?? []).length > 0, 'empty');
  for (const field of ['x-kubernetes-list-type', 'x-kubernetes-map-type'] as const) must(field, schema[field] !== undefined, 'undefined');
  must('x-kubernetes-validations', (schema['x-kubernetes-validations'] ?? []).length > 0, 'empty');
  if (schema.properties?.['metadata'] !== undefined) errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
}

/** Rules about values. `skipAnyOf`, `skipFirst`: the two ways in which an integer or a string may be written. */
function addValueRules(errors: Errors, path: string, { anyOf = [], allOf = [], oneOf = [], not, pattern = '' }: Schema, { skipAnyOf, skipFirst }: { readonly skipAnyOf: boolean; readonly skipFirst: boolean }): void {
  if (!skipAnyOf) anyOf.forEach((one, i) => addNested(errors, `${path}.anyOf[${i}]`, one));
  allOf.forEach((one, i) => addNested(errors, `${path}.allOf[${i}]`, one, skipFirst && i === 0));
  oneOf.forEach((one, i) => addNested(errors, `${path}.oneOf[${i}]`, one));
  if (not !== undefined) addNested(errors, `${path}.not`, not);
  const wrong = pattern === '' ? '' : patternError(pattern);
  if (wrong !== '') errors.push(invalid(`${path}.pattern`, pattern, wrong));
}

/** Every object has metadata already: only its names may be restricted. */
function addMetadata(errors: Errors, path: string, metadata: Schema, level: Level, embedded: boolean): void {
  if ((level === 'root' || embedded) && metadata.type !== 'object') errors.push(invalid(`${path}.type`, metadata.type ?? '', 'must be object'));
  if (level !== 'root') return;
  const { type: _type, default: _default, properties = {}, example: _example, externalDocs: _docs, ...rest } = metadata;
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0 || Object.values(rest).some((value) => value !== undefined && value !== false && value !== '')) errors.push(forbidden(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
}

function addResource(errors: Errors, path: string, schema: Schema, level: Level): void {
  const { type = '', properties = {} } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (embedded && type !== 'object') errors.push(type === '' ? required(`${path}.type`, 'must be object if x-kubernetes-embedded-resource is true') : invalid(`${path}.type`, type, 'must be object if x-kubernetes-embedded-resource is true'));
  else if (type === '' && schema['x-kubernetes-int-or-string'] !== true && !open) errors.push(required(`${path}.type`, missingType[level]));
  if (embedded && schema.additionalProperties !== undefined) errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'));
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(`${path}.type`, type, 'must be object at the root'));
  if (level === 'root' || embedded) {
    for (const name of ['kind', 'apiVersion']) {
      const property = properties[name];
      if (property !== undefined && property.type !== 'string') errors.push(invalid(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'));
    }
  }
  if (properties['metadata'] !== undefined) addMetadata(errors, `${path}.properties[metadata]`, properties['metadata'], level, embedded);
  if (embedded && !open && Object.keys(properties).length === 0) errors.push(required(`${path}.properties`, 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
}

function* addInvariants(walk: Walk, path: string, schema: Schema, level: Level): Pieces<void> {
  const { errors } = walk;
  if (++walk.seen % schemasAPiece === 0) yield;
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (schema.type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (items !== undefined) yield* addInvariants(walk, `${path}.items`, items, 'items');
  for (const name in schema.properties) yield* addInvariants(walk, `${path}.properties[${name}]`, schema.properties[name]!, 'field');
  if (schema.additionalProperties !== undefined && level === 'root') errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  if (values !== undefined) yield* addInvariants(walk, `${path}.additionalProperties`, values, 'field');
  if (schema['x-kubernetes-int-or-string'] === true) {
    for (const field of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) if (schema[field] === true) errors.push(invalid(`${path}.${field}`, true, 'must be false if x-kubernetes-int-or-string is true'));
  }
  addValueRules(errors, path, schema, { skipAnyOf: isIntOrString(schema.anyOf), skipFirst: isIntOrString(schema.allOf?.[0]?.anyOf) });
  addResource(errors, path, schema, level);
}

/** Whatever value rules speak of is described by the structure too. */
function addCompleteness(errors: Errors, rules: Schema, structure: Schema | undefined, paths: { readonly structure: string; readonly rules: string }): void {
  const nested = (one: Schema | undefined, where: string): void => { if (one !== undefined) addNestedCompleteness(errors, one, structure, { ...paths, rules: `${paths.rules}.${where}` }); };
  nested(rules.not, 'not');
  for (const field of ['allOf', 'anyOf', 'oneOf'] as const) rules[field]?.forEach((one, i) => nested(one, `${field}[${i}]`));
}

function addNestedCompleteness(errors: Errors, rules: Schema, structure: Schema | undefined, paths: { readonly structure: string; readonly rules: string }): void {
  if (structure === undefined) return void errors.push(required(paths.structure, `because it is defined in ${paths.rules}`));
  addCompleteness(errors, rules, structure, paths);
  const step = (one: Schema, other: Schema | undefined, where: string): void => addNestedCompleteness(errors, one, other, { structure: `${paths.structure}.${where}`, rules: `${paths.rules}.${where}` });
  const items = itemsOf(rules);
  if (items !== undefined) step(items, itemsOf(structure), 'items');
  for (const [name, property] of Object.entries(rules.properties ?? {})) step(property, structure.properties?.[name], `properties[${name}]`);
}

/** Schemas that are structural. */
const structural = new WeakSet<Schema>();

/** Does all the work of `validateStructural` on a schema that is structural, in pieces. The patterns must have been loaded. */
export function* foreseeStructure(schema: Schema): Pieces<void> {
  if (!structural.has(schema)) yield* structuralErrors(schema, '');
}

/** What keeps a schema from being structural, sorted by its text. It must not change afterwards. */
export function validateStructural(schema: Schema, path: string): FieldError[] {
  return structural.has(schema) ? [] : atOnce(structuralErrors(schema, path));
}

function* structuralErrors(schema: Schema, path: string): Pieces<FieldError[]> {
  const errors: Errors = [];
  yield* addInvariants({ errors, seen: 0 }, path, schema, 'root');
  addCompleteness(errors, schema, schema, { structure: path, rules: path });
  if (errors.length === 0) structural.add(schema);
  return errors.map((error) => [formatFieldError(error), error] as const).sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, error]) => error);
}
