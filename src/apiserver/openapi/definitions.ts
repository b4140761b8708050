/** Schemas as OpenAPI prints them, v2 and v3, and the closure of the definitions that a document needs. */
import { enumOf } from '../../api/schema/enums.ts';
import type { FieldSchema, ObjectSchema, ScalarSchema, ValueSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { Dialect } from './written-schema.ts';
import { isWritten } from './written-schema.ts';

/** Prose for a definition or one of its fields, where the caller has any. */
export type Descriptions = (definition: string, field?: string) => string | undefined;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';
export const patchDefinition = `${meta}Patch`;

/** Scalars that have a definition of their own. */
const namedScalars: Partial<Record<ScalarSchema['kind'], string>> = {
  'quantity': 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'int-or-string': 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'time': `${meta}Time`,
  'micro-time': `${meta}MicroTime`,
};

/** The bodies of definitions that are no objects with fields. */
function specialBody(name: string, dialect: Dialect): object | undefined {
  switch (name) {
    case namedScalars.quantity: return dialect === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case namedScalars['int-or-string']: return dialect === 'v2' ? { type: 'string', format: 'int-or-string' } : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case namedScalars.time: case namedScalars['micro-time']: return { type: 'string', format: 'date-time' };
    case 'io.k8s.apimachinery.pkg.runtime.RawExtension': case `${meta}FieldsV1`: case patchDefinition: return { type: 'object' };
    case `${apiextensions}JSON`: case `${apiextensions}JSONSchemaPropsOrArray`: case `${apiextensions}JSONSchemaPropsOrBool`: case `${apiextensions}JSONSchemaPropsOrStringArray`: return {};
    default: return undefined;
  }
}

/** Collects every definition that a document refers to, and prints them. */
export class DefinitionSet {
  readonly #dialect: Dialect;
  readonly #descriptions: Descriptions | undefined;
  /** Undefined for those that are no objects with fields. */
  readonly #found = new Map<string, ObjectSchema | undefined>();
  readonly #written = new Map<string, object>();

  constructor(dialect: Dialect, descriptions: Descriptions | undefined) {
    this.#dialect = dialect;
    this.#descriptions = descriptions;
  }

  /** A reference to the definition of `schema`; the definition and all that it refers to become part of the document. */
  reference(schema: ObjectSchema): { $ref: string } {
    this.#add(schema);
    return this.#referenceTo(schema.name);
  }

  /** The same for a definition that is no object with fields: Patch and its like. */
  namedReference(name: string): { $ref: string } {
    this.#found.set(name, undefined);
    return this.#referenceTo(name);
  }

  #referenceTo(name: string): { $ref: string } {
    return { $ref: `${this.#dialect === 'v2' ? '#/definitions/' : '#/components/schemas/'}${name}` };
  }

  #referenceByName(name: string): { $ref: string } {
    const builtin = builtinSchema.definition(name);
    return builtin === undefined ? this.#referenceTo(name) : this.reference(builtin);
  }

  #add(schema: ObjectSchema): void {
    if (this.#found.has(schema.name)) return;
    this.#found.set(schema.name, schema);
    if (isWritten(schema)) this.#written.set(schema.name, schema.body({ dialect: this.#dialect, describe: (definition, field) => this.#descriptions?.(definition, field), reference: (name) => this.#referenceByName(name) }));
    for (const field of schema.fields.values()) this.#addValue(field.value);
  }

  #addValue(value: ValueSchema): void {
    switch (value.kind) {
      case 'object': if (value.name === '') for (const field of value.fields.values()) this.#addValue(field.value); else this.#add(value); break;
      case 'list': this.#addValue(value.items); break;
      case 'map': this.#addValue(value.values); break;
      case 'any': if (value.definition !== undefined) this.#found.set(value.definition, undefined); break;
      default: {
        const name = namedScalars[value.kind];
        if (name !== undefined) this.#found.set(name, undefined);
      }
    }
  }

  /** All definitions by name, sorted. */
  print(): Record<string, object> {
    const printed: Record<string, object> = {};
    for (const name of [...this.#found.keys()].sort()) {
      const schema = this.#found.get(name);
      const description = this.#descriptions?.(name);
      printed[name] = { ...(description !== undefined && { description }), ...(schema === undefined ? specialBody(name, this.#dialect) : (this.#written.get(name) ?? this.#object(schema))) };
    }
    return printed;
  }

  #object(schema: ObjectSchema): object {
    const properties: Record<string, object> = {};
    for (const field of schema.fields.values()) properties[field.name] = this.#field(field, schema.name);
    return {
      type: 'object',
      ...(schema.fields.size > 0 && { properties }),
      ...(schema.required.length > 0 && { required: schema.required }),
      ...(schema.kinds !== undefined && { 'x-kubernetes-group-version-kind': schema.kinds.map(({ group, kind, version }) => ({ group, kind, version })) }),
      ...(schema.mapType !== undefined && { 'x-kubernetes-map-type': schema.mapType }),
    };
  }

  #field(field: FieldSchema, definition: string): object {
    const description = this.#descriptions?.(definition, field.name);
    const extras = {
      ...(description !== undefined && { description }),
      ...(field.default !== undefined && { default: field.default }),
      ...(field.listMapKeys.length > 0 && { 'x-kubernetes-list-map-keys': field.listMapKeys }),
      ...(field.listType !== undefined && { 'x-kubernetes-list-type': field.listType }),
      ...(field.mapType !== undefined && { 'x-kubernetes-map-type': field.mapType }),
      ...(field.patchMergeKey !== undefined && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
      ...(field.patchStrategy.length > 0 && { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
    };
    const value = this.#value(field.value, enumOf(definition, field.name));
    // OpenAPI 3.0 ignores what stands beside a $ref.
    if (this.#dialect === 'v3' && '$ref' in value && Object.keys(extras).length > 0) return { ...extras, allOf: [value] };
    return { ...extras, ...value };
  }

  /** `values` are those that a string, or each one in a list or a map of strings, may have. */
  #value(value: ValueSchema, values?: readonly string[]): object {
    switch (value.kind) {
      case 'object': return value.name === '' ? this.#object(value) : this.#referenceTo(value.name);
      case 'list': return { type: 'array', items: this.#value(value.items, values) };
      case 'map': return { type: 'object', additionalProperties: this.#value(value.values, values) };
      case 'any': return value.definition === undefined ? {} : this.#referenceTo(value.definition);
      case 'string': case 'duration': return { type: 'string', ...(values !== undefined && { enum: values }) };
      case 'bytes': return { type: 'string', format: 'byte' };
      case 'int32': case 'int64': return { type: 'integer', format: value.kind };
      case 'number': return { type: 'number', format: 'double' };
      case 'boolean': return { type: 'boolean' };
      default: return this.#referenceTo(namedScalars[value.kind]!);
    }
  }
}
