import type { Schema } from '../groups/apiextensions/json-schema.ts';
import type { KubeObject } from '../meta/object.ts';
import type { ResourceDefinition } from '../groups/definition.ts';
import type { ResourceSchema } from '../schema/schema.ts';

export interface PruneOptions {
  /** Embedded metadata of a wrong type is left out, where it is otherwise refused: for what was stored long ago. */
  readonly dropInvalid?: boolean;
}

/**
 * One version of a custom resource, made ready to be served: what the API server needs to treat its objects as it treats
 * those of built-in kinds. Made once for each change of the CustomResourceDefinition; everything here is pure.
 */
export interface CompiledVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  /** Told to whoever uses a deprecated version. */
  readonly deprecation?: string;
  /**
   * For discovery, tables, server-side apply and OpenAPI. Its `schema` describes; `prune` decides what is dropped. Do not
   * spread the schema: its parts are made when they are asked for. It is named `Kind.version.group`.
   */
  readonly resource: ResourceSchema;
  /** The schema as its author wrote it, for OpenAPI documents. */
  readonly openApiSchema: Schema | undefined;
  /**
   * The rules of its objects. `applyDefaults` fills in the schema's defaults; `validate` and `validateUpdate` are the
   * schema's rules, list types, embedded objects and CEL rules, with ratcheting where there is an older object.
   */
  readonly definition: ResourceDefinition<KubeObject>;
  /** Where replicas stand, as managed fields name the place (`f:spec`, `f:replicas`), if the version has a scale. */
  readonly replicasPath?: readonly string[];
  /**
   * Drops what the schema does not know, in place, and coerces the metadata of embedded objects. Leaves the object's own
   * type and metadata alone. Answers the paths of what was dropped, as strict decoding names unknown fields (`spec.foo`,
   * `spec.list[0].bar`). Throws ApiError BadRequest for embedded metadata that is none, unless told otherwise.
   */
  prune(object: KubeObject, options?: PruneOptions): string[];
}

/** A whole CustomResourceDefinition, made ready. */
export interface CompiledDefinition {
  /** Served or not, in the order in which discovery prefers them (`v2`, `v1`, `v1beta1` …). */
  readonly versions: readonly CompiledVersion[];
  /** The one of them that is stored. */
  readonly storage: CompiledVersion;
}
