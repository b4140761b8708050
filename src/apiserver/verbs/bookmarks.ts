import type { Clock, Timer } from '../../base/clock.ts';

const intervalMs = 60_000;

/** Calls everyone who wants bookmarks about once a minute, on one timer that runs only while somebody does. */
export class BookmarkTicker implements Disposable {
  readonly #clock: Clock;
  readonly #targets = new Set<() => void>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(target: () => void): () => void {
    this.#targets.add(target);
    this.#arm();
    return () => {
      this.#targets.delete(target);
      if (this.#targets.size === 0) this[Symbol.dispose]();
    };
  }

  #arm(): void {
    this.#timer ??= this.#clock.setTimer(intervalMs, () => {
      this.#timer = undefined;
      for (const target of this.#targets) target();
      if (this.#targets.size > 0) this.#arm();
    }, { unref: true });
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
