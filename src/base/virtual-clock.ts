import type { Clock, Timer } from './clock.ts';
import { sleepOn } from './clock.ts';

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Time that moves only when told to. Timers fire in order of their time, then of their setting; between two timers
 * everything that is runnable runs, so that what a timer caused is done before the next one fires.
 */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;
  #order = 0;
  #pending: Pending[] = [];

  /** `startMs`: wall time at the start, milliseconds since the epoch. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pending[middle]!.atMs <= entry.atMs) low = middle + 1;
      else high = middle;
    }
    this.#pending.splice(low, 0, entry);
    return {
      cancel: () => {
        const index = this.#pending.indexOf(entry);
        if (index >= 0) this.#pending.splice(index, 1);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** When the next timer is due, in wall milliseconds; undefined when none is set. */
  get nextTimerMs(): number | undefined {
    return this.#pending[0]?.atMs;
  }

  /** Moves time forward by `deltaMs`, firing every timer that becomes due, and settles after each. */
  async advance(deltaMs: number): Promise<void> {
    const targetMs = this.#nowMs + deltaMs;
    await this.settle();
    for (;;) {
      const next = this.#pending[0];
      if (next === undefined || next.atMs > targetMs) break;
      this.#pending.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await this.settle();
    }
    this.#nowMs = targetMs;
  }

  /** Runs everything that is runnable without time passing: promise jobs, then a few turns of the event loop. */
  async settle(turns = 3): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
