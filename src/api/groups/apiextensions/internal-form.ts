/** Definitions in upstream's internal form, which is what its errors show: Go's names, every field, and null where there is nothing. */
import type { Loose } from '../../meta/loose.ts';
import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion, ValidationRule } from '../../types/apiextensions/v1.ts';
import type { Schema } from './json-schema.ts';

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Go writes the keys of maps in order. */
function mapOf(given: unknown, form: (value: never) => unknown): unknown {
  return isObject(given) ? Object.fromEntries(Object.keys(given).sort().map((name) => [name, form(given[name] as never)])) : null;
}

const listOf = <T>(given: readonly T[] | undefined, form: (value: T) => unknown): unknown => given?.map(form) ?? null;
const orBool = (given: unknown): unknown => (given === undefined ? null : isObject(given) ? { Allows: true, Schema: internalSchema(given as Schema) } : { Allows: given === true, Schema: null });
const orStrings = (given: unknown): unknown => (isObject(given) ? { Schema: internalSchema(given as Schema), Property: null } : { Schema: null, Property: given });

/** Of `items`, which is a schema or a list of some. */
export const internalItems = (given: unknown): unknown => (given === undefined ? null : Array.isArray(given) ? { Schema: null, JSONSchemas: listOf(given as Schema[], internalSchema) } : { Schema: internalSchema(given as Schema), JSONSchemas: null });

export const internalRule = ({ rule = '', message = '', messageExpression = '', reason, fieldPath = '', optionalOldSelf }: Loose<ValidationRule>): unknown => ({
  Rule: rule, Message: message, MessageExpression: messageExpression, Reason: reason ?? null, FieldPath: fieldPath, OptionalOldSelf: optionalOldSelf ?? null,
});

export function internalSchema(schema: Schema): Fields {
  const { externalDocs } = schema;
  return {
    ID: schema.id ?? '', Schema: schema.$schema ?? '', Ref: schema.$ref ?? null, Description: schema.description ?? '', Type: schema.type ?? '', Nullable: schema.nullable ?? false, Format: schema.format ?? '', Title: schema.title ?? '',
    Default: schema.default ?? null, Maximum: schema.maximum ?? null, ExclusiveMaximum: schema.exclusiveMaximum ?? false, Minimum: schema.minimum ?? null, ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null, MinLength: schema.minLength ?? null, Pattern: schema.pattern ?? '', MaxItems: schema.maxItems ?? null, MinItems: schema.minItems ?? null, UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null, Enum: schema.enum ?? null, MaxProperties: schema.maxProperties ?? null, MinProperties: schema.minProperties ?? null, Required: schema.required ?? null,
    Items: internalItems(schema.items), AllOf: listOf(schema.allOf, internalSchema), OneOf: listOf(schema.oneOf, internalSchema), AnyOf: listOf(schema.anyOf, internalSchema), Not: schema.not === undefined ? null : internalSchema(schema.not),
    Properties: mapOf(schema.properties, internalSchema), AdditionalProperties: orBool(schema.additionalProperties), PatternProperties: mapOf(schema.patternProperties, internalSchema), Dependencies: mapOf(schema.dependencies, orStrings),
    AdditionalItems: orBool(schema.additionalItems), Definitions: mapOf(schema.definitions, internalSchema), ExternalDocs: externalDocs === undefined ? null : { Description: externalDocs.description ?? '', URL: externalDocs.url ?? '' }, Example: schema.example ?? null,
    XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null, XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false, XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: schema['x-kubernetes-list-map-keys'] ?? null, XListType: schema['x-kubernetes-list-type'] ?? null, XMapType: schema['x-kubernetes-map-type'] ?? null, XValidations: listOf(schema['x-kubernetes-validations'], internalRule),
  };
}

const internalColumn = ({ name = '', type = '', format = '', description = '', priority = 0, jsonPath = '' }: Loose<CustomResourceColumnDefinition>): unknown => ({ Name: name, Type: type, Format: format, Description: description, Priority: priority, JSONPath: jsonPath });

/** `version`: without what all versions have in common, which stands above them. */
export function internalVersion({ name = '', served = false, storage = false, deprecated = false, deprecationWarning, schema, subresources, additionalPrinterColumns, selectableFields }: Loose<CustomResourceDefinitionVersion>): Fields {
  const scale = subresources?.scale;
  return {
    Name: name, Served: served, Storage: storage, Deprecated: deprecated, DeprecationWarning: deprecationWarning ?? null,
    Schema: schema === undefined ? null : { OpenAPIV3Schema: schema.openAPIV3Schema === undefined ? null : internalSchema(schema.openAPIV3Schema) },
    Subresources: subresources === undefined ? null : {
      Status: subresources.status === undefined ? null : {},
      Scale: scale === undefined ? null : { SpecReplicasPath: scale.specReplicasPath ?? '', StatusReplicasPath: scale.statusReplicasPath ?? '', LabelSelectorPath: scale.labelSelectorPath ?? null },
    },
    AdditionalPrinterColumns: listOf(additionalPrinterColumns, internalColumn),
    SelectableFields: listOf(selectableFields, ({ jsonPath = '' }) => ({ JSONPath: jsonPath })),
  };
}
