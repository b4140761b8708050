import type { Clock, Timer } from '../../base/clock.ts';

/** The queue is looked at no oftener, as upstream looks at it. */
const periodMs = 100;

/**
 * The nodes of one zone that wait for their NoExecute taint, the first first: one at once, and then as many a second as
 * the rate says. Costs nothing while nobody waits.
 */
export class TaintQueue {
  readonly #clock: Clock;
  /** Resolves with false when the node is to be tried again. */
  readonly #taint: (name: string) => Promise<boolean>;
  readonly #waiting = new Set<string>();
  #rate: number;
  #tokens = 1;
  #refilledMs: number;
  #timer: Timer | undefined;
  #busy = false;
  #stopped = false;

  constructor(options: { readonly clock: Clock; readonly rate: number; readonly taint: (name: string) => Promise<boolean>; readonly signal: AbortSignal }) {
    this.#clock = options.clock;
    this.#rate = options.rate;
    this.#taint = options.taint;
    this.#refilledMs = options.clock.monotonicMs();
    options.signal.addEventListener('abort', () => {
      this.#stopped = true;
      this.#timer?.cancel();
    }, { once: true });
  }

  add(name: string): void {
    this.#waiting.add(name);
    this.#arm();
  }

  remove(name: string): void {
    this.#waiting.delete(name);
  }

  /** Nodes a second; with 0 nobody is let through. Who was waiting for the old rate waits for the new one. */
  setRate(rate: number): void {
    if (rate === this.#rate) return;
    this.#refill();
    this.#tokens = this.#rate > 0 && this.#tokens >= 1 ? 1 : 0;
    this.#rate = rate;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#arm();
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(1, this.#tokens + ((nowMs - this.#refilledMs) / 1000) * this.#rate);
    this.#refilledMs = nowMs;
  }

  #arm(): void {
    if (this.#stopped || this.#busy || this.#timer !== undefined || this.#rate <= 0 || this.#waiting.size === 0) return;
    this.#refill();
    const waitMs = this.#tokens >= 1 ? periodMs : Math.max(periodMs, Math.ceil(((1 - this.#tokens) / this.#rate) * 1000));
    this.#timer = this.#clock.setTimer(waitMs, () => {
      this.#timer = undefined;
      void this.#next();
    }, { unref: true });
  }

  async #next(): Promise<void> {
    this.#refill();
    const [name] = this.#waiting;
    // Thousandths of a token are lost to rounding.
    if (name !== undefined && this.#rate > 0 && this.#tokens > 0.999) {
      this.#tokens = Math.max(0, this.#tokens - 1);
      this.#busy = true;
      const done = await this.#taint(name);
      this.#busy = false;
      if (done) this.#waiting.delete(name);
    }
    this.#arm();
  }
}
