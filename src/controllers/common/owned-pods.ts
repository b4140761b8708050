import { semanticEqual } from '../../api/meta/equal.ts';
import type { Selector } from '../../api/meta/labels.ts';
import { SelectorError } from '../../api/meta/labels.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf, namespaceOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Informer } from '../../client/informer/informer.ts';

/** The owner that a dependent's controller reference names, as the informer has it; undefined when it is another kind or object. */
export function ownerIn<T extends KubeObject>(owners: Informer<T>, dependent: KubeObject): T | undefined {
  const reference = controllerOf(dependent);
  if (reference?.kind !== owners.type.kind) return undefined;
  const owner = owners.lister.get(namespaceOf(dependent), reference.name);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}

/** The owners that might adopt an orphan: whose selector, which is not empty, matches it. */
export function matchingOwners<T extends KubeObject>(owners: Informer<T>, dependent: KubeObject, selectorOf: (owner: T) => Selector): T[] {
  return owners.lister.list(namespaceOf(dependent)).filter((owner) => {
    try {
      const selector = selectorOf(owner);
      return !selector.empty && selector.matches(dependent.metadata.labels);
    } catch (error) {
      if (error instanceof SelectorError) return false;
      throw error;
    }
  });
}

/** Tells which owners a change of pods concerns: the one in charge, or those that might adopt an orphan. */
export function watchOwnedPods<T extends KubeObject>(options: { readonly pods: Informer<Pod>; readonly owners: Informer<T>; readonly selectorOf: (owner: T) => Selector; readonly enqueue: (owner: T) => void }): void {
  const { pods, owners, selectorOf, enqueue } = options;
  const enqueueOwner = (pod: Pod): void => {
    const owner = ownerIn(owners, pod);
    if (owner !== undefined) enqueue(owner);
  };
  const enqueueAll = (pod: Pod): void => {
    if (controllerOf(pod) !== undefined) enqueueOwner(pod);
    else if (pod.metadata.deletionTimestamp === undefined) for (const owner of matchingOwners(owners, pod, selectorOf)) enqueue(owner);
  };
  pods.addHandler({
    add: enqueueAll,
    update(old, pod) {
      const ownerChanged = controllerOf(old)?.uid !== controllerOf(pod)?.uid;
      if (ownerChanged) enqueueOwner(old);
      if (controllerOf(pod) !== undefined || ownerChanged || !semanticEqual(old.metadata.labels, pod.metadata.labels)) enqueueAll(pod);
    },
    delete: enqueueOwner,
  });
}
