import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';

export type ReplaceResult<T> =
  | { readonly ok: true; readonly object: T }
  /** What stands there instead, written by somebody else meanwhile; undefined: nothing. */
  | { readonly ok: false; readonly current: T | undefined };

/** Writes of the API server's own parts, past authorization, admission and the resource's rules. */
export interface ObjectWriter {
  /**
   * Writes the object if what stands in the store still has its resourceVersion. Resolves once the write is durable and
   * visible to the server's ObjectReader. The object is taken over. Only for resources that are stored as `type` says.
   */
  replace<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<ReplaceResult<T>>;
}
