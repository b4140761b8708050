import type { KubeObject } from '../../api/meta/object.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { OwnerReference } from '../../api/types/meta/v1.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** An object in the graph of owners. */
export interface GraphNode {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  owners: readonly OwnerReference[];
  readonly dependents: Set<GraphNode>;
  beingDeleted: boolean;
  /** Waits for its blocking dependents to go (foreground deletion). */
  deletingDependents: boolean;
  /** Known only because a dependent names it: whether it exists has to be asked. */
  virtual: boolean;
}

export interface GraphListener {
  /** Something may be to be deleted, or may no longer be blocked. */
  attemptToDelete(node: GraphNode): void;
  /** The owner waits for its dependents to be orphaned. */
  attemptToOrphan(node: GraphNode): void;
}

/** Owners that are surely gone, by uid; the oldest are forgotten. */
const maxAbsent = 500;

/**
 * Who owns whom, as informers tell it. Owners are known by uid; one that nobody has seen yet stands in the graph as a
 * virtual node until it is seen or found missing.
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

  isAbsent(uid: string): boolean {
    return this.#absent.has(uid);
  }

  markAbsent(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size > maxAbsent) this.#absent.delete(this.#absent.values().next().value!);
  }

  /** An object was seen for the first time or has changed. */
  observe(object: KubeObject): void {
    const uid = uidOf(object);
    const owners = object.metadata.ownerReferences ?? [];
    let node = this.#nodes.get(uid);
    const wasDeletingDependents = node?.deletingDependents === true;
    if (node === undefined || (node.virtual && (node.namespace !== namespaceOf(object) || node.kind !== object.kind || node.name !== nameOf(object)))) {
      // A virtual node that somebody described wrongly gives way to the real object.
      const dependents = node?.dependents ?? new Set<GraphNode>();
      node = { uid, apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', namespace: namespaceOf(object), name: nameOf(object), owners: [], dependents, beingDeleted: false, deletingDependents: false, virtual: false };
      this.#nodes.set(uid, node);
      // What the dependents said of their owner was wrong: each is to be judged by what is live.
      for (const dependent of dependents) this.#listener.attemptToDelete(dependent);
    }
    node.virtual = false;
    this.#absent.delete(uid);
    this.#setOwners(node, owners);
    this.#transition(node, object, wasDeletingDependents);
  }

  /** An object is gone: seen by an informer, or (for a virtual node) found missing. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    for (const { uid: owner } of node.owners) this.#nodes.get(owner)?.dependents.delete(node);
    if (node.dependents.size > 0) this.markAbsent(uid);
    for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent);
    // An owner in foreground deletion may have waited for this one.
    for (const { uid: owner } of node.owners) {
      const waiting = this.#nodes.get(owner);
      if (waiting?.deletingDependents === true) this.#listener.attemptToDelete(waiting);
    }
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
    for (const [uid, reference] of after) {
      const owner = this.#nodes.get(uid) ?? this.#addVirtual(node, reference);
      owner.dependents.add(node);
    }
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
    if (finalizers.includes(foregroundFinalizer) && !wasDeletingDependents) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent);
      this.#listener.attemptToDelete(node);
    }
  }
}

/** Most changes of an object change nothing about its owners. One that is gone meanwhile is not asked for again. */
function sameOwners(before: readonly OwnerReference[], after: readonly OwnerReference[]): boolean {
  if (before.length !== after.length) return false;
  for (let i = 0; i < before.length; i++) {
    if (before[i]!.uid !== after[i]!.uid || before[i]!.blockOwnerDeletion !== after[i]!.blockOwnerDeletion) return false;
  }
  return true;
}
