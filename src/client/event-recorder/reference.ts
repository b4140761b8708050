import type { KubeObject } from '../../api/meta/object.ts';
import type { ObjectReference } from '../../api/types/core/v1.ts';

/** Tells what events of one source are about: an object by its uid, and something that has none by its names. */
export function objectKeyOf({ kind = '', namespace = '', name = '', uid = '', apiVersion = '' }: ObjectReference): string {
  return uid !== '' ? uid : `${kind}\0${namespace}\0${name}\0${apiVersion}`;
}

/** The reference by which events and endpoints point at an object. */
export function referenceTo(object: KubeObject): ObjectReference {
  const { kind, apiVersion, metadata: { namespace, name, uid, resourceVersion } } = object;
  const reference: ObjectReference = {};
  if (kind !== undefined) reference.kind = kind;
  if (namespace !== undefined) reference.namespace = namespace;
  if (name !== undefined) reference.name = name;
  if (uid !== undefined) reference.uid = uid;
  if (apiVersion !== undefined) reference.apiVersion = apiVersion;
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion;
  return reference;
}
