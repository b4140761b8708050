import { labelSelectorAsSelector, SelectorError, selectorFromLabels } from '../../api/meta/labels.ts';
import type { Selector } from '../../api/meta/labels.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf, keyOf, nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { pods, replicasets, replicationcontrollers } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../api/types/apps/v1.ts';
import type { Pod, PodTemplateSpec, ReplicationController } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { claim } from '../common/claim.ts';
import type { ControllerContext } from '../common/context.ts';
import { isNamespaceTerminating } from '../common/errors.ts';
import { isOthers } from '../common/dependents.ts';
import { indexByController } from '../common/indexes.ts';
import { Expectations } from '../common/expectations.ts';
import type { PodControl } from '../common/pod-control.ts';
import { createPodControl } from '../common/pod-control.ts';
import { isActive, isTerminating, nextAvailabilityMs } from '../common/pods.ts';
import { slowStartBatches } from '../common/slow-start.ts';
import { podsToDelete } from './deletion-order.ts';
import { calculateStatus, statusUnchanged } from './status.ts';

/** The most pods that one sync creates or deletes. */
const burstReplicas = 500;
/** Of sets with so many replicas a change of one pod is not counted by itself. */
const largeSet = 500;
const maxCountDelayMs = 500;

/** What ReplicaSets and ReplicationControllers have in common. */
interface Replicating extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status?: ReplicaSetStatus;
}

interface Kind<T extends Replicating> {
  readonly type: ResourceType<T>;
  /** The service account, and the component that events name. */
  readonly identity: string;
  readonly selectorOf: (object: T) => Selector;
  readonly reportsTerminating: boolean;
}

/** Keeps as many pods as each ReplicaSet asks for. */
export function startReplicaSetController(context: ControllerContext): Promise<void> {
  return startReplicating<ReplicaSet>(context, { type: replicasets, identity: 'replicaset-controller', reportsTerminating: true, selectorOf: (object) => labelSelectorAsSelector(object.spec?.selector) });
}

/** Keeps as many pods as each ReplicationController asks for: the same code on the older kind. */
export function startReplicationController(context: ControllerContext): Promise<void> {
  return startReplicating<ReplicationController & Replicating>(context, {
    type: replicationcontrollers as ResourceType<ReplicationController & Replicating>,
    identity: 'replication-controller', reportsTerminating: false, selectorOf: (object) => selectorFromLabels(object.spec?.selector),
  });
}

async function startReplicating<T extends Replicating>(context: ControllerContext, kind: Kind<T>): Promise<void> {
  const client = context.clientFor(kind.identity);
  const controller = new ReplicatingController(context, kind, client, recorderFor(context, client, kind.identity));
  controller.start();
}

class ReplicatingController<T extends Replicating> {
  readonly #context: ControllerContext;
  readonly #kind: Kind<T>;
  readonly #client: Client;
  readonly #podControl: PodControl<T>;
  readonly #sets: Informer<T>;
  readonly #pods: Informer<Pod>;
  readonly #setIndex: ReturnType<typeof indexByController<T>>;
  readonly #podIndex: ReturnType<typeof indexByController<Pod>>;
  readonly #expectations: Expectations;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext, kind: Kind<T>, client: Client, recorder: EventRecorder) {
    this.#context = context;
    this.#kind = kind;
    this.#client = client;
    this.#podControl = createPodControl(kind.type, client, recorder);
    this.#sets = context.informers.informer(kind.type);
    this.#pods = context.informers.informer(pods);
    this.#setIndex = indexByController(this.#sets);
    this.#podIndex = indexByController(this.#pods);
    this.#expectations = new Expectations(context.clock);
    this.#queue = new WorkQueue({ clock: context.clock });
  }

  start(): void {
    this.#sets.addHandler({
      add: (set) => this.#queue.add(keyOf(set)),
      update: (old, set) => {
        // What only its status says, mostly this controller's own words, is no reason to count a large set at once.
        const isAsked = old.metadata.generation !== set.metadata.generation || old.metadata.deletionTimestamp !== set.metadata.deletionTimestamp;
        if (isAsked) this.#queue.add(keyOf(set));
        else this.#countLater(set);
      },
      delete: (set) => {
        this.#expectations.forget(keyOf(set));
        this.#queue.add(keyOf(set));
      },
    });
    this.#pods.addHandler({ add: (pod) => this.#podAdded(pod), update: (old, pod) => this.#podUpdated(old, pod), delete: (pod) => this.#podDeleted(pod) });
    const { clock, logger, signal } = this.#context;
    runController({ name: this.#kind.identity, clock, logger, signal, informers: [this.#sets, this.#pods], queue: this.#queue, reconcile: (key) => this.#sync(key) });
  }

  #ownerOf(pod: Pod): T | undefined {
    const reference = controllerOf(pod);
    if (reference?.kind !== this.#kind.type.kind) return undefined;
    const set = this.#sets.lister.get(namespaceOf(pod), reference.name);
    return set?.metadata.uid === reference.uid ? set : undefined;
  }

  #enqueueMatching(pod: Pod): void {
    for (const set of this.#sets.lister.list(namespaceOf(pod))) {
      try {
        const selector = this.#kind.selectorOf(set);
        if (!selector.empty && selector.matches(pod.metadata.labels)) this.#queue.add(keyOf(set));
      } catch (error) {
        if (!(error instanceof SelectorError)) throw error;
      }
    }
  }

  #podAdded(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return this.#podDeleted(pod);
    if (controllerOf(pod) === undefined) return this.#enqueueMatching(pod);
    const set = this.#ownerOf(pod);
    if (set === undefined) return;
    this.#expectations.creationObserved(keyOf(set));
    this.#podsMoved(set);
  }

  #podUpdated(old: Pod, pod: Pod): void {
    if (isOthers(this.#kind.type.kind, old, pod)) return;
    const labelsChanged = !semanticEqual(old.metadata.labels, pod.metadata.labels);
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#podDeleted(pod);
      if (labelsChanged) this.#podDeleted(old);
      return;
    }
    const ownerChanged = controllerOf(old)?.uid !== controllerOf(pod)?.uid;
    if (ownerChanged) {
      const before = this.#ownerOf(old);
      if (before !== undefined) this.#queue.add(keyOf(before));
    }
    if (controllerOf(pod) !== undefined) {
      const set = this.#ownerOf(pod);
      if (set === undefined) return;
      if (ownerChanged || labelsChanged || isActive(old) !== isActive(pod)) this.#queue.add(keyOf(set));
      else this.#countLater(set);
    } else if (labelsChanged || ownerChanged) this.#enqueueMatching(pod);
  }

  #podDeleted(pod: Pod): void {
    const set = this.#ownerOf(pod);
    if (set === undefined) return;
    this.#expectations.deletionObserved(keyOf(set), uidOf(pod));
    this.#podsMoved(set);
  }

  /** A pod has come or gone. While others are still on their way there is nothing to create or delete, and counting can wait. */
  #podsMoved(set: T): void {
    if (this.#expectations.satisfied(keyOf(set))) this.#queue.add(keyOf(set));
    else this.#countLater(set);
  }

  /** Counting looks at all pods. Those of a large set change many at once, and are counted together. */
  #countLater(set: T): void {
    const replicas = set.spec?.replicas ?? 1;
    this.#queue.addAfter(keyOf(set), replicas < largeSet ? 0 : Math.min(maxCountDelayMs, replicas / 20));
  }

  async #sync(key: string): Promise<ReconcileResult> {
    const { namespace, name } = splitKey(key);
    const set = this.#sets.lister.get(namespace, name);
    if (set === undefined) {
      this.#expectations.forget(key);
      return;
    }
    const waitMs = this.#expectations.remainingMs(key);
    const selector = this.#kind.selectorOf(set);
    const mine = this.#podIndex.dependents(uidOf(set));
    const orphans = this.#podIndex.orphans(namespace);
    const active = await claim({
      client: this.#client, owner: set, ownerType: this.#kind.type, type: pods, selector,
      candidates: [...mine, ...orphans].filter(isActive), adoptable: isActive,
    });
    const failure = waitMs === 0 && set.metadata.deletionTimestamp === undefined ? await this.#manageReplicas(set, active) : undefined;
    // Those that it has just let go, or that the cache does not know yet to be going, are nothing to count on.
    const staying = active.filter((pod) => !this.#expectations.awaitsDeletion(key, uidOf(pod)));
    const updated = await this.#writeStatus(set, { selector, active: staying, mine, failure });
    if (failure !== undefined) throw failure;
    return this.#nextLook(updated, active, waitMs);
  }

  /** Creates or deletes pods until there are as many as asked for. Returns why not, if not. */
  async #manageReplicas(set: T, active: readonly Pod[]): Promise<unknown> {
    const key = keyOf(set);
    const excess = active.length - (set.spec?.replicas ?? 1);
    if (excess < 0) {
      const count = Math.min(-excess, burstReplicas);
      this.#expectations.expectCreations(key, count);
      const { successes, error } = await slowStartBatches(count, async () => {
        try {
          await this.#podControl.create(set, set.spec?.template);
        } catch (cause) {
          // In a namespace that is being deleted every creation fails, and trying again would not help.
          if (!isNamespaceTerminating(cause)) throw cause;
        }
      });
      for (let i = successes; i < count; i++) this.#expectations.creationObserved(key);
      return error;
    }
    if (excess > 0) {
      const doomed = podsToDelete(active, this.#relatedPods(set), Math.min(excess, burstReplicas), this.#context.clock.now());
      this.#expectations.expectDeletions(key, doomed.map(uidOf));
      const results = await Promise.allSettled(doomed.map((pod) => this.#deletePod(set, pod)));
      return results.find((result) => result.status === 'rejected')?.reason;
    }
    return undefined;
  }

  /** Active pods of all sets of the same owner. */
  #relatedPods(set: T): Pod[] {
    const owner = controllerOf(set);
    const sets = owner === undefined ? [set] : this.#setIndex.dependents(owner.uid);
    return sets.flatMap((related) => this.#podIndex.dependents(uidOf(related)).filter(isActive));
  }

  async #deletePod(set: T, pod: Pod): Promise<void> {
    try {
      await this.#podControl.delete(set, pod);
    } catch (error) {
      this.#expectations.deletionObserved(keyOf(set), uidOf(pod));
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  async #writeStatus(set: T, { selector, active, mine, failure }: { readonly selector: Selector; readonly active: readonly Pod[]; readonly mine: readonly Pod[]; readonly failure: unknown }): Promise<T> {
    const { generation } = set.metadata;
    const status = calculateStatus({
      old: set.status, generation, active, failure,
      replicas: set.spec?.replicas ?? 1,
      minReadySeconds: set.spec?.minReadySeconds ?? 0,
      template: set.spec?.template,
      terminating: this.#kind.reportsTerminating ? mine.filter((pod) => isTerminating(pod) && selector.matches(pod.metadata.labels)) : undefined,
      nowMs: this.#context.clock.now(),
    });
    if (statusUnchanged(set.status, status, generation)) return set;
    const withStatus = (base: T): T => ({ ...base, status: { ...status, ...(generation !== undefined && { observedGeneration: generation }) } });
    try {
      return await this.#client.update(this.#kind.type, withStatus(set), { subresource: 'status' });
    } catch (error) {
      if (!isReason(error, 'Conflict')) {
        if (isReason(error, 'NotFound')) return set;
        throw error;
      }
      // Once more on the newest version, as upstream does: the generation that was acted on stays the one reported.
      const fresh = await this.#client.get(this.#kind.type, { namespace: namespaceOf(set), name: nameOf(set) });
      return this.#client.update(this.#kind.type, withStatus(fresh), { subresource: 'status' });
    }
  }

  /** When the next ready pod will have been ready for minReadySeconds; not later than after `waitMs`, where that is not 0. */
  #nextLook(set: T, active: readonly Pod[], waitMs: number): ReconcileResult {
    const availableMs = nextAvailabilityMs(active, set.spec?.minReadySeconds ?? 0, this.#context.clock.now());
    const requeueAfterMs = Math.min(availableMs ?? Infinity, waitMs > 0 ? waitMs : Infinity);
    return requeueAfterMs === Infinity ? undefined : { requeueAfterMs };
  }
}
