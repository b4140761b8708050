import type { KubeObject } from '../../api/meta/object.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { OwnerReference } from '../../api/types/meta/v1.ts';
import type { Coordinates } from './coordinates.ts';
import { alternative, coordinatesKey, partition, refersTo, sameCoordinates } from './coordinates.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** An object in the graph of owners. */
export interface GraphNode extends Coordinates {
  owners: readonly OwnerReference[];
  readonly dependents: Set<GraphNode>;
  beingDeleted: boolean;
  /** Waits for its blocking dependents to go (foreground deletion). */
  deletingDependents: boolean;
  /** Known only because a dependent names it: whether it exists, and there, has to be asked. */
  virtual: boolean;
}

export interface GraphListener {
  /** Something may be to be deleted, or may no longer be blocked. */
  attemptToDelete(node: GraphNode): void;
  /** The owner waits for its dependents to be orphaned. */
  attemptToOrphan(node: GraphNode): void;
  /** The dependent refers to an owner that is in another namespace than its own. */
  foundInvalidNamespace(dependent: GraphNode, reference: OwnerReference): void;
}

/** Owners that are surely not where a reference says, by coordinates; the oldest are forgotten. */
const maxAbsent = 500;

/**
 * Who owns whom, as informers tell it. Owners are known by uid; one that nobody has seen yet stands in the graph as a
 * virtual node until it is seen or found missing. What a reference says of its owner beside the uid may be wrong: that
 * it leads nowhere says nothing of the owner, nor of those who refer to it in other words.
 */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #absent = new Set<string>();
  readonly #listener: GraphListener;

  constructor(listener: GraphListener) {
    this.#listener = listener;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** Is it known that the reference leads nowhere, from that namespace? */
  isAbsent(reference: OwnerReference, namespace: string): boolean {
    return this.#absent.has(coordinatesKey(reference, '')) || this.#absent.has(coordinatesKey(reference, namespace));
  }

  /** `namespace`: empty where the owner's kind has none. */
  markAbsent(reference: Pick<Coordinates, 'uid' | 'apiVersion' | 'kind' | 'name'>, namespace: string): void {
    this.#absent.add(coordinatesKey(reference, namespace));
    if (this.#absent.size > maxAbsent) this.#absent.delete(this.#absent.values().next().value!);
  }

  /** An object was seen for the first time or has changed. */
  observe(object: KubeObject): void {
    const uid = uidOf(object);
    const known = this.#nodes.get(uid);
    const wasDeletingDependents = known?.deletingDependents === true;
    const node = known === undefined || known.virtual ? this.#addReal(object, known) : known;
    this.#setOwners(node, object.metadata.ownerReferences ?? []);
    this.#transition(node, object, wasDeletingDependents);
  }

  /** An object is gone: an informer says so. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node !== undefined) this.#remove(node);
  }

  /** There is no such object where a node was said to be. */
  foundMissing(missing: Coordinates): void {
    const node = this.#nodes.get(missing.uid);
    if (node === undefined) return;
    const same = sameCoordinates(node, missing);
    if (!node.virtual && same) return this.#remove(node);
    const { matching, mismatching } = partition(node.dependents, missing);
    if (node.virtual && mismatching.length === 0) return this.#remove(node);
    // Somebody has seen it elsewhere, or refers to it in other words.
    if (matching.length > 0) this.markAbsent(missing, missing.namespace);
    for (const dependent of matching) this.#listener.attemptToDelete(dependent);
    const next = node.virtual && same ? alternative(mismatching, missing) : undefined;
    if (next !== undefined) this.#nodes.set(missing.uid, { ...node, ...next });
  }

  /** Dependents that hold up the foreground deletion of their owner. */
  blockingDependents(owner: GraphNode): GraphNode[] {
    return [...owner.dependents].filter((dependent) => dependent.owners.some((reference) => reference.uid === owner.uid && reference.blockOwnerDeletion === true));
  }

  #setOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    if (sameOwners(node.owners, owners)) {
      node.owners = owners;
      return;
    }
    const before = new Map(node.owners.map((reference) => [reference.uid, reference]));
    const after = new Map(owners.map((reference) => [reference.uid, reference]));
    node.owners = owners;
    let doubtful = false;
    for (const [uid, reference] of after) {
      const known = this.#nodes.get(uid);
      (known ?? this.#addVirtual(node, reference)).dependents.add(node);
      if (known !== undefined && !doubtful && !before.has(uid)) doubtful = this.#isDoubtful(node, reference, known);
    }
    if (doubtful) this.#listener.attemptToDelete(node);
    for (const [uid, reference] of before) {
      const owner = this.#nodes.get(uid);
      if (owner === undefined) continue;
      const now = after.get(uid);
      if (now === undefined) owner.dependents.delete(node);
      const unblocked = reference.blockOwnerDeletion === true && now?.blockOwnerDeletion !== true;
      if (unblocked && owner.deletingDependents) this.#listener.attemptToDelete(owner);
    }
    // An owner less may mean that nobody owns it any more but absent ones.
    if ([...before.keys()].some((uid) => !after.has(uid)) && after.size > 0) this.#listener.attemptToDelete(node);
  }

  /** The node of an object that is seen for the first time, in the place of what was said of it. */
  #addReal(object: KubeObject, virtual: GraphNode | undefined): GraphNode {
    const node: GraphNode = {
      uid: uidOf(object), apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', namespace: namespaceOf(object), name: nameOf(object),
      owners: [], dependents: virtual?.dependents ?? new Set(), beingDeleted: false, deletingDependents: false, virtual: false,
    };
    this.#nodes.set(node.uid, node);
    if (virtual === undefined || sameCoordinates(virtual, node)) return node;
    // Each of those who said something else is to be judged by what is live.
    for (const dependent of partition(node.dependents, node).mismatching) {
      const reference = dependent.owners.find(({ uid }) => uid === node.uid);
      if (reference !== undefined && isElsewhere(dependent, node)) this.#listener.foundInvalidNamespace(dependent, reference);
      this.#listener.attemptToDelete(dependent);
    }
    return node;
  }

  /** May it be that what the dependent says of an owner in the graph is wrong? */
  #isDoubtful(dependent: GraphNode, reference: OwnerReference, owner: GraphNode): boolean {
    if (isElsewhere(dependent, owner)) {
      if (!owner.virtual) this.#listener.foundInvalidNamespace(dependent, reference);
      return true;
    }
    return !refersTo(reference, owner) || (owner.virtual && owner.namespace !== dependent.namespace);
  }

  #remove(node: GraphNode): void {
    this.#nodes.delete(node.uid);
    for (const { uid: owner } of node.owners) this.#nodes.get(owner)?.dependents.delete(node);
    if (node.dependents.size > 0) this.markAbsent(node, node.namespace);
    for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent);
    // An owner in foreground deletion may have waited for this one.
    for (const { uid: owner } of node.owners) {
      const waiting = this.#nodes.get(owner);
      if (waiting?.deletingDependents === true) this.#listener.attemptToDelete(waiting);
    }
  }

  #addVirtual(dependent: GraphNode, reference: OwnerReference): GraphNode {
    const owner: GraphNode = {
      uid: reference.uid, apiVersion: reference.apiVersion, kind: reference.kind, name: reference.name, namespace: dependent.namespace,
      owners: [], dependents: new Set(), beingDeleted: false, deletingDependents: false, virtual: true,
    };
    this.#nodes.set(owner.uid, owner);
    this.#listener.attemptToDelete(owner);
    return owner;
  }

  #transition(node: GraphNode, object: KubeObject, wasDeletingDependents: boolean): void {
    if (object.metadata.deletionTimestamp === undefined) return;
    node.beingDeleted = true;
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(orphanFinalizer)) this.#listener.attemptToOrphan(node);
    node.deletingDependents = finalizers.includes(foregroundFinalizer);
    // Also once more, where somebody deletes in the foreground again what another finalizer still holds.
    if (node.deletingDependents && !wasDeletingDependents) {
      for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent);
      this.#listener.attemptToDelete(node);
    }
  }
}

/** Owners are in the namespace of their dependents, or in none. */
const isElsewhere = (dependent: GraphNode, owner: GraphNode): boolean => owner.namespace !== '' && owner.namespace !== dependent.namespace;

/** Most changes of an object change nothing about its owners. One that is gone meanwhile is not asked for again. */
function sameOwners(before: readonly OwnerReference[], after: readonly OwnerReference[]): boolean {
  if (before.length !== after.length) return false;
  for (let i = 0; i < before.length; i++) {
    if (before[i]!.uid !== after[i]!.uid || before[i]!.blockOwnerDeletion !== after[i]!.blockOwnerDeletion) return false;
  }
  return true;
}
