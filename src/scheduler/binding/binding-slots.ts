/** Bindings that are written at once. */
const maxWriting = 256;
/** Pods that wait for volumes and devices before they are bound, often for minutes: they keep no other from being bound. */
const maxPreparing = 4096;

/** How many pods are being bound, so that no more are placed than can be bound. */
export class BindingSlots {
  #started = 0;
  #preparing = 0;
  #room: (() => void) | undefined;

  get full(): boolean {
    return this.#started - this.#preparing >= maxWriting || this.#preparing >= maxPreparing;
  }

  /** A pod is being bound. */
  start(): void {
    this.#started++;
  }

  /** It is bound, or cannot be. */
  end(): void {
    this.#started--;
    this.interrupt();
  }

  /** What plug-ins do before a pod that was started is bound has begun (1) or ended (-1). */
  prepare(change: 1 | -1): void {
    this.#preparing += change;
    this.interrupt();
  }

  /** Resolves when something has changed. */
  room(): Promise<void> {
    return new Promise((resolve) => (this.#room = resolve));
  }

  /** Ends a wait, so that a stopping scheduler does not hang. */
  interrupt(): void {
    this.#room?.();
    this.#room = undefined;
  }
}
