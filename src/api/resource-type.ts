/**
 * Names one API resource and, for the compiler, the type of its objects. `group` is empty for the core group.
 * The type parameter is carried by a property that never exists at run time.
 */
export interface ResourceType<T> {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case, as in URLs. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly __object?: T;
}

/** `v1` for the core group, `group/version` for all others: what stands in an object's `apiVersion`. */
export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The kind of a resource's lists. */
export function listKindOf(type: { readonly kind: string; readonly listKind?: string }): string {
  return type.listKind ?? `${type.kind}List`;
}

/** `pods`, `deployments.apps`: how RBAC messages and Status details name a resource. */
export function groupResourceOf(type: { readonly group: string; readonly resource: string }): string {
  return type.group === '' ? type.resource : `${type.resource}.${type.group}`;
}
