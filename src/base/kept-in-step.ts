import type { Clock, Timer } from './clock.ts';

export interface KeptInStepOptions {
  readonly clock: Clock;
  /** Changes that come within this time are dealt with together, milliseconds. */
  readonly gatherMs: number;
  /** What somebody else changed there is put right at the latest after this, milliseconds. */
  readonly fullSyncMs: number;
  /** Brings what is outside to what it should be. Tried again after a second when it rejects. */
  readonly sync: () => Promise<void>;
  /** What is out there is not known any more: the next sync has to write all of it. */
  readonly invalidate: () => void;
  /** Told of a sync that failed, unless everything is about to stop. */
  readonly failed: (error: unknown) => void;
}

const retryMs = 1000;

/**
 * Keeps something outside the cluster (rules, routes) in step with it: one sync at a time, soon after something changed,
 * again after a failure, and from time to time as a whole. Disposing stops it and waits for the sync that runs.
 */
export class KeptInStep implements AsyncDisposable {
  readonly #options: KeptInStepOptions;
  #timer: Timer | undefined;
  #whole: Timer | undefined;
  #running: Promise<void> | undefined;
  #isDirty = false;
  #isStopped = false;

  constructor(options: KeptInStepOptions) {
    this.#options = options;
  }

  /** Begins; resolves when the first attempt is over, whatever it came to. */
  start(): Promise<void> {
    this.#keepWhole();
    this.#run();
    return this.#running!;
  }

  /** Something may be otherwise now. Before the start that is nothing new. */
  changed(): void {
    this.#schedule(this.#options.gatherMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#whole?.cancel();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#whole === undefined) return;
    this.#isDirty = true;
    if (this.#timer !== undefined || this.#running !== undefined || this.#isStopped) return;
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#run();
    }, { unref: true });
  }

  #run(): void {
    this.#isDirty = false;
    let waitMs = this.#options.gatherMs;
    this.#running = this.#options.sync().catch((error: unknown) => {
      if (!this.#isStopped) this.#options.failed(error);
      this.#isDirty = true;
      waitMs = retryMs;
    }).finally(() => {
      this.#running = undefined;
      if (this.#isDirty) this.#schedule(waitMs);
    });
  }

  #keepWhole(): void {
    this.#whole = this.#options.clock.setTimer(this.#options.fullSyncMs, () => {
      this.#options.invalidate();
      this.#schedule(0);
      this.#keepWhole();
    }, { unref: true });
  }
}
