import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';

/**
 * Synchronous reads of the watch cache for the API server's own parts (authorization, admission, service-account
 * tokens, subresources). Objects are decoded on first use, then shared and deeply frozen.
 */
export interface ObjectReader {
  /** Whether any version of the resource is served; reading one that is not is a bug. */
  has(type: ResourceType<unknown>): boolean;
  /** Undefined when it does not exist. `namespace` is empty for cluster-scoped resources. */
  get<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T | undefined;
  /** All of one namespace, or of all when `namespace` is undefined; in key order. */
  list<T extends KubeObject>(type: ResourceType<T>, namespace?: string): readonly T[];
  /** Calls back after each change to the resource, once the change is visible to `get` and `list`. Returns its undo. */
  onChange<T extends KubeObject>(type: ResourceType<T>, listener: (change: { readonly object: T | undefined; readonly previous: T | undefined }) => void): () => void;
}
