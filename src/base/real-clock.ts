import type { Clock, Timer } from './clock.ts';
import { sleepOn } from './clock.ts';
import { TimerTurns } from './timer-turns.ts';

/** Longest delay that the platform's timers take; longer ones are re-armed. */
const maxDelayMs = 2 ** 31 - 1;

/** Of all clocks: there is one event loop. */
const turns = new TimerTurns();

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
    // One that is due at once is a way to let others come first: it is no reason to wait for them again.
    const due = (): void => callback();
    const arm = (remainingMs: number): void => {
      handle = remainingMs > maxDelayMs
        ? setTimeout(() => arm(remainingMs - maxDelayMs), maxDelayMs)
        : setTimeout(delayMs > 0 ? () => turns.run(due) : due, Math.max(0, remainingMs));
      if (options.unref === true && typeof handle === 'object') handle.unref();
    };
    arm(delayMs);
    return {
      cancel: () => {
        clearTimeout(handle);
        turns.cancel(due);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }
}
