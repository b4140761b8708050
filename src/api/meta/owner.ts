import type { ResourceType } from '../resource-type.ts';
import { apiVersionOf } from '../resource-type.ts';
import type { ObjectMeta, OwnerReference } from '../types/meta/v1.ts';
import { nameOf, uidOf } from './object.ts';

/** A reference to the controller of a dependent, as `metav1.NewControllerRef` makes it. */
export function controllerReference(owner: { readonly metadata: ObjectMeta }, type: ResourceType<unknown>): OwnerReference {
  return { apiVersion: apiVersionOf(type), kind: type.kind, name: nameOf(owner), uid: uidOf(owner), controller: true, blockOwnerDeletion: true };
}

