import type { Clock, Timer } from './clock.ts';
import { sleepOn } from './clock.ts';
import { outsideWork } from './outside-work.ts';
import type { QueuedTimer } from './timer-queue.ts';
import { TimerQueue } from './timer-queue.ts';

const maxTimersWithoutTime = 1_000_000;

/**
 * Time that moves only when told to. Timers fire in order of their time, then of their setting; between two timers
 * everything that is runnable runs, so that what a timer caused is done before the next one fires.
 */
export class VirtualClock implements Clock {
  readonly localZone: string;
  readonly #startMs: number;
  #nowMs: number;
  #order = 0;
  readonly #pending = new TimerQueue();

  /** `startMs`: wall time at the start, milliseconds since the epoch. */
  constructor(startMs = Date.UTC(2026, 0, 1), { localZone = 'UTC' }: { readonly localZone?: string } = {}) {
    this.localZone = localZone;
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
    const timer: QueuedTimer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback, isCancelled: false };
    this.#pending.push(timer);
    return { cancel: () => this.#pending.cancel(timer) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** When the next timer is due, in wall milliseconds; undefined when none is set. */
  get nextTimerMs(): number | undefined {
    return this.#pending.first?.atMs;
  }

  /** Moves time forward by `deltaMs`, firing every timer that becomes due, and settles after each. */
  async advance(deltaMs: number): Promise<void> {
    const targetMs = this.#nowMs + deltaMs;
    await this.settle();
    for (;;) {
      const next = this.#pending.first;
      if (next === undefined || next.atMs > targetMs) break;
      this.#nowMs = next.atMs;
      await this.#fireDue();
    }
    this.#nowMs = targetMs;
  }

  /**
   * Runs everything that is runnable without time passing: promise jobs, turns of the event loop, and timers that are
   * due already, and work outside the event loop, until nothing is left. Throws when that does not end: two timers without delay that set one another.
   */
  async settle(): Promise<void> {
    await this.#comeToRest();
    await this.#fireDue();
  }

  /** Called at rest; comes to rest after each timer. */
  async #fireDue(): Promise<void> {
    for (let fired = 0; fired < maxTimersWithoutTime; fired++) {
      const next = this.#pending.first;
      if (next === undefined || next.atMs > this.#nowMs) return;
      this.#pending.shift();
      next.callback();
      await this.#comeToRest();
    }
    throw new Error(`virtual time stands still: ${maxTimersWithoutTime} timers fired without it passing`);
  }

  async #comeToRest(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      const outside = outsideWork();
      if (outside === undefined) return;
      await outside;
    }
  }
}
