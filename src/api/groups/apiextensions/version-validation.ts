/** What a version of a custom resource says beside its schema's details: columns, subresources, fields to select by. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, required, tooMany } from '../../field-error.ts';
import { factsOf } from '../../custom-resources/schema-facts.ts';
import { checkRules } from '../../custom-resources/rules-loader.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import type { CustomResourceColumnDefinition, CustomResourceSubresources, SelectableField } from '../../types/apiextensions/v1.ts';
import { validateDefaults } from './default-validation.ts';
import { internalSchema } from './internal-form.ts';
import { followPath } from './json-schema.ts';
import type { Schema } from './json-schema.ts';
import { validateRootSchema } from './schema-validation.ts';
import type { SchemaOptions } from './schema-validation.ts';
import { validateStructural } from './structural.ts';

type Errors = FieldError[];

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const maxSelectableFields = 8;
const maxWarningBytes = 256;
/** Upstream's names of the fields that a schema may have at its root when status is a subresource. */
const rootFields = ['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'];
const rootNames = new Set([...rootFields.map((name) => name.toLowerCase()), 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations']);

/** What a deprecation warning may not be. */
export function warningErrors(deprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return [];
  if (!deprecated) return ['can only be set for deprecated versions'];
  const errors: string[] = [];
  if (byteLength(warning) > maxWarningBytes) errors.push('must be <= 256 characters long');
  if (warning === '') errors.push('must not be an empty string');
  let index = 0;
  for (const character of warning) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      errors.push(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
      break;
    }
    index += byteLength(character);
  }
  return errors;
}

function addJsonPath(errors: Errors, path: string, value: string): boolean {
  if (value.startsWith('.')) return true;
  errors.push(invalid(path, value, 'must be a simple json path starting with .'));
  return false;
}

/** A column of the table. */
export function addColumn(errors: Errors, path: string, { name = '', type = '', format = '', jsonPath = '' }: Loose<CustomResourceColumnDefinition>): void {
  const oneOf = `must be one of ${columnTypes.join(',')}`;
  if (name === '') errors.push(required(`${path}.name`));
  if (type === '') errors.push(required(`${path}.type`, oneOf));
  else if (!columnTypes.includes(type)) errors.push(invalid(`${path}.type`, type, oneOf));
  if (format !== '' && !columnFormats.includes(format)) errors.push(invalid(`${path}.format`, format, `must be one of ${columnFormats.join(',')}`));
  // The field was called so in v1beta1, and its errors still are.
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else addJsonPath(errors, `${path}.JSONPath`, jsonPath);
}

function addScalePath(errors: Errors, path: string, value: string, parents: readonly string[], detail: string): void {
  if (value === '') errors.push(required(path));
  else if (addJsonPath(errors, path, value) && !parents.some((parent) => value.startsWith(parent))) errors.push(invalid(path, value, detail));
}

/** Where the scale of an object is found. */
export function addSubresources(errors: Errors, path: string, subresources: Loose<CustomResourceSubresources> | undefined): void {
  const scale = subresources?.scale;
  if (scale === undefined) return;
  addScalePath(errors, `${path}.scale.specReplicasPath`, scale.specReplicasPath ?? '', ['.spec.'], 'should be a json path under .spec');
  addScalePath(errors, `${path}.scale.statusReplicasPath`, scale.statusReplicasPath ?? '', ['.status.'], 'should be a json path under .status');
  if ((scale.labelSelectorPath ?? '') !== '') addScalePath(errors, `${path}.scale.labelSelectorPath`, scale.labelSelectorPath!, ['.spec.', '.status.'], 'should be a json path under either .spec or .status');
}

/** Fields that a field selector may name. `tooManyBefore`: there were too many, and they are the same. */
export function addSelectableFields(errors: Errors, path: string, fields: readonly Loose<SelectableField>[], schema: Schema, tooManyBefore: boolean): void {
  const seen = new Set<string>();
  fields.forEach(({ jsonPath = '' }, i) => {
    const at = `${path}[${i}].jsonPath`;
    if (jsonPath === '') return void errors.push(required(at));
    const found = followPath(schema, jsonPath, { brackets: false });
    if ('error' in found) return void errors.push(invalid(at, jsonPath, `is an invalid path: ${found.error}`));
    if (found.names[0] === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.schema?.type ?? '')) errors.push(invalid(at, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'));
    const key = found.names.join('.');
    if (seen.has(key)) errors.push(duplicate(at, jsonPath));
    seen.add(key);
  });
  if (seen.size > maxSelectableFields && !tooManyBefore) errors.push(tooMany(path, seen.size, maxSelectableFields));
}

/** Status is taken out of the root as one property: nothing at the root may say more about it. */
function addStatusRoot(errors: Errors, path: string, schema: Schema): void {
  for (const [field, value] of Object.entries(schema)) {
    if (value === undefined || value === false || value === '' || value === 0 || (Array.isArray(value) && value.length === 0)) continue;
    if (field === 'type' && value !== 'object') return void errors.push(invalid(`${path}.openAPIV3Schema.type`, value, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'));
    if (!rootNames.has(field.toLowerCase())) return void errors.push(invalid(`${path}.openAPIV3Schema`, internalSchema(schema), `only [${rootFields.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`));
  }
}

/** The schema of a version. `path`: of what holds it. */
export function addSchema(errors: Errors, path: string, schema: Schema | undefined, options: SchemaOptions & { readonly status: boolean; readonly structural: boolean; readonly prunedDefaults: boolean; readonly costlyRules: boolean }): void {
  if (schema === undefined) return;
  const at = `${path}.openAPIV3Schema`;
  const before = errors.length;
  if (options.status) addStatusRoot(errors, path, schema);
  if (schema.nullable === true) errors.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'));
  const { cannotBeStructural, dialect } = factsOf(schema);
  if (options.structural && !cannotBeStructural) {
    const wrong = validateStructural(schema, at);
    errors.push(...(wrong.length > 0 ? wrong : validateDefaults(schema, at, options.prunedDefaults)));
  }
  errors.push(...validateRootSchema(schema, at, options));
  if (options.structural && errors.length === before && !cannotBeStructural) errors.push(...checkRules(schema, at, { costly: options.costlyRules }));
  // Upstream's structural form has no place for it, and no other rule speaks of it.
  if (options.structural && errors.length === before && dialect) addInvalid(errors, at, '', ["OpenAPIV3Schema 'schema' is not supported"]);
}
