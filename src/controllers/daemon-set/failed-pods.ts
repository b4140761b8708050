import type { Clock } from '../../base/clock.ts';

const initialMs = 1000;
const maxMs = 15 * 60_000;

interface Failure { readonly atMs: number; readonly delayMs: number }

/** How long failed pods are left alone, by set, generation and node: a node may refuse pods again and again. */
export class FailedPodsBackoff {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds for which the next failed pod is left alone; undefined when it may be deleted, which starts a longer time. */
  delay(key: string): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#failures.get(key);
    const expired = known === undefined || nowMs - known.atMs > 2 * maxMs;
    if (!expired && nowMs - known.atMs < known.delayMs) return known.delayMs;
    this.#prune(nowMs);
    this.#failures.set(key, { atMs: nowMs, delayMs: expired ? initialMs : Math.min(known.delayMs * 2, maxMs) });
    return undefined;
  }

  #prune(nowMs: number): void {
    for (const [key, { atMs }] of this.#failures) if (nowMs - atMs > 2 * maxMs) this.#failures.delete(key);
  }
}
