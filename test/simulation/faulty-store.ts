import type { Entry, ListOptions, ListResult, Store, StoreEvent, WatchOptions, Write, WriteResult } from '../../src/store/store.ts';
import { StoreUnavailableError } from '../../src/store/store.ts';
import type { Chance } from '../fuzz/chance.ts';

/** A store whose disk stalls, or takes no more. Reads are as they were: every driver answers them from memory. */
export class FaultyStore implements Store {
  readonly #store: Store;
  readonly #chance: Chance;
  #stalled: PromiseWithResolvers<void> | undefined;
  #refuses = false;

  constructor(store: Store, chance: Chance) {
    this.#store = store;
    this.#chance = chance;
  }

  get revision(): number { return this.#store.revision; }
  get compactedRevision(): number { return this.#store.compactedRevision; }

  /** From now on, writes wait. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers();
  }

  /** From now on, writes fail, though some of them are written. */
  refuse(): void {
    this.#refuses = true;
  }

  mend(): void {
    this.#refuses = false;
    this.#stalled?.resolve();
    this.#stalled = undefined;
  }

  async write(write: Write): Promise<WriteResult> {
    while (this.#stalled !== undefined) await this.#stalled.promise;
    if (!this.#refuses) return this.#store.write(write);
    if (this.#chance.happens(0.3)) await this.#store.write(write);
    throw new StoreUnavailableError('the store cannot write: simulated');
  }

  get(key: string, options?: { readonly revision?: number }): Promise<Entry | undefined> { return this.#store.get(key, options); }
  list(prefix: string, options?: ListOptions): Promise<ListResult> { return this.#store.list(prefix, options); }
  count(prefix: string): Promise<number> { return this.#store.count(prefix); }
  watch(prefix: string, options: WatchOptions, listener: (events: readonly StoreEvent[], revision: number) => void): Promise<void> { return this.#store.watch(prefix, options, listener); }
  compact(revision: number): Promise<void> { return this.#store.compact(revision); }
  sizeBytes(): Promise<number> { return this.#store.sizeBytes(); }
  async [Symbol.asyncDispose](): Promise<void> { await this.#store[Symbol.asyncDispose](); }
}
