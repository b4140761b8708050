import { nextTurn } from './next-turn.ts';

/** How long timers that are due at once may keep others waiting. */
const sliceMs = 10;

/**
 * Lets the event loop come round between timers that are due at the same time. The platform calls all of them before it looks
 * at its connections again, and thousands of nodes have thousands of timers. Those that are over the time come one a turn,
 * in order.
 */
export class TimerTurns {
  /** When the first of this turn was called. */
  #startedMs: number | undefined;
  readonly #waiting = new Set<() => void>();

  /** Calls it now or in one of the next turns. */
  run(callback: () => void): void {
    if (this.#waiting.size > 0 || (this.#startedMs !== undefined && performance.now() - this.#startedMs > sliceMs)) {
      this.#waiting.add(callback);
      return;
    }
    this.#begin();
    callback();
  }

  /** One that waits is not called any more. */
  cancel(callback: () => void): void {
    this.#waiting.delete(callback);
  }

  #begin(): void {
    if (this.#startedMs !== undefined) return;
    this.#startedMs = performance.now();
    nextTurn(() => this.#next());
  }

  #next(): void {
    this.#startedMs = undefined;
    const [callback] = this.#waiting;
    if (callback === undefined) return;
    this.#waiting.delete(callback);
    this.#begin();
    callback();
  }
}
