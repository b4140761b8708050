import type { Clock } from '../base/clock.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { ClusterClock } from './api.ts';
import type { Duration } from './duration.ts';
import { milliseconds } from './duration.ts';

/** The time of a cluster, as a test sees it: everything runs before it passes. */
export class TestClock implements ClusterClock {
  readonly #clock: () => Clock;
  readonly #awake: () => Promise<void>;

  /** `awake`: resolves when everything runs that time is to pass for. */
  constructor(clock: () => Clock, awake: () => Promise<void>) {
    this.#clock = clock;
    this.#awake = awake;
  }

  now(): Date {
    return new Date(this.#clock().now());
  }

  async advance(duration: Duration): Promise<void> {
    const ms = milliseconds(duration);
    await this.#awake();
    const clock = this.#clock();
    await (clock instanceof VirtualClock ? clock.advance(ms) : clock.sleep(ms));
  }
}
