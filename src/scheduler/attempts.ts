import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Bindings } from './binding/bindings.ts';
import type { ClusterCache } from './cache/cluster-cache.ts';
import type { PodInfo } from './cache/pod-info.ts';
import type { Placement, Placer } from './cycle/placement.ts';
import type { PodCycle } from './cycle/pod-cycle.ts';
import type { Failure } from './failure.ts';
import { errorFailure, heldBack } from './failure.ts';
import type { Diagnosis } from './framework/diagnosis.ts';
import type { Extender } from './framework/extender.ts';
import type { Profile } from './framework/profile.ts';
import { preemptionName } from './framework/profile.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { Found } from './pod-groups/place-group.ts';
import type { Code } from './profile-metrics.ts';
import type { PodReports } from './pod-reports.ts';
import type { PreemptionExecutor } from './preemption/executor.ts';
import type { Preemption, PreemptionOutcome } from './preemption/preemption.ts';
import type { Nominator } from './queue/nominator.ts';
import type { QueuedPod } from './queue/queued-pod.ts';
import type { SideWork } from './side-work.ts';

export interface AttemptsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the scheduler stops. */
  readonly signal: AbortSignal;
  readonly extenders: readonly Extender[];
  readonly cache: ClusterCache;
  readonly nominator: Nominator;
  readonly metrics: SchedulerMetrics;
  readonly placer: Placer;
  readonly preemption: Preemption;
  readonly executor: PreemptionExecutor;
  readonly bindings: Bindings;
  readonly reports: PodReports;
  readonly work: SideWork;
}

/** Looks for whom to evict. */
type Preempt = (cycle: PodCycle, diagnosis: Diagnosis, args: NonNullable<Profile['preemption']>) => PreemptionOutcome | undefined;

/** One attempt at a pod: a node is looked for, room is made where none takes it, and what was found is acted upon. */
export class Attempts {
  readonly #parts: AttemptsParts;
  /** Without extenders. */
  readonly #preemptAlone: Preempt = (cycle, diagnosis, args) => this.#parts.preemption.find(cycle, diagnosis, args);

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** Tries the pod; a promise only where extenders are asked. Never throws: what goes wrong is told of the pod. */
  schedule(queued: QueuedPod): Promise<void> | undefined {
    if (this.#interestsExtenders(queued)) return this.#scheduleWithExtenders(queued);
    const startMs = this.#parts.clock.monotonicMs();
    try {
      this.#settle(queued, this.#place(queued), startMs, this.#preemptAlone);
    } catch (error) {
      this.#wentWrong(queued, error, startMs);
    }
    return undefined;
  }

  /** Finds a place for one pod of a group, and evicts others where that helps. Throws what plug-ins throw. */
  find(queued: QueuedPod, startMs: number): Found | Promise<Found> {
    if (this.#interestsExtenders(queued)) return this.#placeWithExtenders(queued).then(({ placement, preempt }) => this.#found(queued, placement, startMs, preempt));
    return this.#found(queued, this.#place(queued), startMs, this.#preemptAlone);
  }

  #interestsExtenders({ info }: QueuedPod): boolean {
    return this.#parts.extenders.some((extender) => extender.isInterested(info.pod));
  }

  #place({ info, profile }: QueuedPod): Placement {
    return this.#parts.placer.place(info, profile);
  }

  async #scheduleWithExtenders(queued: QueuedPod): Promise<void> {
    const startMs = this.#parts.clock.monotonicMs();
    try {
      const { placement, preempt } = await this.#placeWithExtenders(queued);
      this.#settle(queued, placement, startMs, preempt);
    } catch (error) {
      this.#wentWrong(queued, error, startMs);
    }
  }

  async #placeWithExtenders(queued: QueuedPod): Promise<{ readonly placement: Placement; readonly preempt: Preempt }> {
    const { placer, preemption: evictions } = this.#parts;
    const placement = await placer.placeWithExtenders(queued.info, queued.profile);
    let outcome: PreemptionOutcome | undefined;
    const { preemption } = queued.profile;
    if (placement.kind === 'unschedulable' && preemption !== undefined) outcome = await evictions.findWithExtenders(placement.cycle, placement.diagnosis, preemption);
    return { placement, preempt: () => outcome };
  }

  #found(queued: QueuedPod, placement: Placement, startMs: number, preempt: Preempt): Found {
    const cycle = placement.kind === 'no nodes' ? undefined : placement.cycle;
    if (placement.kind !== 'placed') return { cycle, failure: this.#refused(queued, placement, startMs, preempt) };
    this.#measure(startMs);
    return { cycle, nodeName: placement.node.name };
  }

  /** Acts upon what was found. */
  #settle(queued: QueuedPod, placement: Placement, startMs: number, preempt: Preempt): void {
    if (placement.kind === 'placed') {
      this.#measure(startMs);
      this.#parts.bindings.place(queued, placement.node.name, placement.cycle, startMs);
    } else this.#parts.reports.failed(queued, this.#refused(queued, placement, startMs, preempt), startMs);
  }

  /** What is to be said of a pod that no node takes; others are evicted for it where that helps. */
  #refused(queued: QueuedPod, placement: Exclude<Placement, { readonly kind: 'placed' }>, startMs: number, preempt: Preempt): Failure {
    if (placement.kind === 'no nodes') return heldBack('no nodes available to schedule pods');
    const { diagnosis, cycle } = placement;
    const outcome = queued.profile.rescue.length === 0 ? undefined : this.#rescue(cycle, diagnosis, preempt);
    this.#measure(startMs);
    const nominatedNodeName = queued.profile.rescue.length === 0 ? '' : outcome?.kind === 'preempt' ? outcome.nodeName : outcome?.clear === true ? '' : undefined;
    // The preemptor must be out of the queue before its victims' deletion can wake it.
    if (outcome?.kind === 'preempt') this.#preempt(queued.info, outcome);
    return { message: diagnosis.message, reason: 'Unschedulable', refusedBy: diagnosis.refusedBy, diagnosis, ...(nominatedNodeName !== undefined && { nominatedNodeName }) };
  }

  /** What can be done so that the pod fits at a later attempt: plug-ins give something back, others are evicted. */
  #rescue(cycle: PodCycle, diagnosis: Diagnosis, preempt: Preempt): PreemptionOutcome | undefined {
    const { metrics, work } = this.#parts;
    const { profile: { rescue, preemption }, pod } = cycle;
    const messages: string[] = [];
    const counted = metrics.of(cycle.profile);
    const startMs = counted.now();
    let outcome: PreemptionOutcome | undefined;
    let code: Code = 'Unschedulable';
    for (const plugin of rescue) {
      if (plugin.name !== preemptionName) {
        // Upstream's word for a plug-in that was not asked before, and the end of the attempt.
        if (!cycle.isPrepared(plugin)) {
          messages.splice(0, Infinity, 'not found');
          code = 'Error';
          break;
        }
        const rescued = plugin.rescue?.(pod, cycle.stateOf(plugin));
        if (rescued === undefined) continue;
        messages.push(rescued.message);
        if (rescued.work !== undefined) work.trackFor(pod, rescued.work, 'giving something back so that a pod can be scheduled failed');
      } else if (preemption !== undefined) {
        metrics.triedToPreempt();
        outcome = preempt(cycle, diagnosis, preemption);
        if (outcome?.kind === 'preempt') {
          counted.passed('PostFilter', 'Success', startMs);
          return outcome;
        }
        if (outcome !== undefined) messages.push(outcome.message);
      }
    }
    counted.passed('PostFilter', code, startMs);
    diagnosis.postFilterMessage = messages.join(', ');
    return outcome;
  }

  #preempt(preemptor: PodInfo, { nodeName, victims }: Extract<PreemptionOutcome, { readonly kind: 'preempt' }>): void {
    const { metrics, nominator, executor, work } = this.#parts;
    metrics.preempted(victims.pods.length);
    // Less important pods that were promised this node look for another sooner than they would notice.
    const outranked = nominator.on(nodeName).filter(({ priority, uid }) => priority < preemptor.priority && uid !== preemptor.uid);
    work.track(executor.start(preemptor, { nodeName, victims, outranked }));
  }

  #wentWrong(queued: QueuedPod, error: unknown, startMs: number): void {
    const { signal, logger, cache, reports } = this.#parts;
    if (signal.aborted) return;
    logger.warn('scheduling a pod failed, will retry', { pod: queued.info.key, error });
    if (cache.isAssumed(queued.info.uid)) cache.forget(queued.info.uid);
    reports.failed(queued, errorFailure((error as Error).message), startMs);
  }

  #measure(startMs: number): void {
    this.#parts.metrics.algorithm((this.#parts.clock.monotonicMs() - startMs) / 1000);
  }
}
