import { labelSelectorAsSelector, SelectorError } from '../../api/meta/labels.ts';
import type { Selector } from '../../api/meta/labels.ts';
import { keyOf, nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { controllerrevisions, persistentvolumeclaims, pods, statefulsets } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { claim } from '../common/claim.ts';
import type { ControllerContext } from '../common/context.ts';
import { watchDependents } from '../common/dependents.ts';
import { History, newRevision, sameData } from '../common/history/history.ts';
import { indexByController } from '../common/indexes.ts';
import { nextAvailabilityMs } from '../common/pods.ts';
import { WrittenVersions } from '../common/written-versions.ts';
import { isMember, revisionOf } from './identity.ts';
import { StatefulPodControl } from './pod-control.ts';
import { mustWrite, statusOf } from './status.ts';
import { updatePods } from './update.ts';

const identity = 'statefulset-controller';
/** Until informers have seen what was written, a set is looked at again this often. */
const behindMs = 5;
const maxConflicts = 4;

/** Keeps the pods of stateful sets: each with a name, claims and a place of its own, made and replaced in order. */
export async function startStatefulSetController(context: ControllerContext): Promise<void> {
  new StatefulSetController(context, context.clientFor(identity)).start();
}

class StatefulSetController {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #podIndex: ReturnType<typeof indexByController<Pod>>;
  readonly #history: History<StatefulSet>;
  readonly #control: StatefulPodControl;
  readonly #written = new WrittenVersions();
  readonly #informers: readonly { synced(): Promise<void> }[];
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext, client: Client) {
    const { informers } = context;
    this.#context = context;
    this.#client = client;
    this.#sets = informers.informer(statefulsets);
    this.#pods = informers.informer(pods);
    this.#podIndex = indexByController(this.#pods);
    const claims = informers.informer(persistentvolumeclaims);
    const revisions = informers.informer(controllerrevisions);
    this.#history = new History(client, statefulsets, revisions);
    this.#control = new StatefulPodControl({ client, recorder: recorderFor(context, client, identity), pods: this.#pods, claims, written: this.#written });
    this.#informers = [this.#sets, this.#pods, claims, revisions];
    this.#queue = new WorkQueue({ clock: context.clock });
  }

  start(): void {
    const enqueue = (set: StatefulSet): void => this.#queue.add(keyOf(set));
    this.#sets.addHandler({ add: enqueue, update: (_old, set) => enqueue(set), delete: enqueue });
    watchDependents({ dependents: this.#pods, owners: this.#sets, enqueue, selectorOf: (set) => labelSelectorAsSelector(set.spec?.selector) });
    const { clock, logger, signal } = this.#context;
    runController({ name: identity, clock, logger, signal, informers: this.#informers, queue: this.#queue, reconcile: (key) => this.#sync(key) });
  }

  async #sync(key: string): Promise<ReconcileResult> {
    const { namespace, name } = splitKey(key);
    const set = this.#sets.lister.get(namespace, name);
    if (set === undefined) {
      this.#written.forget(key);
      return;
    }
    if (this.#written.isBehind(key)) return { requeueAfterMs: behindMs };
    const selector = selectorOf(set);
    if (selector === undefined) return;
    await this.#history.adoptOrphans(set, selector);
    const claimed = await claim({
      client: this.#client, owner: set, ownerType: statefulsets, type: pods, selector, belongs: (pod) => isMember(set, pod),
      candidates: [...this.#podIndex.dependents(uidOf(set)), ...this.#podIndex.orphans(namespace)],
    });
    const nowMs = this.#context.clock.now();
    const { status, retryAfterMs } = await this.#update(set, selector, claimed, nowMs);
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    const waits = retryAfterMs === undefined ? [] : [retryAfterMs];
    if (minReadySeconds > 0 && (status.readyReplicas ?? 0) !== (status.availableReplicas ?? 0)) waits.push(nextAvailabilityMs(claimed, minReadySeconds, nowMs) ?? minReadySeconds * 1000);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  /** Brings pods, status and history nearer to what the set asks for. */
  async #update(set: StatefulSet, selector: Selector, claimed: readonly Pod[], nowMs: number): Promise<{ readonly status: StatefulSetStatus; readonly retryAfterMs: number | undefined }> {
    const revisions = this.#history.list(set, selector);
    const live = new Set(claimed.map(revisionOf));
    try {
      const { current, update, collisionCount } = await this.#revisionsOf(set, revisions);
      live.add(nameOf(current)).add(nameOf(update));
      const { counts, failure, retryAfterMs } = await updatePods({ set, current, update, pods: claimed, nowMs, control: this.#control });
      const status = statusOf(set, counts, { current: nameOf(current), update: nameOf(update), collisionCount });
      await this.#writeStatus(set, status);
      if (failure !== undefined) throw failure.error;
      return { status, retryAfterMs };
    } finally {
      await this.#history.truncate(revisions, live, set.spec?.revisionHistoryLimit ?? 10);
    }
  }

  /** The revision that pods were made from last, and the one that they are to be made from: that is made when it is new. */
  async #revisionsOf(set: StatefulSet, revisions: readonly ControllerRevision[]): Promise<{ readonly current: ControllerRevision; readonly update: ControllerRevision; readonly collisionCount: number }> {
    const last = revisions.at(-1);
    const collisionCount = set.status?.collisionCount ?? 0;
    const wanted = newRevision(set, statefulsets, { template: set.spec?.template, revision: (last?.revision ?? 0) + 1, collisionCount });
    const equal = revisions.findLast((revision) => sameData(revision, wanted));
    const currentOr = (update: ControllerRevision): ControllerRevision => revisions.find((revision) => nameOf(revision) === set.status?.currentRevision) ?? update;
    if (equal === undefined) {
      const created = await this.#history.create(set, wanted, collisionCount);
      return { current: currentOr(created.revision), update: created.revision, collisionCount: created.collisionCount };
    }
    // An older revision that comes back becomes the newest.
    const update = last !== undefined && sameData(last, equal) ? last : await this.#history.renumber(equal, wanted.revision);
    return { current: currentOr(update), update, collisionCount };
  }

  async #writeStatus(set: StatefulSet, status: StatefulSetStatus): Promise<void> {
    if (!mustWrite(set.status, status)) return;
    for (let base = set, conflicts = 0; ; conflicts++) {
      try {
        this.#written.wrote(keyOf(set), this.#sets, await this.#client.update(statefulsets, { ...base, status }, { subresource: 'status' }));
        return;
      } catch (error) {
        if (!isReason(error, 'Conflict') || conflicts >= maxConflicts) throw error;
        base = this.#sets.lister.get(namespaceOf(set), nameOf(set)) ?? base;
      }
    }
  }
}

/** The set's selector; undefined for one that can never be understood. */
function selectorOf(set: StatefulSet): Selector | undefined {
  try {
    return labelSelectorAsSelector(set.spec?.selector);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}
