/** Upstream's swagger.json as far as it is read, and what is taken from it. */

export interface GroupVersionKind { group: string; version: string; kind: string }
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
  'x-kubernetes-group-version-kind'?: GroupVersionKind[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
}
interface Operation {
  'x-kubernetes-action'?: string;
  'x-kubernetes-group-version-kind'?: GroupVersionKind;
}
export interface Swagger {
  definitions: Record<string, Schema>;
  paths: Record<string, Record<string, Operation>>;
}

/** What one line of the table says. */
export interface Field { name: string; type: string; tag: string; flags: string; mergeKey: string; mapKeys: string }
export interface Definition { name: string; kinds: GroupVersionKind[]; mapType: string; fields: Field[] }

export interface Resource { group: string; /** The group whose objects it shows, where that is another. */ home?: string; version: string; resource: string; namespaced: boolean; kind: string; verbs: Set<string>; subresources: Map<string, { verbs: Set<string>; gvk: GroupVersionKind }> }
