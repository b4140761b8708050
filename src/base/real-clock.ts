import type { Clock, Timer } from './clock.ts';
import { sleepOn } from './clock.ts';

/** Longest delay that the platform's timers take; longer ones are re-armed. */
const maxDelayMs = 2 ** 31 - 1;

/** Wall time and the platform's timers. */
export class RealClock implements Clock {
  #localZone: string | undefined;

  /** As TZ or the system's settings have it when it is first asked for. */
  get localZone(): string {
    return this.#localZone ??= new Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void, options: { readonly unref?: boolean } = {}): Timer {
    let handle: ReturnType<typeof setTimeout>;
    const arm = (remainingMs: number): void => {
      handle = remainingMs > maxDelayMs
        ? setTimeout(() => arm(remainingMs - maxDelayMs), maxDelayMs)
        : setTimeout(callback, Math.max(0, remainingMs));
      if (options.unref === true && typeof handle === 'object') handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }
}
