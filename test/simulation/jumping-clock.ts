import type { Clock, Timer } from '../../src/base/clock.ts';
import { sleepOn } from '../../src/base/clock.ts';

/** A clock whose wall time somebody sets: what it measures, and its timers, go on as before. */
export class JumpingClock implements Clock {
  readonly #clock: Clock;
  #offsetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get localZone(): string {
    return this.#clock.localZone;
  }

  /** Sets the wall time forward, or back when negative. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(delayMs: number, callback: () => void, options?: { readonly unref?: boolean }): Timer {
    return this.#clock.setTimer(delayMs, callback, options);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }
}
