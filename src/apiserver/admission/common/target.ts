import type { ServedResource, ServedResources } from '../../served-resources.ts';
import type { AdmissionAttributes, AdmittedRequest } from '../admission.ts';

export interface GroupVersionKind { readonly group: string; readonly version: string; readonly kind: string }
export interface GroupVersionResource { readonly group: string; readonly version: string; readonly resource: string }

/** A request's object in one version: in that of the request, or in another that a rule names. */
export interface Target {
  readonly served: ServedResource;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
}

/** The request's own version. */
export function requestedTarget(attributes: AdmissionAttributes, { served }: AdmittedRequest): Target {
  return targetOf(attributes, served);
}

/** The same object in another version of its resource. */
export function targetOf(attributes: AdmissionAttributes, served: ServedResource): Target {
  const { group, version, resource } = served.schema;
  return { served, resource: { group, version, resource }, kind: ownKind(attributes) ?? { group, version, kind: served.schema.kind } };
}

/** The kind of an object that is not one of the resource itself: a Scale, an Eviction, PodExecOptions. Undefined for those that are. */
export function ownKind({ kind, object, oldObject, request }: AdmissionAttributes): GroupVersionKind | undefined {
  if (request === undefined || kind === request.served.schema.kind) return undefined;
  const { apiVersion = 'v1' } = object ?? oldObject ?? {};
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
}

/** The other versions of a resource that are served, whatever group they are in; they have the subresource, too. */
export function equivalents(resources: ServedResources, served: ServedResource, subresource: string): readonly ServedResource[] {
  if (served.storage === undefined) return [];
  return resources.named(served.schema.resource).filter((other) => other !== served && other.storage !== undefined && sameStorage(other, served) && (subresource === '' || other.schema.subresources.some(({ name }) => name === subresource)));
}

const sameStorage = (a: ServedResource, b: ServedResource): boolean => a.storage === b.storage || (a.storage?.group === b.storage?.group && a.storage?.resource === b.storage?.resource);

/** Namespaces are in themselves, as upstream's requests for them are. */
export function namespaceOf({ group, resource, namespace, name }: AdmissionAttributes): string {
  return namespace === '' && group === '' && resource === 'namespaces' ? name : namespace;
}
