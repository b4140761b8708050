import { semanticEqual } from '../../api/meta/equal.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { isReason } from '../../api/status.ts';
import type { OwnerReference } from '../../api/types/meta/v1.ts';
import type { Client } from '../../client/client.ts';
import { ignoreNotFound } from '../common/errors.ts';
import type { Coordinates } from './coordinates.ts';
import type { GraphNode, OwnerGraph } from './graph.ts';
import { foregroundFinalizer, orphanFinalizer } from './graph.ts';

export interface CollectorOptions {
  readonly client: Client;
  readonly graph: OwnerGraph;
  /** The resource of a kind; undefined when the server does not serve it. */
  readonly resourceOf: (apiVersion: string, kind: string) => ResourceType<KubeObject> | undefined;
  /** Puts a node on the queue of deletions. */
  readonly enqueue: (node: GraphNode) => void;
}

interface Owners {
  readonly solid: OwnerReference[];
  readonly dangling: OwnerReference[];
  /** Being deleted in the foreground: wait for this dependent to go. */
  readonly waiting: OwnerReference[];
}

/** What is done with nodes of the graph; each decision is checked against the live object. */
export class Collector {
  readonly #options: CollectorOptions;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Deletes the node's object if all of its owners are gone, or takes the next step of its foreground deletion. */
  async attemptToDelete(node: GraphNode): Promise<void> {
    if ((node.beingDeleted && !node.deletingDependents) || this.isUnreachable(node)) return;
    const type = this.#typeOf(node.apiVersion, node.kind);
    const latest = await this.#getLive(type, node);
    if (latest === undefined) {
      // Missing, or made anew under the same name: the one that the graph means is gone, or elsewhere.
      this.#options.graph.foundMissing(node);
      return;
    }
    if (node.deletingDependents) {
      await this.#continueForeground(node, latest);
      return;
    }
    const references = latest.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const owners = await this.#classify(node, references);
    if (owners === undefined) return;
    const { solid, dangling, waiting } = owners;
    if (solid.length > 0) {
      if (dangling.length + waiting.length > 0) await this.#dropOwners(type, latest, new Set([...dangling, ...waiting].map(({ uid }) => uid)));
      return;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // Part of a circle would wait for ever: whoever is in foreground deletion itself is no longer to be waited for.
      for (const dependent of node.dependents) {
        if (!dependent.deletingDependents) continue;
        await this.#unblock(type, latest);
        break;
      }
      await this.#delete(type, node, undefined, 'Foreground');
      return;
    }
    const finalizers = latest.metadata.finalizers ?? [];
    const propagationPolicy = finalizers.includes(orphanFinalizer) ? 'Orphan' : finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
    await this.#delete(type, node, latest, propagationPolicy);
  }

  /** Something of the whole cluster cannot be owned by something in a namespace: nothing says in which one to look. */
  isUnreachable({ apiVersion, kind, namespace }: GraphNode): boolean {
    return namespace === '' && this.#typeOf(apiVersion, kind).namespaced;
  }

  /** Deletes the object. `judged`: it must not have got other owners since. */
  async #delete(type: ResourceType<KubeObject>, node: GraphNode, judged: KubeObject | undefined, propagationPolicy: 'Orphan' | 'Background' | 'Foreground'): Promise<void> {
    const { client, graph } = this.#options;
    const resourceVersion = judged?.metadata.resourceVersion;
    try {
      await client.delete(type, refTo(type, node), { preconditions: { uid: node.uid, ...(resourceVersion !== undefined && { resourceVersion }) }, propagationPolicy });
    } catch (error) {
      if (isReason(error, 'NotFound')) return graph.foundMissing(node);
      if (judged === undefined || !isReason(error, 'Conflict')) throw error;
      const live = await this.#getLive(type, node);
      if (live === undefined) return graph.foundMissing(node);
      if (!semanticEqual(live.metadata.ownerReferences, judged.metadata.ownerReferences)) throw error;
      // What changes often for other reasons must not live for ever.
      await this.#delete(type, node, undefined, propagationPolicy);
    }
  }

  /** Lets the dependents go on without their owner, then lets the owner go. */
  async attemptToOrphan(owner: GraphNode): Promise<void> {
    for (const dependent of owner.dependents) {
      const type = this.#typeOf(dependent.apiVersion, dependent.kind);
      const latest = await this.#getLive(type, dependent);
      if (latest !== undefined) await this.#dropOwners(type, latest, new Set([owner.uid]));
    }
    const type = this.#typeOf(owner.apiVersion, owner.kind);
    const latest = await this.#getLive(type, owner);
    if (latest !== undefined) await this.#removeFinalizer(type, latest, orphanFinalizer);
  }

  async #continueForeground(node: GraphNode, latest: KubeObject): Promise<void> {
    const blocking = this.#options.graph.blockingDependents(node);
    if (blocking.length === 0) {
      await this.#removeFinalizer(this.#typeOf(node.apiVersion, node.kind), latest, foregroundFinalizer);
      return;
    }
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#options.enqueue(dependent);
  }

  /** Undefined when an owner can never be found, as it is in a namespace and the node is not: such a node is left alone. */
  async #classify(node: GraphNode, references: readonly OwnerReference[]): Promise<Owners | undefined> {
    const { graph } = this.#options;
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of references) {
      if (graph.isAbsent(reference, node.namespace)) {
        owners.dangling.push(reference);
        continue;
      }
      const type = this.#typeOf(reference.apiVersion, reference.kind);
      if (type.namespaced && node.namespace === '') return undefined;
      const owner = await this.#getLive(type, { namespace: node.namespace, name: reference.name, uid: reference.uid });
      if (owner === undefined) {
        graph.markAbsent(reference, type.namespaced ? node.namespace : '');
        owners.dangling.push(reference);
      } else if (owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(foregroundFinalizer) === true) owners.waiting.push(reference);
      else owners.solid.push(reference);
    }
    return owners;
  }

  /** The object as the server has it now; undefined when it is gone or another one has its name. */
  async #getLive(type: ResourceType<KubeObject>, node: Pick<Coordinates, 'namespace' | 'name' | 'uid'>): Promise<KubeObject | undefined> {
    try {
      const object = await this.#options.client.get(type, refTo(type, node));
      return object.metadata.uid === node.uid ? object : undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #dropOwners(type: ResourceType<KubeObject>, object: KubeObject, uids: ReadonlySet<string>): Promise<void> {
    const before = object.metadata.ownerReferences ?? [];
    const ownerReferences = before.filter(({ uid }) => !uids.has(uid));
    if (ownerReferences.length === before.length) return;
    await this.#patch(type, object, { ownerReferences });
  }

  async #unblock(type: ResourceType<KubeObject>, object: KubeObject): Promise<void> {
    const before = object.metadata.ownerReferences ?? [];
    if (!before.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true)) return;
    await this.#patch(type, object, { ownerReferences: before.map((reference) => ({ ...reference, blockOwnerDeletion: false })) });
  }

  async #removeFinalizer(type: ResourceType<KubeObject>, object: KubeObject, finalizer: string): Promise<void> {
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(finalizer)) await this.#patch(type, object, { finalizers: finalizers.filter((other) => other !== finalizer) });
  }

  /** A merge patch, which every resource takes; the versions in it make it conditional, since it replaces whole lists. */
  async #patch(type: ResourceType<KubeObject>, object: KubeObject, metadata: Readonly<Record<string, unknown>>): Promise<void> {
    const { uid, resourceVersion, name, namespace } = object.metadata;
    await this.#options.client.patch(type, refTo(type, { namespace: namespace ?? '', name: name! }), { type: 'merge', value: { metadata: { ...metadata, uid, resourceVersion } } }).catch(ignoreNotFound);
  }

  #typeOf(apiVersion: string, kind: string): ResourceType<KubeObject> {
    const type = this.#options.resourceOf(apiVersion, kind);
    if (type === undefined) throw new Error(`unable to get REST mapping for ${apiVersion}/${kind}.`);
    return type;
  }
}

function refTo(type: ResourceType<KubeObject>, node: { readonly namespace: string; readonly name: string }): { namespace?: string; name: string } {
  return type.namespaced ? { namespace: node.namespace, name: node.name } : { name: node.name };
}
