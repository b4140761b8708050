import type { KubeObject } from '../api/meta/object.ts';
import { nameOf, uidOf } from '../api/meta/object.ts';
import { namespaces, nodes, pods } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { PodGroup } from '../api/types/scheduling/v1alpha2.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Gauge } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import { causeOf, reactingTo } from '../client/cause.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder/event-recorder.ts';
import { createEventRecorder } from '../client/event-recorder/event-recorder.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { Lister } from '../client/informer/store.ts';
import { Binder } from './binder.ts';
import { BindingSlots } from './binding-slots.ts';
import { ClusterCache } from './cache/cluster-cache.ts';
import { groupNameOf, PodGroupStates } from './cache/pod-group-states.ts';
import type { PodInfo } from './cache/pod-info.ts';
import { podInfoOf } from './cache/pod-info.ts';
import { startListers } from './cluster-informers.ts';
import type { SchedulerFeatures, SchedulerSettings } from './config/settings.ts';
import { usualSettingsWith, noFeatures } from './config/settings.ts';
import type { Placement } from './cycle/placement.ts';
import { Placer } from './cycle/placement.ts';
import type { PodCycle } from './cycle/pod-cycle.ts';
import { Devices } from './devices/devices.ts';
import type { PodVerdict } from './explain/node-verdicts.ts';
import { podVerdictOf } from './explain/node-verdicts.ts';
import type { Diagnosis } from './framework/diagnosis.ts';
import type { Failure } from './failure.ts';
import { errorFailure, heldBack } from './failure.ts';
import type { Extender } from './framework/extender.ts';
import type { Plugin, PodEvent } from './framework/plugin.ts';
import type { Profile } from './framework/profile.ts';
import { preemptionName } from './framework/profile.ts';
import { SchedulerMetrics } from './metrics.ts';
import { PodAndNodeEvents } from './pod-and-node-events.ts';
import { GroupScheduler } from './pod-groups/group-scheduler.ts';
import type { Permissions } from './pod-groups/permissions.ts';
import { permissionsOf } from './pod-groups/permissions.ts';
import type { Found } from './pod-groups/place-group.ts';
import type { StatusChange } from './pod-status.ts';
import { patchPodStatus } from './pod-status.ts';
import { PreemptionExecutor } from './preemption/executor.ts';
import type { PreemptionOutcome } from './preemption/preemption.ts';
import { Preemption } from './preemption/preemption.ts';
import { buildProfiles } from './profiles.ts';
import { Nominator } from './queue/nominator.ts';
import type { QueuedPod } from './queue/queued-pod.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { WaitingPods } from './waiting-pods.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Profiles, back-off and so on, as a configuration file has them; default: upstream's defaults. */
  readonly settings?: SchedulerSettings;
  /** Without settings: what is on beside the defaults. */
  readonly features?: SchedulerFeatures;
  readonly extenders?: readonly Extender[];
}

/** How long placing may keep the event loop before others have their turn. */
const sliceMs = 8;
/** Events are cut to what their type allows. */
const maxNoteLength = 1024;

/** Looks for whom to evict. */
type Preempt = (cycle: PodCycle, diagnosis: Diagnosis, args: NonNullable<Profile['preemption']>) => PreemptionOutcome | undefined;

/** One node was chosen, and then refused. */
const refusedOne = (plugin: string, text: string): Failure => ({ message: `0/1 nodes are available: 1 ${text}.`, reason: 'Unschedulable', refusedBy: new Set([plugin]), nominatedNodeName: '' });

const truncated = (message: string): string => (message.length <= maxNoteLength ? message : `${message.slice(0, maxNoteLength - 4)} ...`);

/** Binds pods to nodes: one pod at a time is placed, bindings are written concurrently. */
export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #extenders: readonly Extender[];
  readonly #cache = new ClusterCache();
  readonly #nominator = new Nominator();
  readonly #groups = new PodGroupStates();
  readonly #groupScheduler: GroupScheduler;
  readonly #waiting: WaitingPods;
  readonly #metrics = new SchedulerMetrics();
  readonly #queue: SchedulingQueue;
  readonly #placer: Placer;
  readonly #binder: Binder;
  readonly #preemption: Preemption;
  readonly #executor: PreemptionExecutor;
  readonly #informers: SharedInformers;
  readonly #pods: Lister<Pod>;
  /** Undefined: pods are scheduled each alone. */
  readonly #podGroups: Lister<PodGroup> | undefined;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #recorders = new Map<string, EventRecorder>();
  readonly #stopped = new AbortController();
  /** Bindings, evictions and writes of statuses under way. */
  readonly #work = new Set<Promise<void>>();
  readonly #slots = new BindingSlots();
  #following: Promise<void> | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    const { client, clock, random, logger } = options;
    const { signal } = this.#stopped;
    const settings = options.settings ?? usualSettingsWith(options.features ?? noFeatures);
    const extenders = options.extenders ?? [];
    this.#options = options;
    this.#extenders = extenders;
    this.#waiting = new WaitingPods(clock);
    this.#queue = new SchedulingQueue({ clock, backoff: settings.backoff, observer: this.#metrics, podGroups: settings.podGroups ?? false });
    this.#placer = new Placer({ cache: this.#cache, nominator: this.#nominator, random, percentageOfNodesToScore: settings.percentageOfNodesToScore, extenders });
    this.#binder = new Binder({ client, clock, random, logger, extenders, signal, slots: this.#slots });
    this.#informers = createSharedInformers(client, { clock, random, logger, signal });
    const listers = startListers(this.#informers, (event) => this.#queue.notice(event));
    this.#pods = this.#informers.informer(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }).lister;
    this.#podGroups = settings.podGroups === true ? listers.podGroups : undefined;
    this.#preemption = new Preemption({ snapshot: this.#cache, clock, random, budgets: () => listers.podDisruptionBudgets.list(), extenders });
    this.#executor = new PreemptionExecutor({
      client, clock, logger,
      recorder: (name) => this.#recorder(name),
      current: (pod) => this.#current(pod),
      cancelBinding: (uid) => this.#waiting.reject(uid, { plugin: preemptionName, message: 'preempted', preempted: true }) || this.#binder.cancel(uid, 'preempted by DefaultPreemption'),
      finished: (uid, { failed }) => (failed ? this.#queue.activate(uid) : this.#queue.reconsider(uid)),
    });
    this.#groupScheduler = new GroupScheduler({
      client, clock, queue: this.#queue, states: this.#groups, metrics: this.#metrics,
      find: (queued, startMs) => this.#find(queued, startMs),
      take: (info, nodeName, cycle) => this.#take(info, nodeName, cycle),
      giveBack: (info, nodeName, cycle) => {
        this.#release(info, nodeName, cycle);
        this.#nominator.update(undefined, info);
      },
      placed: (queued, place, startMs) => this.#placed(queued, place.nodeName, place.cycle, startMs),
      failed: (queued, failure, startMs) => this.#failed(queued, failure, startMs),
      write: (group, work) => this.#track(work.catch((error: unknown) => this.#complain('writing a pod group\'s status failed', group, error))),
    });
    const preemptionGate: Plugin = {
      name: preemptionName,
      gate: ({ uid }) => (this.#executor.isPreempting(uid) ? { reasons: ['waiting for the preemption for this pod to be finished'], retry: false } : undefined),
    };
    this.#profiles = buildProfiles(settings.profiles, {
      listers, client, clock, random, logger, signal, preemptionGate,
      devices: new Devices({ listers, clock, listersReady: () => this.#informers.synced(), ungate: (plugin) => this.#queue.reconsiderAll(plugin) }),
      notice: (event) => this.#queue.notice(event),
      notify: (pod, event) => this.#notify(pod, event),
      podGroups: this.#groups,
      activate: (uids) => { for (const uid of uids) this.#queue.activate(uid); },
      allow: (uid, plugin) => this.#waiting.allow(uid, plugin),
    });
  }

  /** Gets to know the cluster, once; resolves when it is known. Nothing is scheduled yet. */
  follow(): Promise<void> {
    return (this.#following ??= this.#follow());
  }

  /** Resolves when the cluster is known and scheduling has begun. */
  async start(): Promise<void> {
    await this.follow();
    this.#loop = this.#run();
  }

  #follow(): Promise<void> {
    const events = new PodAndNodeEvents({ cache: this.#cache, queue: this.#queue, nominator: this.#nominator, profiles: this.#profiles, groups: this.#podGroups && this.#groups, removed: (uid) => this.#waiting.reject(uid, { plugin: '', message: 'removed', preempted: false }) });
    this.#informers.informer(nodes).addHandler({
      add: (node) => events.nodeAdded(node),
      update: (old, node) => events.nodeUpdated(old, node),
      delete: (node) => events.nodeDeleted(node),
    });
    this.#informers.informer(namespaces).addHandler({
      add: ({ metadata }) => this.#cache.setNamespace(metadata.name ?? '', metadata.labels ?? {}),
      update: (_old, { metadata }) => this.#cache.setNamespace(metadata.name ?? '', metadata.labels ?? {}),
      delete: (namespace) => this.#cache.removeNamespace(nameOf(namespace)),
    });
    this.#informers.informer(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }).addHandler({
      add: (pod) => events.podAdded(pod),
      update: (old, pod) => events.podUpdated(old, pod),
      delete: (pod) => {
        events.podDeleted(pod);
        this.#binder.cancel(uidOf(pod), 'pod does not exist any more');
      },
    });
    return this.#informers.synced();
  }

  /** How many pods wait, and in which part of the queue. */
  get pending(): SchedulingQueue['sizes'] {
    return this.#queue.sizes;
  }

  /** Why a pod that waits found no node at the last attempt, node by node; undefined when nothing is known. */
  diagnosisOf(uid: string): Diagnosis | undefined {
    return this.#queue.find(uid)?.diagnosis;
  }

  /** The same in words, with what would have to change; undefined when nothing is known. */
  verdictOf(uid: string): PodVerdict | undefined {
    const queued = this.#queue.find(uid);
    return queued?.diagnosis === undefined ? undefined : podVerdictOf(queued.diagnosis, queued.info);
  }

  /** What can be scraped. */
  metrics(): readonly Gauge[] {
    return this.#metrics.families({ queue: this.#queue, cache: this.#cache, podGroups: this.#podGroups !== undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the scheduler was stopped'));
    this.#queue.interrupt();
    this.#waiting.rejectAll('the scheduler was stopped');
    this.#slots.interrupt();
    await this.#loop;
    await Promise.allSettled(this.#work);
  }

  #recorder(name: string): EventRecorder {
    const { client, clock, random, logger } = this.#options;
    let recorder = this.#recorders.get(name);
    if (recorder === undefined) this.#recorders.set(name, (recorder = createEventRecorder(client, { component: name, clock, random, logger, signal: this.#stopped.signal })));
    return recorder;
  }

  #notify({ pod }: PodInfo, { type, reason, message, action }: PodEvent): void {
    this.#recorder(pod.spec?.schedulerName ?? 'default-scheduler').event(pod, type, reason, message, { action });
  }

  /** The pod as the API had it last, if it is still the same. */
  #current({ key, uid }: PodInfo): Pod | undefined {
    const pod = this.#pods.getByKey(key);
    return pod !== undefined && uidOf(pod) === uid ? pod : undefined;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#queue.ready();
      const startMs = clock.monotonicMs();
      while (!signal.aborted && !this.#slots.full && clock.monotonicMs() - startMs <= sliceMs) {
        const queued = this.#queue.take();
        if (queued === undefined) break;
        if (this.#podGroups !== undefined && groupNameOf(queued.info.pod) !== undefined) await this.#groupScheduler.schedule(queued, this.#podGroups);
        else if (this.#extenders.some((extender) => extender.isInterested(queued.info.pod))) await this.#scheduleWithExtenders(queued);
        else this.#schedule(queued);
      }
      if (this.#slots.full) await this.#slots.room();
      else await clock.sleep(0, signal).catch(() => undefined);
    }
  }

  #schedule(queued: QueuedPod): void {
    const startMs = this.#options.clock.monotonicMs();
    try {
      const placement = this.#placer.place(queued.info, queued.profile);
      this.#settle(queued, placement, startMs, (cycle, diagnosis, args) => this.#preemption.find(cycle, diagnosis, args));
    } catch (error) {
      this.#wentWrong(queued, error, startMs);
    }
  }

  async #scheduleWithExtenders(queued: QueuedPod): Promise<void> {
    const startMs = this.#options.clock.monotonicMs();
    try {
      const { placement, preempt } = await this.#placeWithExtenders(queued);
      this.#settle(queued, placement, startMs, preempt);
    } catch (error) {
      this.#wentWrong(queued, error, startMs);
    }
  }

  async #placeWithExtenders(queued: QueuedPod): Promise<{ readonly placement: Placement; readonly preempt: Preempt }> {
    const placement = await this.#placer.placeWithExtenders(queued.info, queued.profile);
    let outcome: PreemptionOutcome | undefined;
    const { preemption } = queued.profile;
    if (placement.kind === 'unschedulable' && preemption !== undefined) outcome = await this.#preemption.findWithExtenders(placement.cycle, placement.diagnosis, preemption);
    return { placement, preempt: () => outcome };
  }

  /** Finds a place for one pod of a group, and evicts others where that helps. */
  #find(queued: QueuedPod, startMs: number): Found | Promise<Found> {
    const found = (placement: Placement, preempt: Preempt): Found => {
      const cycle = placement.kind === 'no nodes' ? undefined : placement.cycle;
      if (placement.kind !== 'placed') return { cycle, failure: this.#refused(queued, placement, startMs, preempt) };
      this.#metrics.algorithm((this.#options.clock.monotonicMs() - startMs) / 1000);
      return { cycle, nodeName: placement.node.name };
    };
    if (this.#extenders.some((extender) => extender.isInterested(queued.info.pod))) return this.#placeWithExtenders(queued).then(({ placement, preempt }) => found(placement, preempt));
    return found(this.#placer.place(queued.info, queued.profile), (cycle, diagnosis, args) => this.#preemption.find(cycle, diagnosis, args));
  }

  /** Acts upon what was found. */
  #settle(queued: QueuedPod, placement: Placement, startMs: number, preempt: Preempt): void {
    if (placement.kind === 'placed') {
      this.#metrics.algorithm((this.#options.clock.monotonicMs() - startMs) / 1000);
      this.#placed(queued, placement.node.name, placement.cycle, startMs);
    } else this.#failed(queued, this.#refused(queued, placement, startMs, preempt), startMs);
  }

  /** What is to be said of a pod that no node takes; others are evicted for it where that helps. */
  #refused(queued: QueuedPod, placement: Exclude<Placement, { readonly kind: 'placed' }>, startMs: number, preempt: Preempt): Failure {
    if (placement.kind === 'no nodes') return heldBack('no nodes available to schedule pods');
    const { diagnosis, cycle } = placement;
    const outcome = this.#rescue(cycle, diagnosis, preempt);
    this.#metrics.algorithm((this.#options.clock.monotonicMs() - startMs) / 1000);
    const nominatedNodeName = queued.profile.rescue.length === 0 ? '' : outcome?.kind === 'preempt' ? outcome.nodeName : outcome?.clear === true ? '' : undefined;
    // The preemptor must be out of the queue before its victims' deletion can wake it.
    if (outcome?.kind === 'preempt') this.#preempt(queued.info, outcome);
    return { message: diagnosis.message, reason: 'Unschedulable', refusedBy: diagnosis.refusedBy, diagnosis, ...(nominatedNodeName !== undefined && { nominatedNodeName }) };
  }

  /** What can be done so that the pod fits at a later attempt: plug-ins give something back, others are evicted. */
  #rescue(cycle: PodCycle, diagnosis: Diagnosis, preempt: Preempt): PreemptionOutcome | undefined {
    const { profile: { rescue, preemption }, pod } = cycle;
    const messages: string[] = [];
    let outcome: PreemptionOutcome | undefined;
    for (const plugin of rescue) {
      if (plugin.name !== preemptionName) {
        // Upstream's word for a plug-in that was not asked before, and the end of the attempt.
        if (!cycle.isPrepared(plugin)) {
          messages.splice(0, Infinity, 'not found');
          break;
        }
        const rescued = plugin.rescue?.(pod, cycle.stateOf(plugin));
        if (rescued === undefined) continue;
        messages.push(rescued.message);
        if (rescued.work !== undefined) this.#trackFor(pod, rescued.work, 'giving something back so that a pod can be scheduled failed');
      } else if (preemption !== undefined) {
        this.#metrics.triedToPreempt();
        outcome = preempt(cycle, diagnosis, preemption);
        if (outcome?.kind === 'preempt') return outcome;
        if (outcome !== undefined) messages.push(outcome.message);
      }
    }
    diagnosis.postFilterMessage = messages.join(', ');
    return outcome;
  }

  #preempt(preemptor: PodInfo, { nodeName, victims }: Extract<PreemptionOutcome, { readonly kind: 'preempt' }>): void {
    this.#metrics.preempted(victims.pods.length);
    // Less important pods that were promised this node look for another sooner than they would notice.
    const outranked = this.#nominator.on(nodeName).filter(({ priority, uid }) => priority < preemptor.priority && uid !== preemptor.uid);
    this.#track(this.#executor.start(preemptor, { nodeName, victims, outranked }));
  }

  #placed(queued: QueuedPod, nodeName: string, cycle: PodCycle, startMs: number): void {
    const { info, profile } = queued;
    queued.diagnosis = undefined;
    const refused = this.#take(info, nodeName, cycle);
    if (refused !== undefined) {
      this.#failed(queued, refused, startMs);
      return;
    }
    if (profile.permit.length > 0) {
      try {
        const permissions = permissionsOf(profile.permit, info, nodeName);
        if (permissions !== undefined) {
          this.#track(this.#bindWhenPermitted(queued, nodeName, cycle, { startMs, permissions }));
          return;
        }
      } catch (error) {
        this.#release(info, nodeName, cycle);
        this.#failed(queued, errorFailure((error as Error).message), startMs);
        return;
      }
    }
    this.#startBinding(queued, nodeName, cycle, startMs);
  }

  /** Takes room for the pod, and what plug-ins want of the node; a failure says why that is not to be had. */
  #take(info: PodInfo, nodeName: string, cycle: PodCycle): Failure | undefined {
    this.#cache.assume(info, nodeName);
    if (this.#podGroups !== undefined) this.#groups.assume(info.pod);
    this.#nominator.forget(info.uid);
    for (const plugin of cycle.profile.reserve) {
      const refusal = plugin.reserve?.(info, nodeName, cycle.stateOf(plugin));
      if (refusal === undefined) continue;
      this.#release(info, nodeName, cycle);
      return refusedOne(plugin.name, refusal.reasons.join(', '));
    }
    return undefined;
  }

  /** Keeps the pod's place until plug-ins let it go on. */
  async #bindWhenPermitted(queued: QueuedPod, nodeName: string, cycle: PodCycle, { startMs, permissions }: { readonly startMs: number; readonly permissions: Permissions }): Promise<void> {
    const { client, clock, logger } = this.#options;
    const { info } = queued;
    const permitted = this.#waiting.wait(info.uid, permissions);
    // Most wait for a pod that is looked at in the same moment. Of others autoscalers are told where they are going to be.
    await Promise.resolve();
    if (this.#waiting.has(info.uid)) await patchPodStatus(client, clock, info.pod, { nominatedNodeName: nodeName }).catch((error: unknown) => logger.debug('nominating the node of a pod that waits to be bound failed', { pod: info.key, error }));
    const rejection = await permitted;
    if (this.#stopped.signal.aborted) return;
    if (rejection === undefined) {
      this.#startBinding(queued, nodeName, cycle, startMs);
      return;
    }
    this.#release(info, nodeName, cycle);
    this.#queue.notice({ label: 'AssignedPodDelete', old: info });
    this.#failed(queued, rejection.preempted ? errorFailure(`waiting on permit for pod: ${rejection.message}`) : refusedOne(rejection.plugin, rejection.message), startMs);
  }

  #startBinding(queued: QueuedPod, nodeName: string, cycle: PodCycle, startMs: number): void {
    this.#queue.done(queued.info.uid);
    this.#slots.start();
    this.#track(this.#bind(queued, nodeName, cycle, { startMs }).finally(() => this.#slots.end()));
  }

  async #bind(queued: QueuedPod, nodeName: string, cycle: PodCycle, { startMs }: { readonly startMs: number }): Promise<void> {
    const { clock } = this.#options;
    const { info, profile } = queued;
    try {
      await this.#binder.bind(info, nodeName, cycle);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#bindingFailed(queued, nodeName, cycle, { error: error as Error, startMs });
      return;
    }
    this.#recorder(profile.schedulerName).event(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${nodeName}`, { action: 'Binding' });
    this.#metrics.attempted('scheduled', profile.schedulerName, (clock.monotonicMs() - startMs) / 1000);
    this.#metrics.scheduled({ attempts: queued.attempts, seconds: (clock.now() - (queued.initialAttemptMs ?? clock.now())) / 1000, flushed: queued.flushed });
  }

  #bindingFailed(queued: QueuedPod, nodeName: string, cycle: PodCycle, { error, startMs }: { readonly error: Error; readonly startMs: number }): void {
    const { info } = queued;
    this.#release(info, nodeName, cycle);
    this.#queue.notice({ label: 'AssignedPodDelete', old: info });
    const now = this.#current(info);
    // Gone, or somebody else bound it: the watch has said so, or will.
    if (now === undefined || isReason(error.cause, 'NotFound') || (now.spec?.nodeName ?? '') !== '') return;
    this.#options.logger.warn('binding failed, will retry', { pod: info.key, node: nodeName, error });
    queued.info = podInfoOf(now);
    this.#queue.takeBack(queued);
    this.#failed(queued, errorFailure(error.message), startMs);
  }

  /** Gives back what was taken for a pod that is not bound after all. */
  #release(info: PodInfo, nodeName: string, cycle: PodCycle): void {
    for (const plugin of cycle.profile.reserve.toReversed()) {
      const work = plugin.unreserve?.(info, nodeName, cycle.stateOf(plugin));
      if (work !== undefined) this.#trackFor(info, work, 'giving back what was taken for a pod failed');
    }
    if (this.#cache.isAssumed(info.uid)) this.#cache.forget(info.uid);
    if (this.#podGroups !== undefined) this.#groups.forget(info.pod);
  }

  #wentWrong(queued: QueuedPod, error: unknown, startMs: number): void {
    if (this.#stopped.signal.aborted) return;
    this.#options.logger.warn('scheduling a pod failed, will retry', { pod: queued.info.key, error });
    if (this.#cache.isAssumed(queued.info.uid)) this.#cache.forget(queued.info.uid);
    this.#failed(queued, errorFailure((error as Error).message), startMs);
  }

  /** The pod waits again, and is told why. */
  #failed(queued: QueuedPod, failure: Failure, startMs: number): void {
    const { clock } = this.#options;
    const { schedulerName } = queued.profile;
    this.#metrics.attempted(failure.reason === 'Unschedulable' ? 'unschedulable' : 'error', schedulerName, (clock.monotonicMs() - startMs) / 1000);
    queued.diagnosis = failure.diagnosis;
    if (!this.#queue.park(queued, failure.refusedBy)) return;
    const { info } = queued;
    if (failure.nominatedNodeName === undefined) this.#nominator.update(undefined, info);
    else this.#nominator.nominate(info, failure.nominatedNodeName);
    this.#recorder(schedulerName).event(info.pod, 'Warning', 'FailedScheduling', truncated(failure.message), { action: 'Scheduling' });
    const change: StatusChange = {
      condition: { type: 'PodScheduled', status: 'False', reason: failure.reason, message: failure.message },
      ...(failure.nominatedNodeName !== undefined && { nominatedNodeName: failure.nominatedNodeName }),
    };
    this.#track(this.#tell(info.pod, change));
  }

  async #tell(pod: Pod, change: StatusChange): Promise<void> {
    try {
      await patchPodStatus(this.#options.client, this.#options.clock, pod, change);
    } catch (error) {
      this.#complain('writing a pod\'s status failed', pod, error);
    }
  }

  /** Of what failed beside scheduling. That something is gone is no news. */
  #complain(message: string, object: KubeObject, error: unknown): void {
    if (!this.#stopped.signal.aborted && !isReason(error, 'NotFound')) this.#options.logger.warn(message, { [object.kind === 'PodGroup' ? 'podGroup' : 'pod']: nameOf(object), error });
  }

  /** Writes for a pod, beside scheduling. */
  #trackFor({ pod }: PodInfo, work: () => Promise<unknown>, problem: string): void {
    this.#track(reactingTo(causeOf(pods, pod), work).then(() => {}, (error: unknown) => this.#complain(problem, pod, error)));
  }

  #track(work: Promise<void> | undefined): void {
    if (work === undefined) return;
    const tracked: Promise<void> = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }
}
