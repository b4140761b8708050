import type { ResourceType } from '../resource-type.ts';
import { apiVersionOf } from '../resource-type.ts';
import type { ObjectMeta, OwnerReference } from '../types/meta/v1.ts';
import { controllerOf, nameOf, uidOf } from './object.ts';

/** A reference to the controller of a dependent, as `metav1.NewControllerRef` makes it. */
export function controllerReference(owner: { readonly metadata: ObjectMeta }, type: ResourceType<unknown>): OwnerReference {
  return { apiVersion: apiVersionOf(type), kind: type.kind, name: nameOf(owner), uid: uidOf(owner), controller: true, blockOwnerDeletion: true };
}

/** Is `owner` (by uid) the controller of `object`? */
export function isControlledBy(object: { readonly metadata: ObjectMeta }, owner: { readonly metadata: ObjectMeta }): boolean {
  return controllerOf(object)?.uid === uidOf(owner);
}
