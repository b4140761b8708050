import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Cause } from '../../client/cause.ts';
import { currentCause, joinCauses, reactingTo } from '../../client/cause.ts';

export interface PassesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly periodMs: number;
  /** Looks at everything. What it writes says that it reacts to what woke it. */
  readonly pass: () => Promise<void>;
  /** When something is to be done though nothing happens, epoch milliseconds, of what was not due yet at `lookedMs`; undefined: never. */
  readonly nextDueMs: (lookedMs: number) => number | undefined;
}

/**
 * What upstream does periodically, at the same times, but only at those where there can be something to do: after a
 * `wake`, or when `nextDueMs` says so. Between them no timer is set.
 */
export class Passes {
  readonly #options: PassesOptions;
  #startMs: number | undefined;
  /** When the last pass began: what has become due since then has been seen by none, however late a timer comes. */
  #lookedMs = 0;
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #busy = false;
  #woken = false;
  /** What it was woken by since the last pass. */
  #cause: Cause = '';

  constructor(options: PassesOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#timer?.timer.cancel(), { once: true });
  }

  /** The first pass, at once; the others come at multiples of the period after it. */
  start(): void {
    this.#startMs = this.#options.clock.now();
    void this.#run();
  }

  /** The pass at this time, or the next after it, epoch milliseconds. */
  tickFrom(ms: number): number {
    const { periodMs } = this.#options;
    const startMs = this.#startMs ?? ms;
    return startMs + Math.ceil((ms - startMs) / periodMs) * periodMs;
  }

  /** There is something to see at the next pass. */
  wake(): void {
    this.#woken = true;
    this.#cause = joinCauses(this.#cause, currentCause());
    if (!this.#busy) this.#arm(this.#options.clock.now());
  }

  /** Sets the timer for the pass at `dueMs` or after it, in the future. */
  #arm(dueMs: number | undefined): void {
    const { clock, signal, periodMs } = this.#options;
    if (dueMs === undefined || this.#startMs === undefined || signal.aborted) return;
    const nowMs = clock.now();
    const tickMs = this.tickFrom(Math.max(dueMs, nowMs));
    const atMs = tickMs > nowMs ? tickMs : tickMs + periodMs;
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.timer.cancel();
    const timer = clock.setTimer(atMs - nowMs, () => this.#fired(), { unref: true });
    this.#timer = { atMs, timer };
  }

  #fired(): void {
    const { clock, nextDueMs } = this.#options;
    this.#timer = undefined;
    const due = nextDueMs(this.#lookedMs);
    // What was due may have been put off meanwhile.
    if (this.#woken || (due !== undefined && due <= clock.now())) void this.#run();
    else this.#arm(due);
  }

  async #run(): Promise<void> {
    const { clock, logger, signal, pass, nextDueMs } = this.#options;
    this.#busy = true;
    this.#lookedMs = clock.now();
    this.#woken = false;
    const cause = this.#cause;
    this.#cause = '';
    try {
      await reactingTo(cause === '' ? '!time' : cause, pass);
    } catch (error) {
      if (!signal.aborted) logger.error('a periodic pass failed', { error });
    }
    this.#busy = false;
    this.#arm(this.#woken ? clock.now() : nextDueMs(this.#lookedMs));
  }
}
