import type { Clock } from '../base/clock.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { Store, StoreEvent } from '../store/store.ts';

/** What a cluster writes although nothing happens: heartbeats, and the records of what happened. */
const heartbeats = ['/registry/coordination.k8s.io/leases/', '/registry/core/events/', '/registry/events.k8s.io/events/'];

export interface QuietOptions {
  /** So long nothing may change. */
  readonly quietMs: number;
  /** Throws when there is no end to it within this time. */
  readonly withinMs: number;
}

/** Notices when the last change was that says that something goes on. */
export class ChangeObserver implements Disposable {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #lastAtMs: number;
  #lastKey = '';

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    this.#lastAtMs = clock.now();
    store.watch('/registry/', { signal: this.#stop.signal }, (events) => this.#take(events)).catch(() => {});
  }

  /** Lets time pass until nothing has changed for as long as is asked for. */
  async quiet({ quietMs, withinMs }: QuietOptions): Promise<void> {
    const clock = this.#clock;
    const deadlineMs = clock.now() + withinMs;
    if (clock instanceof VirtualClock) await clock.settle();
    // What happened before is over: it counts from now.
    let sinceMs = clock.now();
    for (;;) {
      sinceMs = Math.max(sinceMs, this.#lastAtMs);
      const leftMs = sinceMs + quietMs - clock.now();
      if (leftMs <= 0) return;
      if (clock.now() >= deadlineMs) throw new Error(`the cluster does not come to rest: after ${Math.round(withinMs / 1000)} s it still changes ${this.#lastKey.replace('/registry/', '')}`);
      await this.#pass(clock, leftMs);
    }
  }

  async #pass(clock: Clock, leftMs: number): Promise<void> {
    if (!(clock instanceof VirtualClock)) return clock.sleep(Math.min(leftMs, 50));
    const next = clock.nextTimerMs;
    await clock.advance(next === undefined ? leftMs : Math.min(leftMs, Math.max(0, next - clock.now())));
  }

  #take(events: readonly StoreEvent[]): void {
    for (const event of events) {
      const key = event.type === 'put' ? event.entry.key : event.key;
      if (heartbeats.some((prefix) => key.startsWith(prefix))) continue;
      this.#lastAtMs = this.#clock.now();
      this.#lastKey = key;
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
