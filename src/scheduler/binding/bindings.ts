import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import type { PodCycle } from '../cycle/pod-cycle.ts';
import { errorFailure, refusedOne } from '../failure.ts';
import type { Extender } from '../framework/extender.ts';
import { preemptionName } from '../framework/profile.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { Permissions } from '../pod-groups/permissions.ts';
import { permissionsOf } from '../pod-groups/permissions.ts';
import type { PodReports } from '../pod-reports.ts';
import { patchPodStatus } from '../pod-status.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';
import type { SideWork } from '../side-work.ts';
import { Binder } from './binder.ts';
import { BindingSlots } from './binding-slots.ts';
import type { Places } from './places.ts';
import { WaitingPods } from './waiting-pods.ts';

export interface BindingsParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborts when the scheduler stops. */
  readonly signal: AbortSignal;
  readonly extenders: readonly Extender[];
  readonly queue: SchedulingQueue;
  readonly places: Places;
  readonly reports: PodReports;
  readonly work: SideWork;
  readonly metrics: SchedulerMetrics;
  /** The pod as the API had it last, if it is still the same. */
  readonly current: (pod: PodInfo) => Pod | undefined;
}

/** A pod whose node was chosen at an attempt that began at `startMs`. */
interface Chosen { readonly queued: QueuedPod; readonly nodeName: string; readonly cycle: PodCycle; readonly startMs: number }

/** From the choice of a node until the pod is bound, or waits again: many pods are on that way at once. */
export class Bindings {
  readonly #parts: BindingsParts;
  readonly #slots = new BindingSlots();
  readonly #waiting: WaitingPods;
  readonly #binder: Binder;

  constructor(parts: BindingsParts) {
    const { client, clock, random, logger, signal, extenders, metrics } = parts;
    this.#parts = parts;
    this.#waiting = new WaitingPods(clock);
    this.#binder = new Binder({ client, clock, random, logger, extenders, signal, metrics, slots: this.#slots });
  }

  /** Are as many pods being bound as can be? */
  get full(): boolean {
    return this.#slots.full;
  }

  /** Resolves when something has changed about that. */
  room(): Promise<void> {
    return this.#slots.room();
  }

  /** The pod is to run there: takes its place, and has it bound as soon as it may be. Throws what plug-ins throw while it is taken. */
  place(queued: QueuedPod, nodeName: string, cycle: PodCycle, startMs: number): void {
    const { places, reports, work } = this.#parts;
    const { info, profile } = queued;
    queued.diagnosis = undefined;
    const refused = places.take(info, nodeName, cycle);
    if (refused !== undefined) {
      reports.failed(queued, refused, startMs);
      return;
    }
    const chosen: Chosen = { queued, nodeName, cycle, startMs };
    const metrics = this.#parts.metrics.of(profile);
    const permitMs = metrics.now();
    if (profile.permit.length > 0) {
      try {
        const permissions = permissionsOf(profile.permit, info, nodeName);
        if (permissions !== undefined) {
          metrics.passed('Permit', 'Wait', permitMs);
          work.track(this.#bindWhenPermitted(chosen, permissions));
          return;
        }
      } catch (error) {
        metrics.passed('Permit', 'Error', permitMs);
        places.giveBack(info, nodeName, cycle);
        reports.failed(queued, errorFailure((error as Error).message), startMs);
        return;
      }
    }
    metrics.passed('Permit', 'Success', permitMs);
    this.#start(chosen);
  }

  /** A plug-in that lets the pod wait has nothing against it any more. */
  allow(uid: string, plugin: string): void {
    this.#waiting.allow(uid, plugin);
  }

  /** Stops a pod that is not being bound yet, because another takes its place; false: it is too late, or it never was. */
  preempt(uid: string): boolean {
    return this.#waiting.reject(uid, { plugin: preemptionName, message: 'preempted', preempted: true }) || this.#binder.cancel(uid, 'preempted by DefaultPreemption');
  }

  /** The pod is gone, or going: it need not wait. */
  removed(uid: string): void {
    this.#waiting.reject(uid, { plugin: '', message: 'removed', preempted: false });
  }

  /** The pod is gone: nothing need be done for it any more. */
  gone(uid: string): void {
    this.#binder.cancel(uid, 'pod does not exist any more');
  }

  /** Nobody waits any more, neither to be bound nor for room. */
  stop(): void {
    this.#waiting.rejectAll('the scheduler was stopped');
    this.#slots.interrupt();
  }

  /** Keeps the pod's place until plug-ins let it go on. */
  async #bindWhenPermitted(chosen: Chosen, permissions: Permissions): Promise<void> {
    const { client, clock, logger, signal, reports, metrics } = this.#parts;
    const { queued, queued: { info }, nodeName, startMs } = chosen;
    const permitted = this.#waiting.wait(info.uid, permissions);
    const waitingMs = clock.monotonicMs();
    // Most wait for a pod that is looked at in the same moment. Of others autoscalers are told where they are going to be.
    await Promise.resolve();
    if (this.#waiting.has(info.uid)) await patchPodStatus(client, clock, info.pod, { nominatedNodeName: nodeName }).catch((error: unknown) => logger.debug('nominating the node of a pod that waits to be bound failed', { pod: info.key, error }));
    const rejection = await permitted;
    if (signal.aborted) return;
    metrics.waitedForPermission(rejection === undefined ? 'Success' : rejection.preempted ? 'Error' : 'Unschedulable', (clock.monotonicMs() - waitingMs) / 1000);
    if (rejection === undefined) {
      this.#start(chosen);
      return;
    }
    this.#giveBack(chosen);
    reports.failed(queued, rejection.preempted ? errorFailure(`waiting on permit for pod: ${rejection.message}`) : refusedOne(rejection.plugin, rejection.message), startMs);
  }

  #start(chosen: Chosen): void {
    const { queue, work } = this.#parts;
    queue.done(chosen.queued.info.uid);
    this.#slots.start();
    work.track(this.#bind(chosen).finally(() => this.#slots.end()));
  }

  async #bind(chosen: Chosen): Promise<void> {
    const { signal, reports } = this.#parts;
    const { queued, nodeName, cycle, startMs } = chosen;
    try {
      await this.#binder.bind(queued.info, nodeName, cycle);
    } catch (error) {
      if (!signal.aborted) this.#failed(chosen, error as Error);
      return;
    }
    reports.scheduled(queued, nodeName, startMs);
  }

  #failed(chosen: Chosen, error: Error): void {
    const { logger, queue, reports, current } = this.#parts;
    const { queued, queued: { info }, nodeName, startMs } = chosen;
    this.#giveBack(chosen);
    const now = current(info);
    // Gone, or somebody else bound it: the watch has said so, or will.
    if (now === undefined || isReason(error.cause, 'NotFound') || (now.spec?.nodeName ?? '') !== '') return;
    logger.warn('binding failed, will retry', { pod: info.key, node: nodeName, error });
    queued.info = podInfoOf(now);
    queue.takeBack(queued);
    reports.failed(queued, errorFailure(error.message), startMs);
  }

  /** Its place is free, which others may wait for. */
  #giveBack({ queued: { info }, nodeName, cycle }: Chosen): void {
    const { queue, places } = this.#parts;
    places.giveBack(info, nodeName, cycle);
    queue.notice({ label: 'AssignedPodDelete', old: info });
  }
}
