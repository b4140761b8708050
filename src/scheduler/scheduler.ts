import { nameOf, uidOf } from '../api/meta/object.ts';
import { deviceclasses, namespaces, nodes, pods, resourceclaims, resourceslices } from '../api/resources.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { PodGroup } from '../api/types/scheduling/v1alpha2.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Gauge } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { Lister } from '../client/informer/store.ts';
import { Attempts } from './attempts.ts';
import { Bindings } from './binding/bindings.ts';
import { Places } from './binding/places.ts';
import { ClusterCache } from './cache/cluster-cache.ts';
import { groupNameOf, PodGroupStates } from './cache/pod-group-states.ts';
import type { PodInfo } from './cache/pod-info.ts';
import { startListers } from './cluster-informers.ts';
import type { SchedulerFeatures, SchedulerSettings } from './config/settings.ts';
import { usualSettingsWith, noFeatures } from './config/settings.ts';
import { Placer } from './cycle/placement.ts';
import { Devices } from './devices/devices.ts';
import type { PodVerdict } from './explain/node-verdicts.ts';
import { podVerdictOf } from './explain/node-verdicts.ts';
import type { Diagnosis } from './framework/diagnosis.ts';
import type { Extender } from './framework/extender.ts';
import type { Plugin } from './framework/plugin.ts';
import type { Profile } from './framework/profile.ts';
import { preemptionName } from './framework/profile.ts';
import { SchedulerMetrics } from './metrics.ts';
import { podResourceFamilies } from './pod-resource-metrics.ts';
import { PodAndNodeEvents } from './pod-and-node-events.ts';
import { GroupScheduler } from './pod-groups/group-scheduler.ts';
import { PodReports } from './pod-reports.ts';
import { PreemptionExecutor } from './preemption/executor.ts';
import { Preemption } from './preemption/preemption.ts';
import { buildProfiles } from './profiles.ts';
import { Nominator } from './queue/nominator.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { SideWork } from './side-work.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The machine's name, which events tell; default: `localhost`. */
  readonly host?: string;
  /** Profiles, back-off and so on, as a configuration file has them; default: upstream's defaults. */
  readonly settings?: SchedulerSettings;
  /** Without settings: what is on beside the defaults. */
  readonly features?: SchedulerFeatures;
  readonly extenders?: readonly Extender[];
}

/** How long placing may keep the event loop before others have their turn. */
const sliceMs = 8;

/** Of the others nothing is left on their nodes. */
const unfinished = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' };

/** The pod as the API had it last, if it is still the same. */
const currentPods = (lister: Lister<Pod>) => ({ key, uid }: PodInfo): Pod | undefined => {
  const pod = lister.getByKey(key);
  return pod !== undefined && uidOf(pod) === uid ? pod : undefined;
};

/** Binds pods to nodes: one pod at a time is placed, bindings are written concurrently. */
export class Scheduler implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #cache = new ClusterCache();
  readonly #nominator = new Nominator();
  readonly #groups = new PodGroupStates();
  readonly #metrics: SchedulerMetrics;
  readonly #stopped = new AbortController();
  readonly #queue: SchedulingQueue;
  readonly #work: SideWork;
  readonly #bindings: Bindings;
  readonly #attempts: Attempts;
  readonly #groupScheduler: GroupScheduler;
  readonly #informers: SharedInformers;
  /** Undefined: pods are scheduled each alone. */
  readonly #podGroups: Lister<PodGroup> | undefined;
  readonly #profiles: ReadonlyMap<string, Profile>;
  #following: Promise<void> | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    const { client, clock, random, logger, host = 'localhost', extenders = [] } = options;
    const { signal } = this.#stopped;
    const settings = options.settings ?? usualSettingsWith(options.features ?? noFeatures);
    const metrics = this.#metrics = new SchedulerMetrics(clock);
    const [cache, nominator] = [this.#cache, this.#nominator];
    const queue = new SchedulingQueue({ clock, backoff: settings.backoff, observer: metrics, podGroups: settings.podGroups ?? false });
    const work = new SideWork({ logger, signal });
    const placer = new Placer({ cache, nominator, random, metrics, percentageOfNodesToScore: settings.percentageOfNodesToScore, extenders });
    const informers = createSharedInformers(client, { clock, random, logger, signal });
    const listers = startListers(informers, (event) => queue.notice(event));
    const current = currentPods(informers.informer(pods, unfinished).lister);
    const reports = new PodReports({ client, clock, random, logger, signal, host, queue, nominator, metrics, work });
    const places = new Places({ cache, nominator, groups: settings.podGroups === true ? this.#groups : undefined, work, metrics });
    const bindings = new Bindings({ client, clock, random, logger, signal, extenders, queue, places, reports, work, metrics, current });
    const preemption = new Preemption({ snapshot: cache, clock, random, budgets: () => listers.podDisruptionBudgets.list(), extenders });
    const executor = new PreemptionExecutor({
      client, clock, logger, current,
      recorder: (name) => reports.recorder(name),
      cancelBinding: (uid) => bindings.preempt(uid),
      finished: (uid, { failed }) => (failed ? queue.activate(uid) : queue.reconsider(uid)),
    });
    const attempts = new Attempts({ clock, logger, signal, extenders, cache, nominator, metrics, placer, preemption, executor, bindings, reports, work });
    this.#clock = clock;
    this.#queue = queue;
    this.#work = work;
    this.#informers = informers;
    this.#bindings = bindings;
    this.#attempts = attempts;
    this.#podGroups = settings.podGroups === true ? listers.podGroups : undefined;
    this.#groupScheduler = new GroupScheduler({
      client, clock, queue, states: this.#groups, metrics,
      find: (queued, startMs) => attempts.find(queued, startMs),
      take: (info, nodeName, cycle) => places.take(info, nodeName, cycle),
      giveBack: (info, nodeName, cycle) => {
        places.giveBack(info, nodeName, cycle);
        nominator.update(undefined, info);
      },
      placed: (queued, place, startMs) => bindings.place(queued, place.nodeName, place.cycle, startMs),
      failed: (queued, failure, startMs) => reports.failed(queued, failure, startMs),
      write: (group, writing) => work.track(writing.catch((error: unknown) => work.complain('writing a pod group\'s status failed', group, error))),
    });
    const preemptionGate: Plugin = {
      name: preemptionName,
      gate: ({ uid }) => (executor.isPreempting(uid) ? { reasons: ['waiting for the preemption for this pod to be finished'], retry: false } : undefined),
    };
    this.#profiles = buildProfiles(settings.profiles, {
      listers, client, clock, random, logger, signal, preemptionGate,
      devices: new Devices({ listers, clock, listersReady: () => Promise.all([informers.informer(resourceclaims).synced(), informers.informer(resourceslices).synced(), informers.informer(deviceclasses).synced()]), ungate: (plugin) => queue.reconsiderAll(plugin) }),
      notice: (event) => queue.notice(event),
      notify: (pod, event) => reports.notify(pod, event),
      podGroups: this.#groups,
      activate: (uids) => { for (const uid of uids) queue.activate(uid); },
      allow: (uid, plugin) => bindings.allow(uid, plugin),
    });
    // Plug-ins that nobody has asked yet are told of.
    for (const profile of this.#profiles.values()) metrics.of(profile);
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
    const events = new PodAndNodeEvents({ cache: this.#cache, queue: this.#queue, nominator: this.#nominator, profiles: this.#profiles, groups: this.#podGroups && this.#groups, removed: (uid) => this.#bindings.removed(uid) });
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
    this.#informers.informer(pods, unfinished).addHandler({
      add: (pod) => events.podAdded(pod),
      update: (old, pod) => events.podUpdated(old, pod),
      delete: (pod) => {
        events.podDeleted(pod);
        this.#bindings.gone(uidOf(pod));
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

  /** What can be scraped of each pod that has not ended. */
  resourceMetrics(): readonly Gauge[] {
    return podResourceFamilies(() => this.#informers.informer(pods, unfinished).lister.list());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the scheduler was stopped'));
    this.#queue.interrupt();
    this.#bindings.stop();
    await this.#loop;
    await this.#work.settled();
  }

  async #run(): Promise<void> {
    const clock = this.#clock;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#queue.ready();
      const startMs = clock.monotonicMs();
      while (!signal.aborted && !this.#bindings.full && clock.monotonicMs() - startMs <= sliceMs) {
        const queued = this.#queue.take();
        if (queued === undefined) break;
        if (this.#podGroups !== undefined && groupNameOf(queued.info.pod) !== undefined) await this.#groupScheduler.schedule(queued, this.#podGroups);
        else {
          const attempt = this.#attempts.schedule(queued);
          if (attempt !== undefined) await attempt;
        }
      }
      if (this.#bindings.full) await this.#bindings.room();
      else await clock.sleep(0, signal).catch(() => undefined);
    }
  }
}
