import type { Entry, ListOptions, ListResult, Store, WatchOptions, Write, WriteResult } from '../store/store.ts';
import { StoreUnavailableError } from '../store/store.ts';

/** A store in front of another whose writes can be held up, or refused, as those of a disk that is slow, or full. */
export class FaultStore implements Store {
  readonly inner: Store;
  #held: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #refusal: string | undefined;

  constructor(inner: Store) {
    this.inner = inner;
  }

  get revision(): number { return this.inner.revision; }
  get compactedRevision(): number { return this.inner.compactedRevision; }

  /** Writes wait from now on, until `release`; reads go on. */
  stall(): void {
    this.#held ??= Promise.withResolvers<void>();
  }

  /** Writes are refused from now on, with this message; undefined: they are not any more. */
  refuse(message: string | undefined): void {
    this.#refusal = message;
  }

  /** What waits is written, in its order. */
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  write(write: Write): Promise<WriteResult> {
    return this.#held === undefined && this.#refusal === undefined ? this.inner.write(write) : this.#late(write);
  }

  async #late(write: Write): Promise<WriteResult> {
    while (this.#held !== undefined) await this.#held.promise;
    if (this.#refusal !== undefined) throw new StoreUnavailableError(this.#refusal);
    return this.inner.write(write);
  }

  get(key: string, options?: { readonly revision?: number }): Promise<Entry | undefined> { return this.inner.get(key, options); }
  list(prefix: string, options?: ListOptions): Promise<ListResult> { return this.inner.list(prefix, options); }
  count(prefix: string): Promise<number> { return this.inner.count(prefix); }
  watch(prefix: string, options: WatchOptions, listener: Parameters<Store['watch']>[2]): Promise<void> { return this.inner.watch(prefix, options, listener); }
  compact(revision: number): Promise<void> { return this.inner.compact(revision); }
  sizeBytes(): Promise<number> { return this.inner.sizeBytes(); }
  async [Symbol.asyncDispose](): Promise<void> { await this.inner[Symbol.asyncDispose](); }
}
