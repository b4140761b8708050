import type { ObjectMeta, OwnerReference } from '../types/meta/v1.ts';

/** What every persisted Kubernetes object has. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** The object's name. Throws for one that has none yet: only objects read from the API are asked. */
export function nameOf(object: { readonly metadata: ObjectMeta }): string {
  const { name } = object.metadata;
  if (name === undefined) throw new Error('object has no name');
  return name;
}

/** The object's namespace; the empty string for cluster-scoped objects. */
export function namespaceOf(object: { readonly metadata: ObjectMeta }): string {
  return object.metadata.namespace ?? '';
}

/** The object's uid. Throws for one that has not been stored. */
export function uidOf(object: { readonly metadata: ObjectMeta }): string {
  const { uid } = object.metadata;
  if (uid === undefined) throw new Error('object has no uid');
  return uid;
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of work queues and listers. */
export function keyOf(object: { readonly metadata: ObjectMeta }): string {
  return joinKey(object.metadata.namespace ?? '', nameOf(object));
}

export function joinKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner reference that has `controller: true`, if any (there is at most one). */
export function controllerOf(object: { readonly metadata: ObjectMeta }): OwnerReference | undefined {
  const { ownerReferences } = object.metadata;
  if (ownerReferences !== undefined) for (const reference of ownerReferences) if (reference.controller === true) return reference;
  return undefined;
}
