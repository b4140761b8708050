/**
 * Whether a pod is to end, and who wants to hear of it. Every pod has one and hardly anybody ever listens: an AbortSignal
 * would cost more than what it is for.
 */
export class Ending {
  readonly #listeners = new Set<() => void>();
  #hasBegun = false;

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** For good. Listeners are called before it returns, and once only. */
  begin(): void {
    this.#hasBegun = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** The work's value, or undefined as soon as the end begins. What the work does later is nobody's business. */
  until<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const interrupt = (): void => resolve(undefined);
      work.then(
        (value) => {
          this.#listeners.delete(interrupt);
          resolve(value);
        },
        (error: unknown) => {
          this.#listeners.delete(interrupt);
          reject(error as Error);
        },
      );
      if (this.#hasBegun) interrupt();
      else this.#listeners.add(interrupt);
    });
  }
}
