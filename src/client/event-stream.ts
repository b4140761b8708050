import { ApiError } from '../api/status.ts';

/** Events that wait for a slow reader; past this the stream fails, and the reader lists again. */
const maxBuffered = 100_000;

/** A one-reader stream between a producer that pushes and a consumer that iterates. */
export class EventStream<T> {
  #buffer: T[] = [];
  #head = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  push(item: T): void {
    if (this.#ended) return;
    if (this.#buffer.length - this.#head >= maxBuffered) {
      this.fail(new ApiError('Expired', `too old resource version: more than ${maxBuffered} watch events wait for a slow reader`));
      return;
    }
    this.#buffer.push(item);
    this.#notify();
  }

  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** Ends the stream with an error, after what has been pushed before. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#head < this.#buffer.length) {
        const item = this.#buffer[this.#head++]!;
        if (this.#head > 1024 && this.#head * 2 > this.#buffer.length) {
          this.#buffer = this.#buffer.slice(this.#head);
          this.#head = 0;
        }
        yield item;
      }
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error as Error;
        return;
      }
      this.#buffer.length = 0;
      this.#head = 0;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }
}
