import { isMap } from '../../base/is-map.ts';
import type { FieldSchema, ObjectSchema, ValueSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { AnyObject } from '../resources/item.ts';
import { kindOf } from './resource.ts';

/** What a merge knows of a value: whether lists are merged, by which keys, and what is in it. */
export interface MergeSchema {
  readonly merges: boolean;
  /** Empty for lists of plain values. */
  readonly keys: readonly string[];
  field(name: string): MergeSchema | undefined;
  items(): MergeSchema | undefined;
}

/** Fields that are younger than the schema that kustomize has built in: to it they are lists like any other. */
const younger = new Set(['resourceClaims', 'schedulingGates', 'matchConditions', 'hostIPs', 'auditAnnotations']);

class BuiltinSchema implements MergeSchema {
  readonly merges: boolean;
  readonly keys: readonly string[];
  readonly #value: ValueSchema;

  constructor(value: ValueSchema, field?: FieldSchema) {
    this.#value = value;
    this.merges = field?.patchStrategy.includes('merge') === true && !younger.has(field.name);
    this.keys = field === undefined ? [] : field.listMapKeys.length > 0 ? field.listMapKeys : field.patchMergeKey === undefined ? [] : [field.patchMergeKey];
  }

  field(name: string): MergeSchema | undefined {
    const value = this.#value;
    if (value.kind === 'map') return new BuiltinSchema(value.values);
    const field = value.kind === 'object' ? value.fields.get(name) : undefined;
    return field === undefined ? undefined : new BuiltinSchema(field.value, field);
  }

  items(): MergeSchema | undefined {
    return this.#value.kind === 'list' ? new BuiltinSchema(this.#value.items) : undefined;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** A definition of an OpenAPI document that somebody brought. */
class OpenApiSchema implements MergeSchema {
  readonly #schema: Json;
  readonly #definitions: Json;

  constructor(schema: Json, definitions: Json) {
    this.#schema = schema;
    this.#definitions = definitions;
  }

  get merges(): boolean { return String(this.#schema['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge'); }

  get keys(): readonly string[] {
    const { 'x-kubernetes-list-map-keys': keys, 'x-kubernetes-patch-merge-key': key } = this.#schema;
    return Array.isArray(keys) ? keys as string[] : typeof key === 'string' ? [key] : [];
  }

  #resolved(schema: unknown): MergeSchema | undefined {
    let found = schema;
    for (let hops = 0; isMap(found) && typeof found['$ref'] === 'string' && hops < 32; hops++) found = this.#definitions[found['$ref'].replace('#/definitions/', '')];
    return isMap(found) ? new OpenApiSchema(found, this.#definitions) : undefined;
  }

  field(name: string): MergeSchema | undefined {
    const { properties, additionalProperties } = this.#schema;
    const own = isMap(properties) ? properties[name] : undefined;
    return this.#resolved(own ?? additionalProperties);
  }

  items(): MergeSchema | undefined { return this.#resolved(this.#schema['items']); }
}

/** Finds what is known of a kind. */
export type FindSchema = (object: AnyObject) => MergeSchema | undefined;

const builtin = (schema: ObjectSchema | undefined): MergeSchema | undefined => (schema === undefined ? undefined : new BuiltinSchema(schema));

/** The kinds that are built in. */
export const builtinSchemas: FindSchema = (object) => {
  const { group, version, kind } = kindOf(object);
  return builtin(builtinSchema.kind(group, version, kind));
};

/** The kinds of an OpenAPI document before those that are built in. */
export function schemasOf(document: unknown): FindSchema {
  const definitions = isMap(document) && isMap(document['definitions']) ? document['definitions'] : {};
  return (object) => {
    const { group, version, kind } = kindOf(object);
    const own = Object.values(definitions).find((one) => isMap(one) && Array.isArray(one['x-kubernetes-group-version-kind']) && (one['x-kubernetes-group-version-kind'] as Json[]).some((gvk) => (gvk['group'] ?? '') === group && gvk['version'] === version && gvk['kind'] === kind));
    return isMap(own) ? new OpenApiSchema(own, definitions) : builtinSchemas(object);
  };
}
