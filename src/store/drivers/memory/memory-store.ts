import { MvccStore } from '../../mvcc/mvcc-store.ts';
import type { Backend } from '../../mvcc/mvcc-store.ts';
import { VersionIndex } from '../../mvcc/version-index.ts';
import type { Version } from '../../mvcc/version-index.ts';

export interface MemoryStoreOptions {
  /** Revisions of history to keep before the oldest are compacted without being asked. Default 100,000. */
  readonly historyLimit?: number;
}

/** Approximate cost of a version beside its key and value. */
const versionBytes = 120;

class MemoryBackend implements Backend<Uint8Array> {
  #sizeBytes: number;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  hold(value: Uint8Array): Uint8Array {
    return value;
  }

  read(versions: readonly Version<Uint8Array>[]): Uint8Array[] {
    return versions.map((version) => version.payload!);
  }

  commit(changes: readonly { readonly key: string; readonly value: Uint8Array | undefined }[]): undefined {
    for (const { key, value } of changes) this.#sizeBytes += versionBytes + key.length + (value?.byteLength ?? 0);
  }

  async compact(_compactedRevision: number, forgotten: readonly Version<Uint8Array>[]): Promise<void> {
    for (const { key, payload } of forgotten) this.#sizeBytes -= versionBytes + key.length + (payload?.byteLength ?? 0);
  }

  sizeBytes(): number {
    return this.#sizeBytes;
  }

  async close(): Promise<void> {}
}

/**
 * A store that lives and dies with the process: for tests, simulation and throw-away clusters. Writes are committed one
 * microtask after the call; no timers, no threads, nothing of Node's.
 */
export class MemoryStore extends MvccStore<Uint8Array> {
  readonly #index: VersionIndex<Uint8Array>;
  readonly #backend: MemoryBackend;
  readonly #options: MemoryStoreOptions;

  private constructor(index: VersionIndex<Uint8Array>, backend: MemoryBackend, options: MemoryStoreOptions) {
    super(index, backend, { historyLimit: options.historyLimit ?? 100_000 });
    this.#index = index;
    this.#backend = backend;
    this.#options = options;
  }

  /** An empty store, at revision 1. */
  static open(options: MemoryStoreOptions = {}): MemoryStore {
    return new MemoryStore(new VersionIndex({ revision: 1, compactedRevision: 0 }), new MemoryBackend(0), options);
  }

  /**
   * An independent store with the same committed content and revision, in O(1): both share what neither has changed.
   * The copy's history starts here: earlier revisions are compacted in it. It has no watchers.
   */
  fork(): MemoryStore {
    return new MemoryStore(this.#index.fork(), new MemoryBackend(this.#backend.sizeBytes()), this.#options);
  }
}
