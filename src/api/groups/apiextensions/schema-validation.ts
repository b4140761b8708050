/** What may stand in the schema of a custom resource, all but what its CEL rules mean and whether its defaults satisfy it. */
import type { FieldError } from '../../field-error.ts';
import { factsOf, schemasAPiece, schemaTypes } from '../../custom-resources/schema-facts.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Pieces } from '../../../base/turns.ts';
import { atOnce } from '../../../base/turns.ts';
import type { Loose } from '../../meta/loose.ts';
import { addOptionalEnum } from '../../pod/validation/rules.ts';
import type { ValidationRule } from '../../types/apiextensions/v1.ts';
import { internalItems } from './internal-form.ts';
import { followPath, itemListOf, itemsOf, valuesOf } from './json-schema.ts';
import type { Schema } from './json-schema.ts';

type Errors = FieldError[];

/** What the old definition got away with, the new one may keep. */
export interface SchemaOptions {
  readonly knownTypes: boolean;
  readonly atomicSets: boolean;
  readonly keyedLists: boolean;
}

interface Place {
  /** Why a default may not stand here; undefined: it may. */
  readonly noDefaults?: string;
  readonly insideMeta: boolean;
  readonly root: boolean;
}

const listTypes = ['atomic', 'set', 'map'];
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const metaFields = ['metadata', 'kind', 'apiVersion'];
const newline = /[\n\r]/;

/** Whole words of JSON Schema that the API server has no use for. */
const unsupported: readonly (readonly [field: keyof Schema, is: (schema: Schema) => boolean])[] = [
  ['id', ({ id = '' }) => id !== ''],
  ['additionalItems', ({ additionalItems }) => additionalItems !== undefined],
  ['patternProperties', ({ patternProperties = {} }) => Object.keys(patternProperties).length > 0],
  ['definitions', ({ definitions = {} }) => Object.keys(definitions).length > 0],
  ['dependencies', ({ dependencies }) => dependencies !== undefined],
  ['$ref', ({ $ref }) => $ref !== undefined],
];

function addWords(errors: Errors, path: string, schema: Schema, place: Place, options: SchemaOptions): void {
  const { type = '' } = schema;
  if (options.knownTypes && type !== '' && !schemaTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, schemaTypes));
  if (schema.default !== undefined && place.noDefaults !== undefined) errors.push(forbidden(`${path}.default`, `must not be set ${place.noDefaults}`.trim()));
  for (const [field, is] of unsupported) if (is(schema)) errors.push(forbidden(`${path}.${field}`, `${field} is not supported`));
  if (type === 'null') errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (itemListOf(schema).length > 0) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (place.insideMeta && schema['x-kubernetes-embedded-resource'] === true) errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  if (schema.uniqueItems === true) errors.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0 && schema.additionalProperties !== true) errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
}

type Below = readonly [where: string, schema: Schema, place: Place];

/** What is directly below, in the order in which upstream looks at it. */
function placesBelow(schema: Schema, place: Place): readonly Below[] {
  const below: Below[] = [];
  const inner = { ...place, root: false };
  const add = (one: Schema | undefined, where: string, there: Place = inner): void => { if (one !== undefined) below.push([where, one, there]); };
  add(valuesOf(schema), 'additionalProperties', place.insideMeta ? { ...inner, noDefaults: 'inside additionalProperties applying to object metadata' } : inner);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const meta = (place.root || schema['x-kubernetes-embedded-resource'] === true) && metaFields.includes(name);
    add(property, `properties[${name}]`, meta ? { ...inner, insideMeta: true, ...(place.root && { noDefaults: `in top-level ${name}` }) } : inner);
  }
  add(schema.not, 'not');
  for (const field of ['allOf', 'oneOf', 'anyOf'] as const) schema[field]?.forEach((one, i) => add(one, `${field}[${i}]`));
  for (const [name, one] of Object.entries(schema.definitions ?? {})) add(one, `definitions[${name}]`);
  add(itemsOf(schema), 'items');
  itemListOf(schema).forEach((one, i) => add(one, `items[${i}]`));
  return below;
}

/** An extension that only one type may have. */
function addTypeFor(errors: Errors, path: string, { type = '' }: Schema, wanted: string, extension: string): void {
  if (type === wanted) return;
  const detail = `must be ${wanted} if ${extension} is specified`;
  errors.push(type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail));
}

function addTopology(errors: Errors, path: string, schema: Schema, options: SchemaOptions): void {
  const mapType = schema['x-kubernetes-map-type'];
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  if (mapType !== undefined) addTypeFor(errors, path, schema, 'object', 'x-kubernetes-map-type');
  addOptionalEnum(errors, `${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
  if (listType !== undefined && schema.type !== 'array') addTypeFor(errors, path, schema, 'array', 'x-kubernetes-list-type');
  else if (options.atomicSets && listType === 'set') addAtomicItems(errors, path, itemsOf(schema));
  addOptionalEnum(errors, `${path}.x-kubernetes-list-type`, listType, listTypes);
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(`${path}.x-kubernetes-list-type`, detail) : invalid(`${path}.x-kubernetes-list-type`, listType, detail));
  }
  if (listType === 'map') addMapList(errors, path, schema, keys);
  if (options.keyedLists) errors.push(...keyErrors(schema, path));
}

/** Members of a set are compared as a whole. */
function addAtomicItems(errors: Errors, path: string, items: Schema | undefined): void {
  if (items === undefined) return;
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') errors.push(invalid(`${path}.items.x-kubernetes-list-type`, listType, detail));
  // Upstream shows the list type here too.
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') errors.push(invalid(`${path}.items.x-kubernetes-map-type`, listType, detail));
}

function addMapList(errors: Errors, path: string, schema: Schema, keys: readonly string[]): void {
  const items = itemsOf(schema);
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(required(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined) errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  else if (items === undefined) errors.push(invalid(`${path}.items`, internalItems(schema.items), 'must only have a single schema if x-kubernetes-list-type is map'));
  if (items === undefined) return;
  if (items.type !== 'object') return void errors.push(invalid(`${path}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
  keys.forEach((key, i) => {
    const property = items.properties?.[key];
    if (property === undefined) errors.push(invalid(keysPath, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
    if (keys.indexOf(key) < i) errors.push(invalid(keysPath, keys, 'must not contain duplicate entries'));
  });
}

/** Keys of a list must be there, and neither they nor the members can be null. */
export function keyErrors(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const listType = schema['x-kubernetes-list-type'];
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return [];
  const errors = items.nullable === true ? [forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`)] : [];
  if (listType === 'set') return errors;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const at = `${path}.items.properties[${key}]`;
    if (items.required?.includes(key) !== true && property.default === undefined) errors.push(required(`${at}.default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
    if (property.nullable === true) errors.push(forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  }
  return errors;
}

/** Is every set's member compared as a whole, everywhere in the schema? */
export function hasLooseSets(schema: Schema): boolean {
  return factsOf(schema).keyedLists.some((one) => {
    const errors: Errors = [];
    if (one['x-kubernetes-list-type'] === 'set') addAtomicItems(errors, '', itemsOf(one));
    return errors.length > 0;
  });
}

/** A rule in CEL: that it is there, and what is said about it. What it says is for the compiler. */
function addRule(errors: Errors, path: string, schema: Schema, { rule = '', message = '', messageExpression = '', reason, fieldPath = '' }: Loose<ValidationRule>): void {
  if (rule.trim() === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '') errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'));
  else if (newline.test(message.trim())) errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  else if (newline.test(rule.trim()) && message.trim() === '') errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '') errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  addOptionalEnum(errors, `${path}.reason`, reason, reasons);
  if (fieldPath === '') return;
  if (fieldPath.trim() === '') errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must be non-empty if specified'));
  if (newline.test(fieldPath)) errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must not contain line breaks'));
  if ('error' in followPath(schema, fieldPath, { brackets: true })) errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must be a valid path'));
}

interface Walk extends SchemaOptions {
  /** Schemas looked at. */
  seen: number;
}

/** A schema and all inside it. */
function* validateSchema(errors: Errors, path: string, schema: Schema, place: Place, options: Walk): Pieces<void> {
  addWords(errors, path, schema, place, options);
  for (const [where, one, there] of placesBelow(schema, place)) yield* validateSchema(errors, `${path}.${where}`, one, there, options);
  if (++options.seen % schemasAPiece === 0) yield;
  addTopology(errors, path, schema, options);
  schema['x-kubernetes-validations']?.forEach((rule, i) => addRule(errors, `${path}.x-kubernetes-validations[${i}]`, schema, rule));
}

function* rootErrors(schema: Schema, path: string, { knownTypes, atomicSets, keyedLists }: SchemaOptions): Pieces<FieldError[]> {
  const errors: Errors = [];
  yield* validateSchema(errors, path, schema, { insideMeta: false, root: true }, { knownTypes, atomicSets, keyedLists, seen: 0 });
  return errors;
}

/** Schemas without any error, however strictly they are looked at. */
const faultless = new WeakSet<Schema>();
const strict: SchemaOptions = { knownTypes: true, atomicSets: true, keyedLists: true };

/** Does all the work of `validateRootSchema` on a schema that has no errors, in pieces. */
export function* foreseeRootErrors(schema: Schema): Pieces<void> {
  if (!faultless.has(schema) && (yield* rootErrors(schema, '', strict)).length === 0) faultless.add(schema);
}

/** The schema of a version, from its root. It must not change afterwards. */
export function validateRootSchema(schema: Schema, path: string, options: SchemaOptions): FieldError[] {
  return faultless.has(schema) ? [] : atOnce(rootErrors(schema, path, options));
}
