import { ApiError } from '../api/status.ts';

/** Events that wait for a slow reader; past this the stream fails, and the reader lists again. */
const maxBuffered = 100_000;

/** A one-reader stream between a producer that pushes and a consumer that iterates: one promise an event, and no generators. */
export class EventStream<T> implements AsyncIterable<T> {
  #buffer: T[] = [];
  #head = 0;
  #ended = false;
  #error: unknown;
  #reader: ((result: Promise<IteratorResult<T, undefined>> | IteratorResult<T, undefined>) => void) | undefined;
  #onOver: (() => void) | undefined;

  /** `onOver`: called once, when the reader has come to the end or has had enough. */
  constructor(onOver?: () => void) {
    this.#onOver = onOver;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#reader !== undefined) {
      this.#answer({ value: item, done: false });
      return;
    }
    if (this.#buffer.length - this.#head >= maxBuffered) {
      this.fail(new ApiError('Expired', `too old resource version: more than ${maxBuffered} watch events wait for a slow reader`));
      return;
    }
    this.#buffer.push(item);
  }

  end(): void {
    this.#ended = true;
    if (this.#reader !== undefined) this.#answer(this.#last());
  }

  /** Ends the stream with an error, after what has been pushed before. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  #answer(result: Promise<IteratorResult<T, undefined>> | IteratorResult<T, undefined>): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(result);
  }

  /** What the reader is told after the last event. */
  #last(): Promise<IteratorResult<T, undefined>> {
    this.#over();
    if (this.#error === undefined) return Promise.resolve({ value: undefined, done: true });
    const error = this.#error;
    this.#error = undefined;
    return Promise.reject(error as Error);
  }

  #over(): void {
    const onOver = this.#onOver;
    this.#onOver = undefined;
    onOver?.();
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head < this.#buffer.length) {
      const value = this.#buffer[this.#head++]!;
      if (this.#head > 1024 && this.#head * 2 > this.#buffer.length) {
        this.#buffer = this.#buffer.slice(this.#head);
        this.#head = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#ended) return this.#last();
    this.#buffer.length = 0;
    this.#head = 0;
    return new Promise((resolve) => { this.#reader = resolve; });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.end();
        this.#buffer = [];
        this.#head = 0;
        this.#over();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }
}

/** The stream with each item changed; where that throws, the stream is over. */
export function mapStream<A, B>(source: () => AsyncIterable<A>, change: (item: A) => B): AsyncIterable<B> {
  return {
    [Symbol.asyncIterator]() {
      const inner = source()[Symbol.asyncIterator]();
      const end = async (): Promise<IteratorResult<B, undefined>> => {
        await inner.return?.();
        return { value: undefined, done: true };
      };
      const next = (result: IteratorResult<A>): IteratorResult<B, undefined> | Promise<never> => {
        if (result.done === true) return { value: undefined, done: true };
        try {
          return { value: change(result.value), done: false };
        } catch (error) {
          return end().then(() => { throw error; });
        }
      };
      return { next: () => inner.next().then(next), return: end };
    },
  };
}
