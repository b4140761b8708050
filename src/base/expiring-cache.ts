import type { Clock } from './clock.ts';
import { BoundedCache } from './bounded-cache.ts';

/** A bounded map whose entries are forgotten some time after they were set. */
export class ExpiringCache<K, V> {
  readonly #entries: BoundedCache<K, { readonly value: V; readonly untilMs: number }>;
  readonly #clock: Clock;

  constructor(limit: number, clock: Clock) {
    this.#entries = new BoundedCache(limit);
    this.#clock = clock;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#clock.monotonicMs() < entry.untilMs ? entry.value : undefined;
  }

  /** Nothing is kept for a `ttlMs` of zero or less. */
  set(key: K, value: V, ttlMs: number): void {
    if (ttlMs > 0) this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + ttlMs });
  }
}
