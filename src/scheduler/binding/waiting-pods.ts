import type { Clock, Timer } from '../../base/clock.ts';
import { formatGoDuration } from '../../base/go-duration.ts';
import type { Permission } from '../framework/plugin.ts';

/** Why a pod may not go on. `preempted`: nothing was found against it, so it is tried again. */
export interface Rejection { readonly plugin: string; readonly message: string; readonly preempted: boolean }

interface Waiting {
  /** By the plug-in that lets it wait. */
  readonly timers: Map<string, Timer>;
  readonly end: (rejection: Rejection | undefined) => void;
}

/** Pods that have their place and wait for the plug-ins that asked for it, until these let them go on or their time is over. */
export class WaitingPods {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(uid: string): boolean {
    return this.#waiting.has(uid);
  }

  /** Resolves with undefined when the pod may go on. */
  wait(uid: string, permissions: ReadonlyMap<string, Permission>): Promise<Rejection | undefined> {
    return new Promise((resolve) => {
      const timers = new Map<string, Timer>();
      for (const [plugin, { timeoutMs }] of permissions) timers.set(plugin, this.#clock.setTimer(timeoutMs, () => this.reject(uid, { plugin, message: `rejected due to timeout after waiting ${formatGoDuration(timeoutMs)} at plugin ${plugin}`, preempted: false }), { unref: true }));
      this.#waiting.set(uid, { timers, end: resolve });
    });
  }

  /** One of the plug-ins has nothing against it any more; the pod goes on with the last of them. */
  allow(uid: string, plugin: string): void {
    const waiting = this.#waiting.get(uid);
    waiting?.timers.get(plugin)?.cancel();
    if (waiting?.timers.delete(plugin) === true && waiting.timers.size === 0) this.#end(uid, undefined);
  }

  /** False: it does not wait. */
  reject(uid: string, rejection: Rejection): boolean {
    return this.#end(uid, rejection);
  }

  /** Nobody waits any more. */
  rejectAll(message: string): void {
    for (const uid of this.#waiting.keys()) this.#end(uid, { plugin: '', message, preempted: true });
  }

  #end(uid: string, rejection: Rejection | undefined): boolean {
    const waiting = this.#waiting.get(uid);
    if (waiting === undefined) return false;
    this.#waiting.delete(uid);
    for (const timer of waiting.timers.values()) timer.cancel();
    waiting.end(rejection);
    return true;
  }
}
