import { semanticEqual } from '../../api/meta/equal.ts';
import type { Selector } from '../../api/meta/labels.ts';
import { SelectorError } from '../../api/meta/labels.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf, namespaceOf } from '../../api/meta/object.ts';
import type { Informer } from '../../client/informer/informer.ts';

/** The owner that a dependent's controller reference names, as the informer has it; undefined when it is another kind or object. */
export function ownerIn<T extends KubeObject>(owners: Informer<T>, dependent: KubeObject): T | undefined {
  const reference = controllerOf(dependent);
  if (reference?.kind !== owners.type.kind) return undefined;
  const owner = owners.lister.get(namespaceOf(dependent), reference.name);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}

/** Do objects of another kind look after a dependent, before and after a change? Then nobody of this kind is concerned. */
export function isOthers(kind: string, old: KubeObject, dependent: KubeObject): boolean {
  const reference = controllerOf(dependent);
  return reference !== undefined && reference.kind !== kind && controllerOf(old)?.uid === reference.uid;
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

/** Tells which owners a change of dependents concerns: the one in charge, or those that might adopt an orphan. */
export function watchDependents<D extends KubeObject, T extends KubeObject>(options: {
  readonly dependents: Informer<D>;
  readonly owners: Informer<T>;
  readonly selectorOf: (owner: T) => Selector;
  readonly enqueue: (owner: T) => void;
  /** New dependents that have an owner concern nobody: the owner made them. */
  readonly onlyNewOrphans?: boolean;
}): void {
  const { dependents, owners, selectorOf, enqueue } = options;
  const enqueueOwner = (dependent: D): void => {
    const owner = ownerIn(owners, dependent);
    if (owner !== undefined) enqueue(owner);
  };
  const enqueueAll = (dependent: D): void => {
    if (controllerOf(dependent) !== undefined) enqueueOwner(dependent);
    else if (dependent.metadata.deletionTimestamp === undefined) for (const owner of matchingOwners(owners, dependent, selectorOf)) enqueue(owner);
  };
  dependents.addHandler({
    add: (dependent) => { if (options.onlyNewOrphans !== true || controllerOf(dependent) === undefined) enqueueAll(dependent); },
    update(old, dependent) {
      if (isOthers(owners.type.kind, old, dependent)) return;
      const ownerChanged = controllerOf(old)?.uid !== controllerOf(dependent)?.uid;
      if (ownerChanged) enqueueOwner(old);
      if (controllerOf(dependent) !== undefined || ownerChanged || !semanticEqual(old.metadata.labels, dependent.metadata.labels)) enqueueAll(dependent);
    },
    delete: enqueueOwner,
  });
}
