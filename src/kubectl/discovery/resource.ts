/** One resource that a server has, in one of its versions. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  /** Plural, as in URLs. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** A group's versions, the preferred one first. */
export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly string[];
}

/** Everything that discovery says, in the server's order. `failed`: versions whose resources could not be had, with the reason. */
export interface Discovery {
  readonly groups: readonly ApiGroup[];
  readonly resources: readonly ApiResource[];
  readonly failed: readonly { readonly groupVersion: string; readonly message: string }[];
}

/** `v1`, `apps/v1`. */
export const groupVersionOf = ({ group, version }: { readonly group: string; readonly version: string }): string => (group === '' ? version : `${group}/${version}`);

/** `pods`, `deployments.apps`. */
export const fullNameOf = ({ group, resource }: Pick<ApiResource, 'group' | 'resource'>): string => (group === '' ? resource : `${resource}.${group}`);

/** The URL path of a resource, an object or a subresource. Without a namespace: all of them, or a cluster-scoped one. */
export function pathOf(type: Pick<ApiResource, 'group' | 'version' | 'resource' | 'namespaced'>, where: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {}): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && where.namespace !== undefined && where.namespace !== '' ? `/namespaces/${encodeURIComponent(where.namespace)}` : '';
  const object = where.name === undefined ? '' : `/${encodeURIComponent(where.name)}`;
  return `${root}${scope}/${type.resource}${object}${where.subresource === undefined || where.subresource === '' ? '' : `/${where.subresource}`}`;
}
