import type { Clock, Timer } from '../../base/clock.ts';

interface Pending {
  readonly atMs: number;
  readonly expire: () => void;
}

/**
 * Calls back for what is not over in time. What has the usual time costs an entry in a list that is in order already,
 * and one timer serves all of it; what has less gets a timer of its own.
 */
export class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #usualMs: number;
  readonly #pending = new Set<Pending>();
  #timer: Timer | undefined;

  constructor(clock: Clock, usualMs: number) {
    this.#clock = clock;
    this.#usualMs = usualMs;
  }

  /** `allowedMs`: undefined, zero, negative or more than usual stands for the usual time. Returns how to say that it is over. */
  add(allowedMs: number | undefined, expire: () => void): () => void {
    if (allowedMs !== undefined && allowedMs > 0 && allowedMs < this.#usualMs) {
      const timer = this.#clock.setTimer(allowedMs, expire, { unref: true });
      return () => timer.cancel();
    }
    const entry: Pending = { atMs: this.#clock.monotonicMs() + this.#usualMs, expire };
    this.#pending.add(entry);
    this.#arm();
    return () => this.#pending.delete(entry);
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    for (const { atMs } of this.#pending) {
      this.#timer = this.#clock.setTimer(atMs - this.#clock.monotonicMs(), () => this.#sweep(), { unref: true });
      return;
    }
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (const entry of this.#pending) {
      if (entry.atMs > nowMs) break;
      this.#pending.delete(entry);
      entry.expire();
    }
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#pending.clear();
  }
}
