import type { Clock, Timer } from '../../base/clock.ts';
import type { Cause } from '../cause.ts';
import { currentCause, joinCauses } from '../cause.ts';
import type { QueueStats } from './queue-metrics.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { defaultControllerRateLimiter } from './rate-limiter.ts';

/**
 * A queue of keys with client-go's guarantees: a key waits in it once however often it is added, is handed to one worker
 * at a time, and when added while being worked on is handed out again after `done`. First in, first out.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  #order: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  /** Why keys wait, and why those are being worked on that are. */
  readonly #causes = new Map<string, Cause>();
  readonly #causesTaken = new Map<string, Cause>();
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
    for (const key of this.#dirty) stats.add(key);
  }

  /** Keys that wait to be handed out. */
  get length(): number { return this.#order.length; }

  /** What the work on a key reacts to that has been handed out and not been given back. */
  causeOf(key: string): Cause {
    return this.#causesTaken.get(key) ?? '';
  }

  /** `cause`: what is to be reacted to; by default the event that a handler is being told of. */
  add(key: string, cause: Cause = currentCause()): void {
    if (this.#shutDown) return;
    if (cause !== '') this.#causes.set(key, joinCauses(this.#causes.get(key) ?? '', cause));
    if (this.#dirty.has(key)) return;
    this.#dirty.add(key);
    this.#stats?.add(key);
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

  /** The next key, when there is one; undefined after `shutDown`. Every key must be given back with `done`. */
  async get(): Promise<string | undefined> {
    const key = this.#order.shift();
    if (key !== undefined) return this.#take(key);
    if (this.#shutDown) return undefined;
    const next = await new Promise<string | undefined>((resolve) => { this.#waiters.push(resolve); });
    return next;
  }

  done(key: string): void {
    this.#processing.delete(key);
    this.#causesTaken.delete(key);
    this.#stats?.done(key);
    if (this.#dirty.has(key)) this.#offer(key);
  }

  /** Drops what waits, and ends every `get`. */
  shutDown(): void {
    this.#shutDown = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#order = [];
    this.#dirty.clear();
    this.#causes.clear();
    this.#stats?.clear();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }

  #offer(key: string): void {
    if (this.#shutDown) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#order.push(key);
    else waiter(this.#take(key));
  }

  #take(key: string): string {
    this.#dirty.delete(key);
    this.#processing.add(key);
    const cause = this.#causes.get(key);
    if (cause !== undefined) {
      this.#causes.delete(key);
      this.#causesTaken.set(key, cause);
    }
    this.#stats?.take(key);
    return key;
  }
}
