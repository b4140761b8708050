/**
 * The contract of the schema: what the generated table says of every built-in type, and what a
 * CustomResourceDefinition's OpenAPI schema is translated into. Decoding, pruning, strict validation, strategic merge,
 * server-side apply, protobuf, OpenAPI and `explain` all read this and nothing else.
 */

/** A type by its OpenAPI definition name, e.g. `io.k8s.api.core.v1.PodSpec`. */
export interface ObjectSchema {
  readonly kind: 'object';
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** Names of fields that must be present, as the OpenAPI document states them. */
  readonly required: readonly string[];
  /** How server-side apply owns every value of this type, unless the field says otherwise; granular where absent. */
  readonly mapType?: 'granular' | 'atomic';
  /** Fields without a name in the schema are kept as they are (x-kubernetes-preserve-unknown-fields); owned by what they hold. */
  readonly open?: true;
  /** The kinds that this type is, if it is one. `group` is empty for core. */
  readonly kinds?: readonly GroupVersionKind[];
}
export interface GroupVersionKind { readonly group: string; readonly version: string; readonly kind: string }
/** `mapType`, as of a field, where no field says it: of a list's items and a map's values. */
export interface MapSchema { readonly kind: 'map'; readonly values: ValueSchema; readonly mapType?: 'granular' | 'atomic' }
/** `listType`: see `MapSchema`. */
export interface ListSchema { readonly kind: 'list'; readonly items: ValueSchema; readonly listType?: ListType; readonly listMapKeys?: readonly string[] }
export interface ScalarSchema {
  readonly kind: 'string' | 'bytes' | 'int32' | 'int64' | 'number' | 'boolean' | 'quantity' | 'int-or-string' | 'time' | 'micro-time' | 'duration';
}
/** Any JSON value is kept as it is: RawExtension, JSON, FieldsV1; `definition` is its OpenAPI definition name, if it has one. */
export interface AnySchema { readonly kind: 'any'; readonly definition?: string }

export type ValueSchema = ObjectSchema | MapSchema | ListSchema | ScalarSchema | AnySchema;

export type ListType = 'atomic' | 'set' | 'map';

export interface FieldSchema {
  readonly name: string;
  /** Resolved lazily, so that recursive types and start-up cost nothing until asked. */
  readonly value: ValueSchema;
  /** Protobuf field number; undefined where the type has no protobuf form. */
  readonly tag?: number;
  /** Field numbers of the messages that hold this field in protobuf where JSON inlines them, outermost first. */
  readonly wrappers?: readonly number[];
  /** Strategic merge patch. */
  readonly patchStrategy: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey?: string;
  /** Server-side apply. */
  readonly listType?: ListType;
  readonly listMapKeys: readonly string[];
  readonly mapType?: 'granular' | 'atomic';
  /** The default that a CustomResourceDefinition states, if any; upstream's document states none for built-in types. */
  readonly default?: unknown;
}

/** What the API serves under one group, version and plural name. */
export interface ResourceSchema {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  /** The kind of its lists, where that is not `KindList`: custom resources may name it. */
  readonly listKind?: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** As discovery prints them: create, delete, deletecollection, get, list, patch, update, watch; sorted. */
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceSchema[];
  /** Names the stored form in discovery (storageVersionHash); absent where nothing is stored. */
  readonly storageVersionHash?: string;
  readonly schema: ObjectSchema;
  /** How OpenAPI describes a custom resource and its lists: otherwise than its schema does, and before that is compiled. */
  readonly openApi?: { readonly object: ObjectSchema; readonly list: ObjectSchema };
}

export interface SubresourceSchema {
  readonly name: string;
  readonly verbs: readonly string[];
  /** The kind that is read and written, where it is not the parent's: Scale, Eviction, Binding, TokenRequest… */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface SchemaTable {
  /** Every version that can be served, preferred first inside its group; groups in upstream's discovery order. */
  readonly resources: readonly ResourceSchema[];
  /** By OpenAPI definition name. */
  definition(name: string): ObjectSchema | undefined;
  /** By what an object says of itself. `group` is empty for core. */
  kind(group: string, version: string, kind: string): ObjectSchema | undefined;
  resource(group: string, version: string, resource: string): ResourceSchema | undefined;
}
