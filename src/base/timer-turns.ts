import { nextTurn } from './next-turn.ts';

/** How long timers that are due may keep others waiting, each time that the event loop comes round. */
const sliceMs = 10;
/** No more are tried in one turn. */
const atMost = 64;

/**
 * Lets the event loop come round between timers that are due at the same time. The platform calls all of them before it looks
 * at its connections again, and thousands of nodes have thousands of timers. Those that are over the time come in the next
 * turns, in order; what they set going at once counts as their time.
 */
export class TimerTurns {
  /** When the first of this turn was called. */
  #startedMs: number | undefined;
  readonly #waiting = new Set<() => void>();

  /** Calls it now or in one of the next turns. */
  run(callback: () => void): void {
    if (this.#waiting.size > 0 || this.#isOver) {
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

  get #isOver(): boolean {
    return this.#startedMs !== undefined && performance.now() - this.#startedMs > sliceMs;
  }

  #begin(): void {
    if (this.#startedMs !== undefined) return;
    this.#startedMs = performance.now();
    nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#startedMs = undefined;
    if (this.#waiting.size === 0) return;
    this.#begin();
    // One by one, as the promises that one resolves are dealt with before the next: that is when the time goes by.
    for (let i = Math.min(this.#waiting.size, atMost); i > 0; i--) nextTurn(() => this.#next());
  }

  #next(): void {
    const [callback] = this.#waiting;
    if (callback === undefined || this.#isOver) return;
    this.#waiting.delete(callback);
    callback();
  }
}
