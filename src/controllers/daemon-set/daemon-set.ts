import { semanticEqual } from '../../api/meta/equal.ts';
import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import type { Selector } from '../../api/meta/labels.ts';
import { keyOf, nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { controllerrevisions, daemonsets, nodes, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ControllerRevision, DaemonSet } from '../../api/types/apps/v1.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { claim } from '../common/claim.ts';
import type { ControllerContext } from '../common/context.ts';
import { ownerIn, watchDependents } from '../common/dependents.ts';
import { isNamespaceTerminating } from '../common/errors.ts';
import { Expectations } from '../common/expectations.ts';
import { indexByController } from '../common/indexes.ts';
import type { PodControl } from '../common/pod-control.ts';
import { createPodControl } from '../common/pod-control.ts';
import { isTerminal, nextAvailabilityMs } from '../common/pods.ts';
import { slowStartBatches } from '../common/slow-start.ts';
import { WrittenVersions } from '../common/written-versions.ts';
import { FailedPodsBackoff } from './failed-pods.ts';
import type { Plan } from './nodes-plan.ts';
import { groupByNode, planNodes } from './nodes-plan.ts';
import { placementOn, templateFor } from './placement.ts';
import { hashOf, revisionsOf, truncateRevisions } from './revisions.ts';
import { planRollout } from './rolling-update.ts';
import { countNodes, isCurrent, withCounts } from './status.ts';

const identity = 'daemon-set-controller';
const component = 'daemonset-controller';
/** The most pods that one sync makes, and the most that it deletes. */
const burst = 250;
/** Until informers have seen what was written, a set is looked at again this often. */
const behindMs = 5;

/** Keeps a pod of each daemon set on every node that it is for. */
export async function startDaemonSetController(context: ControllerContext): Promise<void> {
  new DaemonSetController(context, context.clientFor(identity)).start();
}

const selectorOf = (set: DaemonSet): Selector => labelSelectorAsSelector(set.spec?.selector);

class DaemonSetController {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #podControl: PodControl<DaemonSet>;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #podIndex: ReturnType<typeof indexByController<Pod>>;
  readonly #revisionIndex: ReturnType<typeof indexByController<ControllerRevision>>;
  readonly #expectations: Expectations;
  readonly #written = new WrittenVersions();
  readonly #failedPods: FailedPodsBackoff;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext, client: Client) {
    const { informers, clock } = context;
    this.#context = context;
    this.#client = client;
    this.#recorder = recorderFor(context, client, component);
    this.#podControl = createPodControl(daemonsets, client, this.#recorder);
    this.#sets = informers.informer(daemonsets);
    this.#pods = informers.informer(pods);
    this.#nodes = informers.informer(nodes);
    this.#revisions = informers.informer(controllerrevisions);
    this.#podIndex = indexByController(this.#pods);
    this.#revisionIndex = indexByController(this.#revisions);
    this.#expectations = new Expectations(clock);
    this.#failedPods = new FailedPodsBackoff(clock);
    this.#queue = new WorkQueue({ clock });
  }

  start(): void {
    const enqueue = (set: DaemonSet): void => this.#queue.add(keyOf(set));
    const forget = (set: DaemonSet): void => {
      this.#expectations.forget(keyOf(set));
      this.#written.forget(keyOf(set));
      enqueue(set);
    };
    this.#sets.addHandler({ add: enqueue, update: (_old, set) => enqueue(set), delete: forget });
    this.#pods.addHandler({
      add: (pod) => (pod.metadata.deletionTimestamp === undefined ? this.#created(pod) : this.#deleted(pod)),
      update: (_old, pod) => { if (pod.metadata.deletionTimestamp !== undefined) this.#deleted(pod); },
      delete: (pod) => this.#deleted(pod),
    });
    watchDependents({ dependents: this.#pods, owners: this.#sets, enqueue, selectorOf });
    watchDependents({ dependents: this.#revisions, owners: this.#sets, enqueue, selectorOf, onlyNewOrphans: true });
    const { clock, logger, signal } = this.#context;
    const informers = [this.#sets, this.#pods, this.#nodes, this.#revisions];
    runController({ name: component, clock, logger, signal, informers, queue: this.#queue, reconcile: (key) => this.#sync(key) });
    const changedNodes = new WorkQueue({ clock });
    this.#nodes.addHandler({
      add: (node) => changedNodes.add(nameOf(node)),
      update: (old, node) => {
        if (!semanticEqual(old.metadata.labels, node.metadata.labels) || !semanticEqual(old.spec?.taints, node.spec?.taints)) changedNodes.add(nameOf(node));
      },
    });
    runController({ name: component, clock, logger, signal, informers, queue: changedNodes, reconcile: async (name) => this.#nodeChanged(name) });
  }

  #created(pod: Pod): void {
    const set = ownerIn(this.#sets, pod);
    if (set !== undefined) this.#expectations.creationObserved(keyOf(set));
  }

  #deleted(pod: Pod): void {
    const set = ownerIn(this.#sets, pod);
    if (set !== undefined) this.#expectations.deletionObserved(keyOf(set), uidOf(pod));
  }

  /** Looks at the sets for which a node has become fit or unfit. */
  #nodeChanged(name: string): void {
    const node = this.#nodes.lister.get('', name);
    if (node === undefined) return;
    for (const set of this.#sets.lister.list()) {
      const { shouldRun, mayStay } = placementOn(node, set);
      const scheduled = this.#podIndex.dependents(uidOf(set)).some(({ spec }) => spec?.nodeName === name);
      if (scheduled ? !mayStay || (set.status?.numberMisscheduled ?? 0) > 0 : shouldRun) this.#queue.add(keyOf(set));
    }
  }

  async #sync(key: string): Promise<ReconcileResult> {
    const { namespace, name } = splitKey(key);
    const set = this.#sets.lister.get(namespace, name);
    if (set === undefined) {
      this.#expectations.forget(key);
      this.#written.forget(key);
      return;
    }
    if (this.#written.isBehind(key)) return { requeueAfterMs: behindMs };
    const selector = selectorOf(set);
    if (selector.empty) {
      this.#recorder.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return;
    }
    if (set.metadata.deletionTimestamp !== undefined) return;
    const { current, old } = await revisionsOf({
      client: this.#client, set, selector, podsOf: () => this.#podsOf(set, selector),
      candidates: [...this.#revisionIndex.dependents(uidOf(set)), ...this.#revisionIndex.orphans(namespace)],
    });
    const hash = hashOf(current);
    // While pods are on their way nothing else is done, and the generation is not said to have been dealt with.
    const waitMs = this.#expectations.remainingMs(key);
    if (waitMs > 0) {
      const next = await this.#writeStatus(set, selector, hash, false);
      return { requeueAfterMs: Math.min(waitMs, next?.requeueAfterMs ?? Infinity) };
    }
    let failedAgainMs: number | undefined;
    try {
      failedAgainMs = await this.#update(key, set, selector, hash);
      await truncateRevisions(this.#client, set, old, await this.#podsOf(set, selector));
    } catch (error) {
      await this.#writeStatus(set, selector, hash, true);
      throw error;
    }
    const next = await this.#writeStatus(set, selector, hash, true);
    const waits = [next?.requeueAfterMs, failedAgainMs].filter((waitMs) => waitMs !== undefined);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  /** The set's pods, orphans that match adopted. */
  #podsOf(set: DaemonSet, selector: Selector): Promise<Pod[]> {
    const candidates = [...this.#podIndex.dependents(uidOf(set)), ...this.#podIndex.orphans(namespaceOf(set))];
    return claim({ client: this.#client, owner: set, ownerType: daemonsets, type: pods, selector, candidates });
  }

  /** The set's pods by node, without those that have ended and are on their way out: they are others' to deal with. */
  async #podsByNode(set: DaemonSet, selector: Selector): Promise<Map<string, Pod[]>> {
    const all = await this.#podsOf(set, selector);
    return groupByNode(all.filter((pod) => !isTerminal(pod) || pod.metadata.deletionTimestamp === undefined));
  }

  /** Makes and deletes pods. Resolves with the milliseconds after which a failed pod is looked at again, if one has to wait. */
  async #update(key: string, set: DaemonSet, selector: Selector, hash: string): Promise<number | undefined> {
    const allNodes = this.#nodes.lister.list();
    const nowMs = this.#context.clock.now();
    let waitMs: number | undefined;
    const mayDeleteFailed = (pod: Pod, nodeName: string): boolean => {
      const delayMs = this.#failedPods.delay(`${uidOf(set)}/${set.status?.observedGeneration ?? 0}/${nodeName}`);
      if (delayMs === undefined) this.#recorder.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${namespaceOf(pod)}/${nameOf(pod)} on node ${nodeName}, will try to kill it`);
      else waitMs = Math.min(delayMs, waitMs ?? delayMs);
      return delayMs === undefined;
    };
    const succeeded = (pod: Pod, nodeName: string): void => this.#recorder.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${namespaceOf(pod)}/${nameOf(pod)} on node ${nodeName}, will try to delete it`);
    await this.#carryOut(key, set, hash, planNodes(set, allNodes, await this.#podsByNode(set, selector), { hash, nowMs, mayDeleteFailed, succeeded }));
    if (set.spec?.updateStrategy?.type === 'RollingUpdate' && this.#expectations.satisfied(key)) {
      await this.#carryOut(key, set, hash, planRollout({ set, nodes: allNodes, podsByNode: await this.#podsByNode(set, selector), hash, nowMs }));
    }
    return waitMs;
  }

  async #carryOut(key: string, set: DaemonSet, hash: string, plan: Plan): Promise<void> {
    const create = plan.create.slice(0, burst);
    const remove = plan.remove.slice(0, burst);
    this.#expectations.expect(key, create.length, remove.map(uidOf));
    const { successes, error } = await slowStartBatches(create.length, async (index) => {
      try {
        this.#written.wrote(key, this.#pods, await this.#podControl.create(set, templateFor(set, hash, create[index]!)));
      } catch (cause) {
        // In a namespace that is being deleted every creation fails, and trying again would not help.
        if (!isNamespaceTerminating(cause)) throw cause;
      }
    });
    for (let i = successes; i < create.length; i++) this.#expectations.creationObserved(key);
    const deletions = await Promise.allSettled(remove.map(async (pod) => {
      try {
        await this.#podControl.delete(set, pod);
      } catch (cause) {
        this.#expectations.deletionObserved(key, uidOf(pod));
        if (!isReason(cause, 'NotFound')) throw cause;
      }
    }));
    const failed = deletions.find((result) => result.status === 'rejected');
    if (error !== undefined) throw error;
    if (failed !== undefined) throw failed.reason;
  }

  async #writeStatus(set: DaemonSet, selector: Selector, hash: string, observed: boolean): Promise<ReconcileResult> {
    const nowMs = this.#context.clock.now();
    const podsByNode = await this.#podsByNode(set, selector);
    const counts = countNodes(set, this.#nodes.lister.list(), podsByNode, { hash, nowMs });
    if (!isCurrent(set, counts)) {
      const written = (base: DaemonSet): Promise<DaemonSet> => this.#client.update(daemonsets, { ...base, status: withCounts(base.status, counts, observed ? set.metadata.generation : base.status?.observedGeneration) }, { subresource: 'status' });
      try {
        this.#written.wrote(keyOf(set), this.#sets, await written(set));
      } catch {
        // Once more on the newest version, as upstream does.
        this.#written.wrote(keyOf(set), this.#sets, await written(await this.#client.get(daemonsets, { namespace: namespaceOf(set), name: nameOf(set) })));
      }
    }
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    if (minReadySeconds === 0 || counts.numberReady === counts.numberAvailable) return;
    return { requeueAfterMs: nextAvailabilityMs([...podsByNode.values()].flat(), minReadySeconds, nowMs) ?? minReadySeconds * 1000 };
  }
}
