import type { Clock, Timer } from '../../base/clock.ts';
import { groupNameOf } from '../cache/pod-group-states.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { ClusterEvent } from '../framework/events.ts';
import { mayHelp, unscheduledPodChanges } from '../framework/events.ts';
import type { Profile } from '../framework/profile.ts';
import type { BackoffOptions } from './backoff.ts';
import { backoffEnd, backoffOverMs, isBackingOff, usualBackoff } from './backoff.ts';
import { Heap } from './heap.ts';
import { ParkedPods } from './parked-pods.ts';
import type { QueuedPod } from './queued-pod.ts';
import { comesBefore, queuedPod } from './queued-pod.ts';

/** A parked pod is tried again after this even if no event called for it. */
const maxParkedMs = 5 * 60 * 1000;

/** A pod that was taken, and what happened since. */
interface InFlight {
  readonly queued: QueuedPod;
  latest: PodInfo;
  readonly events: ClusterEvent[];
}

export interface QueueSizes { readonly active: number; readonly backoff: number; readonly unschedulable: number; readonly gated: number }

/** What is told of pods that enter a queue, for whoever counts. */
export interface QueueObserver {
  entered?(queue: 'active' | 'backoff' | 'unschedulable', event: string): void;
  /** A pod's gates were asked, from this monotonic time on. */
  gated?(profile: Profile, sinceMs: number): void;
}

/**
 * The scheduling queue: active (to be tried now, highest priority first), backing off (failed a moment ago; tried when
 * nothing else is to do), parked (refused by plug-ins, until an event that may help), gated (not let in). As upstream's
 * PriorityQueue.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #backoffOptions: BackoffOptions;
  readonly #observer: QueueObserver;
  readonly #podGroups: boolean;
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<QueuedPod>;
  /** Those that failed for no reason of their own wait their time whatever happens. */
  readonly #errorBackoff: Heap<QueuedPod>;
  readonly #parked = new ParkedPods();
  readonly #inFlight = new Map<string, InFlight>();
  #wake: (() => void) | undefined;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;
  #order = 0;

  constructor(options: { readonly clock: Clock; readonly backoff?: BackoffOptions; readonly observer?: QueueObserver; readonly podGroups?: boolean }) {
    this.#clock = options.clock;
    this.#backoffOptions = options.backoff ?? usualBackoff;
    this.#observer = options.observer ?? {};
    this.#podGroups = options.podGroups ?? false;
    const keyOf = (one: QueuedPod): string => one.info.uid;
    const byEnd = (a: QueuedPod, b: QueuedPod): number => this.#endOf(a) - this.#endOf(b);
    this.#active = new Heap({ keyOf, before: comesBefore });
    this.#backoff = new Heap({ keyOf, before: (a, b) => byEnd(a, b) < 0 || (byEnd(a, b) === 0 && comesBefore(a, b)) });
    this.#errorBackoff = new Heap({ keyOf, before: (a, b) => byEnd(a, b) < 0 });
  }

  get sizes(): QueueSizes {
    return { active: this.#active.size, backoff: this.#backoff.size + this.#errorBackoff.size, unschedulable: this.#parked.size - this.#parked.gated, gated: this.#parked.gated };
  }

  /** How many parked pods each plug-in refused, by profile. */
  refusals(): Iterable<readonly [Readonly<Record<string, string>>, number]> {
    const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
    for (const { profile, refusedBy } of this.#parked.all()) {
      for (const plugin of refusedBy) {
        const key = `${plugin} ${profile.schedulerName}`;
        const known = counts.get(key);
        if (known === undefined) counts.set(key, { labels: { plugin, profile: profile.schedulerName }, count: 1 });
        else known.count++;
      }
    }
    return [...counts.values()].map(({ labels, count }) => [labels, count] as const);
  }

  /** The pod, wherever it waits. */
  find(uid: string): QueuedPod | undefined {
    return this.#active.get(uid) ?? this.#backoff.get(uid) ?? this.#errorBackoff.get(uid) ?? this.#parked.get(uid) ?? this.#inFlight.get(uid)?.queued;
  }

  /** A pod that is new to us. */
  add(info: PodInfo, profile: Profile): void {
    this.#activate({ ...queuedPod(info, profile, this.#clock.now()), order: this.#order++ }, 'UnscheduledPodAdd');
  }

  /** The pod changed; a parked one is tried again if that may help it. */
  update(old: PodInfo, info: PodInfo): void {
    const { uid } = info;
    const inFlight = this.#inFlight.get(uid);
    if (inFlight !== undefined) {
      inFlight.latest = info;
      inFlight.events.push(...unscheduledPodChanges(old, info));
      return;
    }
    for (const heap of [this.#active, this.#backoff, this.#errorBackoff]) {
      const queued = heap.delete(uid);
      if (queued === undefined) continue;
      queued.info = info;
      heap.set(queued);
      return;
    }
    const parked = this.#parked.get(uid);
    if (parked === undefined) return;
    parked.info = info;
    for (const event of unscheduledPodChanges(old, info)) {
      if (!this.#mayHelp(parked, event)) continue;
      this.#requeue(parked, event.label);
      return;
    }
  }

  has(uid: string): boolean {
    return this.find(uid) !== undefined;
  }

  delete(uid: string): void {
    for (const heap of [this.#active, this.#backoff, this.#errorBackoff]) heap.delete(uid);
    this.#parked.delete(uid);
    this.#inFlight.delete(uid);
  }

  /** The next pod to try; undefined when there is none now. It is in flight until it is parked, retried or done. */
  take(): QueuedPod | undefined {
    // Nobody else wants to be tried: those that back off need not wait.
    let queued = this.#active.pop();
    if (queued === undefined) {
      queued = this.#backoff.pop();
      if (queued !== undefined) this.#observer.entered?.('active', 'PopFromBackoffQ');
    }
    return queued === undefined ? undefined : this.#sendOff(queued);
  }

  /** A pod that is to be tried with another one of its group, wherever it waits; undefined when it is not let in, or is not here. */
  takeMember(uid: string): QueuedPod | undefined {
    if (this.#active.get(uid) === undefined) this.activate(uid);
    const queued = this.#active.delete(uid);
    return queued === undefined ? undefined : this.#sendOff(queued);
  }

  #sendOff(queued: QueuedPod): QueuedPod {
    queued.attempts++;
    this.#inFlight.set(queued.info.uid, { queued, latest: queued.info, events: [] });
    return queued;
  }

  /** Resolves when there is something to take. */
  async ready(): Promise<void> {
    if (this.#active.size > 0 || this.#backoff.size > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends a wait, so that a stopping scheduler does not hang. */
  interrupt(): void {
    this.#wake?.();
    this.#timer?.cancel();
  }

  /** The pod has found its place as far as the queue is concerned. */
  done(uid: string): void {
    this.#inFlight.delete(uid);
  }

  /** A pod that was done comes back: its binding failed. */
  takeBack(queued: QueuedPod): void {
    this.#inFlight.set(queued.info.uid, { queued, latest: queued.info, events: [] });
  }

  /** No node took the pod: it waits for an event that one of these plug-ins may be helped by. False: it is gone. */
  park(queued: QueuedPod, refusedBy: ReadonlySet<string>): boolean {
    if (refusedBy.size === 0) return this.retry(queued);
    queued.unschedulableCount++;
    queued.errorCount = 0;
    queued.refusedBy = refusedBy;
    const inFlight = this.#land(queued);
    if (inFlight === undefined) return false;
    // Events are told of pods, and say little of a group: it is tried again when its back-off is over, as upstream does.
    if (this.#isGrouped(queued) || inFlight.events.some((event) => this.#mayHelp(queued, event))) this.#requeue(queued, 'ScheduleAttemptFailure');
    else this.#put(queued, 'ScheduleAttemptFailure');
    return true;
  }

  /** The attempt failed for a reason of the moment (a conflict, an unreachable API): again after a back-off. */
  retry(queued: QueuedPod): boolean {
    queued.errorCount++;
    queued.refusedBy = new Set();
    if (this.#land(queued) === undefined) return false;
    this.#requeue(queued, 'ScheduleAttemptFailure');
    return true;
  }

  #land(queued: QueuedPod): InFlight | undefined {
    const inFlight = this.#inFlight.get(queued.info.uid);
    if (inFlight === undefined) return undefined;
    this.#inFlight.delete(queued.info.uid);
    queued.info = inFlight.latest;
    queued.timestampMs = this.#clock.now();
    queued.order = this.#order++;
    queued.flushed = false;
    return inFlight;
  }

  /** Something happened: wakes the parked pods that it may help. `upToPriority`: pods of higher priority are not concerned. */
  notice(event: ClusterEvent, options: { readonly upToPriority?: number } = {}): void {
    for (const { events } of this.#inFlight.values()) events.push(event);
    if (this.#parked.size === 0) return;
    for (const queued of this.#parked.concerned(event.label)) {
      if (options.upToPriority !== undefined && queued.info.priority > options.upToPriority) continue;
      if (this.#mayHelp(queued, event)) this.#requeue(queued, event.label);
    }
  }

  /** Looks again whether a gated pod may come in. */
  reconsider(uid: string): void {
    const queued = this.#parked.get(uid);
    if (queued?.gatedBy !== undefined) this.#requeue(queued, 'ForceActivate');
  }

  /** Looks again at all pods that this plug-in keeps out. */
  reconsiderAll(plugin: string): void {
    for (const queued of this.#parked.all()) if (queued.gatedBy === plugin) this.#requeue(queued, 'ForceActivate');
  }

  /** Tries a pod again at once, wherever it waits. */
  activate(uid: string): void {
    const queued = this.#parked.get(uid) ?? this.#backoff.get(uid) ?? this.#errorBackoff.get(uid);
    if (queued !== undefined) this.#activate(queued, 'ForceActivate');
  }

  #endOf(queued: QueuedPod): number {
    return backoffEnd(queued, this.#backoffOptions);
  }

  #mayHelp(queued: QueuedPod, event: ClusterEvent): boolean {
    const { byName } = queued.profile;
    if (queued.gatedBy !== undefined) return mayHelp(byName.get(queued.gatedBy)?.wakes, queued.info, event);
    for (const name of queued.refusedBy) {
      // An extender has no hints: anything may help it.
      const plugin = byName.get(name);
      if (plugin === undefined || mayHelp(plugin.wakes, queued.info, event)) return true;
    }
    return false;
  }

  /** To the active queue, or to back off first. */
  #requeue(queued: QueuedPod, event: string): void {
    const endMs = this.#endOf(queued);
    if (!isBackingOff(endMs, this.#clock.now())) {
      this.#activate(queued, event);
      return;
    }
    if (this.#isGated(queued, event)) return;
    this.#parked.delete(queued.info.uid);
    // A group that nothing has happened to would be tried again and again while nobody else wants to be.
    const plain = queued.refusedBy.size > 0 && !this.#isGrouped(queued);
    (plain ? this.#backoff : this.#errorBackoff).set(queued);
    this.#observer.entered?.('backoff', event);
    if (plain) this.#awake();
    this.#armTimer(backoffOverMs(endMs));
  }

  #isGrouped({ info: { pod } }: QueuedPod): boolean {
    return this.#podGroups && groupNameOf(pod) !== undefined;
  }

  #activate(queued: QueuedPod, event: string): void {
    if (this.#isGated(queued, event)) return;
    const { uid } = queued.info;
    this.#parked.delete(uid);
    this.#backoff.delete(uid);
    this.#errorBackoff.delete(uid);
    queued.initialAttemptMs ??= this.#clock.now();
    this.#active.set(queued);
    this.#observer.entered?.('active', event);
    this.#awake();
  }

  /** Asks the gates; a pod that is not let in is parked. */
  #isGated(queued: QueuedPod, event: string): boolean {
    this.#parked.delete(queued.info.uid);
    const startMs = this.#clock.monotonicMs();
    const gate = queued.profile.gate.find((plugin) => plugin.gate?.(queued.info) !== undefined);
    this.#observer.gated?.(queued.profile, startMs);
    queued.gatedBy = gate?.name;
    if (gate === undefined) return false;
    queued.refusedBy = new Set([...queued.refusedBy, gate.name]);
    this.#put(queued, event);
    return true;
  }

  #put(queued: QueuedPod, event: string): void {
    this.#parked.set(queued);
    // Those that gates keep out enter the same queue, as upstream counts it.
    this.#observer.entered?.('unschedulable', event);
    this.#armTimer(queued.timestampMs + maxParkedMs + 1);
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** One timer for whatever is due first. */
  #armTimer(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#clock.setTimer(dueMs - this.#clock.now(), () => this.#flush(), { unref: true });
  }

  #flush(): void {
    this.#timerDueMs = Infinity;
    const nowMs = this.#clock.now();
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let next = heap.peek(); next !== undefined && !isBackingOff(this.#endOf(next), nowMs); next = heap.peek()) {
        heap.pop();
        this.#activate(next, 'BackoffComplete');
      }
      const next = heap.peek();
      if (next !== undefined) this.#armTimer(backoffOverMs(this.#endOf(next)));
    }
    let oldestMs = Infinity;
    for (const queued of this.#parked.all()) {
      if (queued.gatedBy !== undefined) continue;
      if (nowMs - queued.timestampMs > maxParkedMs) {
        queued.flushed = true;
        this.#requeue(queued, 'UnschedulableTimeout');
      } else oldestMs = Math.min(oldestMs, queued.timestampMs);
    }
    if (oldestMs !== Infinity) this.#armTimer(oldestMs + maxParkedMs + 1);
  }
}
