import { Histogram } from './histogram.ts';

const nanosecondsPerMs = 1_000_000;

/** How full something was, weighted by how long: as if it had been looked at each nanosecond, as upstream has it. */
export class TimedRatio {
  readonly histogram: Histogram;
  #lastMs: number;

  constructor(bounds: readonly number[], nowMs: number) {
    this.histogram = new Histogram(bounds);
    this.#lastMs = nowMs;
  }

  /** From the last time until `nowMs` so much of the limit was taken. To be called before either changes. */
  observe(taken: number, limit: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs;
    if (elapsedMs <= 0) return;
    this.#lastMs = nowMs;
    this.histogram.observe(taken === 0 ? 0 : taken / Math.max(limit, 1), Math.round(elapsedMs * nanosecondsPerMs));
  }
}
