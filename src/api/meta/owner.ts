import type { ResourceType } from '../resource-type.ts';
import { apiVersionOf } from '../resource-type.ts';
import type { ObjectMeta, OwnerReference } from '../types/meta/v1.ts';
import { semanticEqual } from './equal.ts';
import { nameOf, uidOf } from './object.ts';

/** A reference to the controller of a dependent, as `metav1.NewControllerRef` makes it. */
export function controllerReference(owner: { readonly metadata: ObjectMeta }, type: ResourceType<unknown>): OwnerReference {
  return { apiVersion: apiVersionOf(type), kind: type.kind, name: nameOf(owner), uid: uidOf(owner), controller: true, blockOwnerDeletion: true };
}


/** The references without those that are there already, and the uids of these. */
export function distinctOwners(references: readonly OwnerReference[]): { readonly kept: readonly OwnerReference[]; readonly duplicates: readonly string[] } {
  if (references.length < 2) return { kept: references, duplicates: [] };
  const kept: OwnerReference[] = [];
  const byUid = new Map<string, OwnerReference[]>();
  const duplicates: string[] = [];
  for (const reference of references) {
    const same = byUid.get(reference.uid) ?? [];
    if (same.some((one) => semanticEqual(one, reference))) {
      duplicates.push(reference.uid);
      continue;
    }
    byUid.set(reference.uid, [...same, reference]);
    kept.push(reference);
  }
  return { kept, duplicates };
}
