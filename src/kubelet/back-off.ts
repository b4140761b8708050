import type { Clock } from '../base/clock.ts';

interface Entry { delayMs: number; updatedAtMs: number }

/**
 * Delays that double from `initialMs` to `maxMs`, by key; a key that rests for twice the maximum starts anew
 * (client-go's flowcontrol.Backoff).
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, options: { readonly initialMs: number; readonly maxMs: number }) {
    this.#clock = clock;
    this.#initialMs = options.initialMs;
    this.#maxMs = options.maxMs;
  }

  /** How long the key must still wait, counted from `sinceMs`; 0 when it need not. Wall times in milliseconds. */
  remainingMs(key: string, sinceMs: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#hasRested(entry, sinceMs)) return 0;
    return Math.max(0, sinceMs + entry.delayMs - this.#clock.now());
  }

  /** As remainingMs, counted from the last call of `next`. */
  remainingSinceUpdateMs(key: string): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : this.remainingMs(key, entry.updatedAtMs);
  }

  /** The current delay of the key. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Counts one more failure, seen at `eventMs`. */
  next(key: string, eventMs: number): void {
    const entry = this.#entries.get(key);
    const delayMs = entry === undefined || this.#hasRested(entry, eventMs) ? this.#initialMs : Math.min(entry.delayMs * 2, this.#maxMs);
    this.#entries.set(key, { delayMs, updatedAtMs: this.#clock.now() });
  }

  /** Forgets every key that begins so: what a deleted pod leaves. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #hasRested(entry: Entry, eventMs: number): boolean {
    return eventMs - entry.updatedAtMs > this.#maxMs * 2;
  }
}
