import type { Histogram } from '../metrics/histogram.ts';
import { TimedRatio } from '../metrics/timed-ratio.ts';

const requestBounds = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1];
const seatBounds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

/** What is taken of a priority level, and what there is of it. */
export interface LevelState {
  readonly executing: number;
  readonly seatsInUse: number;
  readonly waiting: number;
  readonly limit: number;
  /** Requests that may wait in all queues together. */
  readonly queueCapacity: number;
}

/** How full a priority level was over time. */
export class LevelUsage {
  readonly #executing: TimedRatio;
  readonly #waiting: TimedRatio;
  readonly #seats: TimedRatio;

  constructor(nowMs: number) {
    this.#executing = new TimedRatio(requestBounds, nowMs);
    this.#waiting = new TimedRatio(requestBounds, nowMs);
    this.#seats = new TimedRatio(seatBounds, nowMs);
  }

  /** It has been so until now; to be called before that changes. */
  observe({ executing, seatsInUse, waiting, limit, queueCapacity }: LevelState, nowMs: number): void {
    this.#executing.observe(executing, limit, nowMs);
    this.#waiting.observe(waiting, queueCapacity, nowMs);
    this.#seats.observe(seatsInUse, limit, nowMs);
  }

  get histograms(): Readonly<Record<'executing' | 'waiting' | 'seats', Histogram>> {
    return { executing: this.#executing.histogram, waiting: this.#waiting.histogram, seats: this.#seats.histogram };
  }
}
