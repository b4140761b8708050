import type { Entry, ListOptions, ListResult, Store, StoreEvent, Value, WatchOptions, Write, WriteResult } from '../../store/store.ts';
import { bytesOf, StoreUnavailableError } from '../../store/store.ts';
import type { Opened, ValueTransformer } from './transformer.ts';

/** Which values are sealed: undefined for keys that are not. */
export type TransformerFor = (key: string) => ValueTransformer | undefined;

/**
 * A store whose values, or some of them, are sealed on the disk. Everybody above it sees them as they are. Values that a
 * key has sealed which is not used for sealing any more are known (`isStale`), so that a write that changes nothing else
 * can seal them anew.
 */
export class EncryptedStore implements Store {
  readonly #inner: Store;
  #transformerFor: TransformerFor;
  /** What sealed each value that is sealed or should be; keys only, never contents. */
  readonly #sealedBy = new Map<string, string>();
  /** What was sealed just now, so that the event of its write need not open it, and carries the very same value. */
  readonly #written = new WeakMap<Value, Value>();
  /** Events that wait for a key service, in their order. */
  #delivering: Promise<void> | undefined;

  constructor(inner: Store, transformerFor: TransformerFor) {
    this.#inner = inner;
    this.#transformerFor = transformerFor;
  }

  /** Other keys from now on; what they have to open must be able to be opened by them. */
  use(transformerFor: TransformerFor): void {
    this.#transformerFor = transformerFor;
  }

  /** True when the value is not sealed as it would be now. */
  isStale(key: string): boolean {
    const transformer = this.#transformerFor(key);
    return transformer !== undefined && this.#sealedBy.get(key) !== transformer.current;
  }

  get revision(): number {
    return this.#inner.revision;
  }

  get compactedRevision(): number {
    return this.#inner.compactedRevision;
  }

  async get(key: string, options?: { readonly revision?: number }): Promise<Entry | undefined> {
    const entry = await this.#inner.get(key, options);
    return entry === undefined ? undefined : this.#open(entry);
  }

  async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    const result = await this.#inner.list(prefix, options);
    const entries = result.entries.map((entry) => this.#open(entry, options?.revision === undefined));
    return { ...result, entries: entries.some((entry) => entry instanceof Promise) ? await settled(entries) : (entries as Entry[]) };
  }

  count(prefix: string): Promise<number> {
    return this.#inner.count(prefix);
  }

  async write(write: Write): Promise<WriteResult> {
    const result = await this.#inner.write(write.type === 'put' ? { ...write, value: this.#seal(write.key, write.value) } : write);
    if (this.#delivering !== undefined) await this.#delivering;
    if (!result.ok) return { ok: false, current: result.current === undefined ? undefined : await this.#open(result.current) };
    return { ...result, previous: result.previous === undefined ? undefined : await this.#open(result.previous, false) };
  }

  async watch(prefix: string, options: WatchOptions, listener: (events: readonly StoreEvent[], revision: number) => void): Promise<void> {
    await this.#inner.watch(prefix, options, (events, revision) => {
      const opened = events.map((event) => this.#openEvent(event));
      const waits = this.#delivering !== undefined || opened.some((event) => event instanceof Promise);
      if (!waits) {
        listener(opened as StoreEvent[], revision);
        return;
      }
      const delivering: Promise<void> = (this.#delivering ?? Promise.resolve()).then(async () => {
        const all = await settled(opened);
        if (!options.signal.aborted) listener(all, revision);
      }).finally(() => {
        if (this.#delivering === delivering) this.#delivering = undefined;
      });
      this.#delivering = delivering;
    });
    await this.#delivering;
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision);
  }

  sizeBytes(): Promise<number> {
    return this.#inner.sizeBytes();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#inner[Symbol.asyncDispose]() as Promise<void>;
  }

  #seal(key: string, value: Value): Value {
    const transformer = this.#transformerFor(key);
    if (transformer === undefined) return value;
    const plain = bytesOf(value);
    let sealed: Uint8Array;
    try {
      sealed = transformer.seal(plain, key);
    } catch (error) {
      throw new StoreUnavailableError(`cannot encrypt ${key}: ${(error as Error).message}`, { cause: error });
    }
    if (sealed === plain) return value;
    this.#written.set(sealed, value);
    return sealed;
  }

  /** `present`: it is what stands there now, not what stood there once. */
  #open(entry: Entry, present = true): Entry | Promise<Entry> {
    const transformer = this.#transformerFor(entry.key);
    if (transformer === undefined) return entry;
    const done = ({ plain, sealedBy }: Opened): Entry => {
      if (present) this.#sealedBy.set(entry.key, sealedBy);
      return { ...entry, value: plain };
    };
    const failed = (error: unknown): never => {
      throw new StoreUnavailableError(`cannot decrypt ${entry.key}: ${(error as Error).message}; does the encryption configuration still have the key that it was written with?`, { cause: error });
    };
    try {
      const opened = transformer.open(bytesOf(entry.value), entry.key);
      return opened instanceof Promise ? opened.then(done, failed) : done(opened);
    } catch (error) {
      return failed(error);
    }
  }

  #openEvent(event: StoreEvent): StoreEvent | Promise<StoreEvent> {
    const key = event.type === 'put' ? event.entry.key : event.key;
    const transformer = this.#transformerFor(key);
    if (transformer === undefined) return event;
    const previous = event.previous === undefined ? undefined : this.#open(event.previous, false);
    if (event.type === 'delete') {
      this.#sealedBy.delete(key);
      return previous instanceof Promise ? previous.then((opened) => ({ ...event, previous: opened })) : { ...event, previous: previous! };
    }
    const value = this.#written.get(event.entry.value);
    if (value !== undefined) this.#sealedBy.set(key, transformer.current);
    const entry = value === undefined ? this.#open(event.entry) : { ...event.entry, value };
    if (entry instanceof Promise || previous instanceof Promise) return settled<Entry | undefined>([entry, previous]).then(([opened, before]) => ({ type: 'put', entry: opened!, previous: before }));
    return { type: 'put', entry, previous };
  }
}

/** All of them, at once or later, in their order. */
const settled = <T>(items: readonly (T | Promise<T>)[]): Promise<T[]> => Promise.all(items.map(async (item) => item));
