import type { Clock, Timer } from '../../base/clock.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { ClusterEvent, Plugin } from '../framework/plugin.ts';
import { Heap } from './heap.ts';

/** One pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  attempts: number;
  /** Grows with each entry into the active queue: first come, first served. */
  order: number;
  /** Until when it is kept back after a failed attempt. */
  backoffUntilMs: number;
  /** The plug-ins that refused it at the last attempt: only their events wake it. */
  refusedBy: readonly Plugin[];
  parkedAtMs: number;
}

const initialBackoffMs = 1000;
const maxBackoffMs = 10_000;
/** A parked pod is tried again after this even if no event called for it. */
const maxParkedMs = 5 * 60 * 1000;

/**
 * The scheduling queue: active (to be tried now, highest priority first), backing off (failed a moment ago), parked
 * (refused by plug-ins, until an event that may help), gated (not allowed in). As upstream's PriorityQueue.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #plugins: readonly Plugin[];
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<QueuedPod>;
  readonly #parked = new Map<string, QueuedPod>();
  readonly #gated = new Map<string, QueuedPod>();
  #nextOrder = 0;
  #wake: (() => void) | undefined;
  #backoffTimer: Timer | undefined;

  constructor(options: { readonly clock: Clock; readonly plugins: readonly Plugin[] }) {
    this.#clock = options.clock;
    this.#plugins = options.plugins;
    const keyOf = (one: QueuedPod): string => one.info.uid;
    this.#active = new Heap({ keyOf, before: (a, b) => a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.order < b.order) });
    this.#backoff = new Heap({ keyOf, before: (a, b) => a.backoffUntilMs < b.backoffUntilMs });
  }

  get sizes(): { readonly active: number; readonly backoff: number; readonly parked: number; readonly gated: number } {
    return { active: this.#active.size, backoff: this.#backoff.size, parked: this.#parked.size, gated: this.#gated.size };
  }

  /** A pod that is new to us, or came back after its node vanished. */
  add(info: PodInfo): void {
    this.#enter({ info, attempts: 0, order: 0, backoffUntilMs: 0, refusedBy: [], parkedAtMs: 0 });
  }

  /** The pod changed. `relevant`: something that a plug-in may look at, so that a parked pod is tried again. */
  update(info: PodInfo, relevant: boolean): void {
    const { uid } = info;
    for (const heap of [this.#active, this.#backoff]) {
      const queued = heap.get(uid);
      if (queued === undefined) continue;
      heap.set(Object.assign(queued, { info }));
      return;
    }
    const waiting = this.#parked.get(uid) ?? this.#gated.get(uid);
    if (waiting === undefined) return;
    waiting.info = info;
    if (relevant) {
      this.#parked.delete(uid);
      this.#gated.delete(uid);
      this.#enter(waiting);
    }
  }

  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#parked.delete(uid);
    this.#gated.delete(uid);
  }

  /** The next pod to try; undefined when there is none now. The caller owns it and hands it back if it fails. */
  take(): QueuedPod | undefined {
    const queued = this.#active.pop();
    if (queued !== undefined) queued.attempts++;
    return queued;
  }

  /** Resolves when there is something to take. */
  async ready(): Promise<void> {
    if (this.#active.size > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends a wait, so that a stopping scheduler does not hang. */
  interrupt(): void {
    this.#wake?.();
    this.#backoffTimer?.cancel();
  }

  /** No node took the pod: it waits for an event that one of these plug-ins may be helped by. */
  park(queued: QueuedPod, refusedBy: readonly Plugin[]): void {
    queued.refusedBy = refusedBy;
    queued.parkedAtMs = this.#clock.now();
    queued.backoffUntilMs = queued.parkedAtMs + backoffMs(queued.attempts);
    this.#parked.set(queued.info.uid, queued);
    this.#armBackoff();
  }

  /** The attempt failed for a reason of the moment (a conflict, an unreachable API): again after a back-off. */
  retry(queued: QueuedPod): void {
    queued.backoffUntilMs = this.#clock.now() + backoffMs(queued.attempts);
    this.#requeue(queued);
  }

  /** Something happened: wakes the parked pods that it may help. */
  notice(event: ClusterEvent): void {
    for (const [uid, queued] of this.#parked) {
      const helped = queued.refusedBy.length === 0 || queued.refusedBy.some((plugin) => plugin.mayHelp?.(event, queued.info) === true);
      if (!helped) continue;
      this.#parked.delete(uid);
      this.#requeue(queued);
    }
  }

  #enter(queued: QueuedPod): void {
    if (this.#plugins.some((plugin) => plugin.gate?.(queued.info) !== undefined)) this.#gated.set(queued.info.uid, queued);
    else this.#requeue(queued);
  }

  #requeue(queued: QueuedPod): void {
    const nowMs = this.#clock.now();
    if (queued.backoffUntilMs > nowMs) {
      this.#backoff.set(queued);
      this.#armBackoff();
      return;
    }
    queued.order = this.#nextOrder++;
    this.#active.set(queued);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** One timer for whatever is due first. */
  #armBackoff(): void {
    this.#backoffTimer?.cancel();
    let dueMs = this.#backoff.peek()?.backoffUntilMs ?? Infinity;
    // Parked pods are in the order in which they were parked.
    const oldest = this.#parked.values().next().value;
    if (oldest !== undefined) dueMs = Math.min(dueMs, oldest.parkedAtMs + maxParkedMs);
    if (dueMs === Infinity) return;
    this.#backoffTimer = this.#clock.setTimer(dueMs - this.#clock.now(), () => this.#flush(), { unref: true });
  }

  #flush(): void {
    const nowMs = this.#clock.now();
    for (let next = this.#backoff.peek(); next !== undefined && next.backoffUntilMs <= nowMs; next = this.#backoff.peek()) {
      this.#backoff.pop();
      this.#requeue(next);
    }
    for (const [uid, queued] of this.#parked) {
      if (queued.parkedAtMs + maxParkedMs > nowMs) break;
      this.#parked.delete(uid);
      this.#requeue(queued);
    }
    this.#armBackoff();
  }
}

function backoffMs(attempts: number): number {
  return Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.max(0, attempts - 1));
}
