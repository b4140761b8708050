import type { Clock, Timer } from '../../base/clock.ts';
import type { Cause } from '../cause.ts';
import { currentCause, joinCauses } from '../cause.ts';
import type { QueueStats } from './queue-metrics.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { defaultControllerRateLimiter } from './rate-limiter.ts';

/** A key that waits, or is worked on: why, and since when (monotonic milliseconds). */
interface Item { cause: Cause; sinceMs: number }

/**
 * A queue of keys with client-go's guarantees: a key waits in it once however often it is added, is handed to one worker
 * at a time, and when added while being worked on is handed out again after `done`. First in, first out.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  #order: string[] = [];
  /** Keys that are to be handed out: those in line, and those that were added while being worked on. */
  readonly #dirty = new Map<string, Item>();
  readonly #processing = new Map<string, Item>();
  readonly #delayed = new Map<string, { readonly atMs: number; readonly timer: Timer }>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #shutDown = false;
  #stats: QueueStats | undefined;

  constructor(options: { readonly clock: Clock; readonly rateLimiter?: RateLimiter }) {
    this.#clock = options.clock;
    this.#limiter = options.rateLimiter ?? defaultControllerRateLimiter(options.clock);
  }

  /** Counts what happens from now on. */
  measure(stats: QueueStats): void {
    this.#stats = stats;
    stats.added += this.#dirty.size;
    stats.count(this);
  }

  /** Keys that wait to be handed out. */
  get length(): number { return this.#order.length; }

  /** Keys that are to be handed out, or again after the work on them. */
  get depth(): number { return this.#dirty.size; }

  /** Since when each key is worked on that is; monotonic milliseconds. */
  workingSinceMs(): number[] {
    return Array.from(this.#processing.values(), ({ sinceMs }) => sinceMs);
  }

  /** What the work on a key reacts to that has been handed out and not been given back. */
  causeOf(key: string): Cause {
    return this.#processing.get(key)?.cause ?? '';
  }

  /** `cause`: what is to be reacted to; by default the event that a handler is being told of. */
  add(key: string, cause: Cause = currentCause()): void {
    if (this.#shutDown) return;
    const known = this.#dirty.get(key);
    if (known !== undefined) {
      known.cause = joinCauses(known.cause, cause);
      return;
    }
    this.#dirty.set(key, { cause, sinceMs: this.#clock.monotonicMs() });
    if (this.#stats !== undefined) this.#stats.added += 1;
    if (!this.#processing.has(key)) this.#offer(key);
  }

  /** Adds the key after a delay; the earliest of several delays counts. */
  addAfter(key: string, delayMs: number, cause: Cause = currentCause()): void {
    if (this.#shutDown) return;
    if (this.#stats !== undefined) this.#stats.retried += 1;
    if (delayMs <= 0) {
      this.add(key, cause);
      return;
    }
    const atMs = this.#clock.monotonicMs() + delayMs;
    const known = this.#delayed.get(key);
    if (known !== undefined) {
      if (known.atMs <= atMs) return;
      known.timer.cancel();
    }
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key, cause);
    }, { unref: true });
    this.#delayed.set(key, { atMs, timer });
  }

  /** Adds the key when its rate limit lets it: for retries after an error. */
  addRateLimited(key: string, cause: Cause = currentCause()): void {
    this.addAfter(key, this.#limiter.delayMs(key), cause);
  }

  /** Forgets the failures of a key: call after success. */
  forget(key: string): void {
    this.#limiter.forget(key);
  }

  failures(key: string): number {
    return this.#limiter.failures(key);
  }

  /** The next key, at once when there is one; undefined after `shutDown`. Every key must be given back with `done`. */
  get(): string | undefined | Promise<string | undefined> {
    const key = this.#order.shift();
    if (key !== undefined) return this.#take(key);
    if (this.#shutDown) return undefined;
    return new Promise((resolve) => { this.#waiters.push(resolve); });
  }

  done(key: string): void {
    const item = this.#processing.get(key);
    if (item === undefined) return;
    this.#processing.delete(key);
    this.#stats?.worked.observe((this.#clock.monotonicMs() - item.sinceMs) / 1000);
    if (this.#dirty.has(key)) this.#offer(key);
  }

  /** Drops what waits, and ends every `get`. */
  shutDown(): void {
    this.#shutDown = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#order = [];
    this.#dirty.clear();
    this.#stats?.forget(this);
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }

  #offer(key: string): void {
    if (this.#shutDown) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#order.push(key);
    else waiter(this.#take(key));
  }

  #take(key: string): string {
    const item = this.#dirty.get(key);
    if (item === undefined) return key;
    this.#dirty.delete(key);
    this.#processing.set(key, item);
    const nowMs = this.#clock.monotonicMs();
    this.#stats?.waited.observe((nowMs - item.sinceMs) / 1000);
    item.sinceMs = nowMs;
    return key;
  }
}
