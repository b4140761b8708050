import type { KubeObject } from '../meta/object.ts';
import type { ResourceDefinition } from '../groups/definition.ts';
import type { ResourceSchema } from '../schema/schema.ts';

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
  /** For discovery, tables, server-side apply and OpenAPI. Its `schema` describes; `prune` decides what is dropped. */
  readonly resource: ResourceSchema;
  /**
   * The rules of its objects. `applyDefaults` fills in the schema's defaults; `validate` and `validateUpdate` are the
   * schema's rules, list types, embedded objects and CEL rules, with ratcheting where there is an older object.
   */
  readonly definition: ResourceDefinition<KubeObject>;
  /**
   * Drops what the schema does not know, in place, and coerces the metadata of embedded objects. Answers the paths of
   * what was dropped, as strict decoding names unknown fields (`spec.foo`, `spec.list[0].bar`).
   */
  prune(object: KubeObject): string[];
}

/** A whole CustomResourceDefinition, made ready. */
export interface CompiledDefinition {
  /** Served or not, in the order in which discovery prefers them (`v2`, `v1`, `v1beta1` …). */
  readonly versions: readonly CompiledVersion[];
  /** The one of them that is stored. */
  readonly storage: CompiledVersion;
}
