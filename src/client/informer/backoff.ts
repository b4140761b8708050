import type { Random } from '../../base/random.ts';

/**
 * Delays that double from `initialMs` to `maxMs`, each stretched by up to its own length (as client-go's reflector:
 * factor 2, jitter 1). `reset` after success.
 */
export class Backoff {
  readonly #random: Random;
  readonly #initialMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(options: { random: Random; initialMs: number; maxMs: number }) {
    this.#random = options.random;
    this.#initialMs = options.initialMs;
    this.#maxMs = options.maxMs;
    this.#nextMs = options.initialMs;
  }

  next(): number {
    const delayMs = this.#nextMs * (1 + this.#random.float());
    this.#nextMs = Math.min(this.#nextMs * 2, this.#maxMs);
    return Math.min(delayMs, this.#maxMs);
  }

  reset(): void {
    this.#nextMs = this.#initialMs;
  }
}
