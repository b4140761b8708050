/** How OpenAPI describes custom resources, as upstream's builder does it: their schemas as they are, with what every object has. */
import { factsOf } from '../../api/custom-resources/schema-facts.ts';
import { validateStructural } from '../../api/groups/apiextensions/structural.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { GroupVersionKind } from '../../api/schema/schema.ts';
import type { JSONSchemaProps } from '../../api/types/apiextensions/v1.ts';
import type { SchemaContext, WrittenSchema } from './written-schema.ts';

/** One version of a custom resource. */
export interface CustomKind extends GroupVersionKind {
  readonly listKind: string;
  readonly plural: string;
  /** See WrittenSchema. */
  readonly stamp: string;
  /** The schema as the definition has it; undefined without one. Asked when a document is made. */
  schema(): { readonly openApi: JSONSchemaProps | undefined; readonly preserveUnknownFields: boolean; readonly selectableFields: readonly string[] };
}

type Printed = Record<string, unknown>;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
/** Where prose is found that stands on every kind and list. */
const anyKind = 'io.k8s.api.core.v1.ConfigMap';

/** `com.example.v1.Widget`. */
const modelName = (group: string, version: string, kind: string): string => `${group.split('.').reverse().join('.')}.${version}.${kind}`;

function written(kind: CustomKind, own: string, body: (context: SchemaContext) => Printed): WrittenSchema {
  const { group, version, stamp } = kind;
  const gvk = { group, kind: own, version };
  return {
    kind: 'object', name: modelName(group, version, own), fields: new Map(), required: [], kinds: [gvk], stamp,
    body: (context) => {
      const { selectableFields } = kind.schema();
      return {
        ...body(context), 'x-kubernetes-group-version-kind': [gvk],
        ...(selectableFields.length > 0 && { 'x-kubernetes-selectable-fields': selectableFields.map((fieldPath) => ({ fieldPath })) }),
      };
    },
  };
}

/** The definition of the kind itself. */
export function customSchema(kind: CustomKind): WrittenSchema {
  return written(kind, kind.kind, (context) => {
    const { openApi, preserveUnknownFields } = kind.schema();
    const isOpen = (preserveUnknownFields || openApi?.['x-kubernetes-preserve-unknown-fields'] === true) && context.dialect === 'v2';
    // With nothing said of its fields, kubectl lets all of them through.
    if (openApi === undefined || isOpen || factsOf(openApi).cannotBeStructural || (preserveUnknownFields && validateStructural(openApi, '').length > 0)) return { type: 'object' };
    const printed = print(openApi, context);
    printed['properties'] = { ...(printed['properties'] as Printed | undefined), ...typeMeta(context, anyKind), metadata: referenceTo(context, `${meta}ObjectMeta`, context.describe(anyKind, 'metadata')) };
    return printed;
  });
}

/** The definition of its lists. */
export function customListSchema(kind: CustomKind): WrittenSchema {
  return written(kind, kind.listKind, (context) => {
    const item = context.reference(modelName(kind.group, kind.version, kind.kind));
    return {
      type: 'object', required: ['items'], description: `${kind.listKind} is a list of ${kind.kind}`,
      properties: {
        ...typeMeta(context, `${anyKind}List`),
        items: { type: 'array', description: `List of ${kind.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`, items: item },
        metadata: referenceTo(context, `${meta}ListMeta`, context.describe(`${anyKind}List`, 'metadata')),
      },
    };
  });
}

const typeMeta = (context: SchemaContext, of: string): Printed => ({ apiVersion: text(context.describe(of, 'apiVersion')), kind: text(context.describe(of, 'kind')) });
const text = (description: string | undefined): Printed => ({ type: 'string', ...(description !== undefined && { description }) });

/** OpenAPI 3.0 ignores what stands beside a $ref. */
function referenceTo(context: SchemaContext, definition: string, description: string | undefined): Printed {
  const reference = context.reference(definition);
  if (description === undefined) return { ...reference };
  return context.dialect === 'v3' ? { description, allOf: [reference] } : { description, ...reference };
}

const intOrString = [{ type: 'integer' }, { type: 'string' }];

/** One schema and all that is below it. Nothing of the definition is changed. */
function print(schema: JSONSchemaProps, context: SchemaContext): Printed {
  const { id: _id, $schema: _schema, $ref: _ref, definitions: _definitions, dependencies: _dependencies, patternProperties: _patterns, additionalItems: _items, ...printed } = schema as unknown as Printed;
  if (schema.properties !== undefined) printed['properties'] = Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, print(property, context)]));
  if (isSchema(schema.items)) printed['items'] = print(schema.items, context);
  if (isSchema(schema.additionalProperties)) printed['additionalProperties'] = print(schema.additionalProperties, context);
  if (schema['x-kubernetes-int-or-string'] === true) unfold(printed, schema);
  for (const name of ['nullable', 'exclusiveMaximum', 'exclusiveMinimum', 'uniqueItems', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string']) if (printed[name] === false) delete printed[name];
  if (context.dialect === 'v2') simplify(printed, schema);
  if (schema['x-kubernetes-embedded-resource'] === true && !(context.dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'] === true)) embed(printed, context);
  return printed;
}

const isSchema = (value: unknown): value is JSONSchemaProps => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says in plain OpenAPI what "integer or string" means. */
function unfold(printed: Printed, { anyOf, allOf }: JSONSchemaProps): void {
  if (semanticEqual(anyOf, intOrString) || semanticEqual(allOf?.[0]?.anyOf, intOrString)) return;
  if (anyOf === undefined) printed['anyOf'] = intOrString;
  else printed['allOf'] = [{ anyOf: intOrString }, ...(allOf ?? [])];
}

/** What OpenAPI v2 does not know goes, and what kubectl's reader of it does not understand. */
function simplify(printed: Printed, { nullable, properties = {}, additionalProperties, ...schema }: JSONSchemaProps): void {
  for (const name of ['allOf', 'anyOf', 'oneOf', 'not', 'nullable']) delete printed[name];
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (nullable === true) delete printed['type'];
  if (nullable === true || isOpen) {
    delete printed['items'];
    delete printed['properties'];
  }
  if (printed['items'] === undefined && printed['type'] === 'array') delete printed['type'];
  if (isOpen && printed['type'] === 'object') delete printed['type'];
  const required = printed['required'] as readonly string[] | undefined;
  if (required === undefined) return;
  const kept = printed['properties'] === undefined ? required : required.filter((name) => properties[name]?.nullable !== true);
  if (kept.length === 0 || (isSchema(additionalProperties) && additionalProperties.nullable === true)) delete printed['required'];
  else printed['required'] = kept;
}

/** A whole resource stands here: it has a type and metadata. */
function embed(printed: Printed, context: SchemaContext): void {
  printed['properties'] = { ...(printed['properties'] as Printed | undefined), ...typeMeta(context, anyKind), metadata: referenceTo(context, `${meta}ObjectMeta`, context.describe(anyKind, 'metadata')) };
  printed['required'] = [...new Set([...((printed['required'] as readonly string[] | undefined) ?? []), 'kind', 'apiVersion'])];
}
