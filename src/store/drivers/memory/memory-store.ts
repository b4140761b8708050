import { MvccStore } from '../../mvcc/mvcc-store.ts';
import type { Backend } from '../../mvcc/mvcc-store.ts';
import { sizeOf } from '../../store.ts';
import type { Value } from '../../store.ts';
import { VersionIndex } from '../../mvcc/version-index.ts';
import type { Version } from '../../mvcc/version-index.ts';

export interface MemoryStoreOptions {
  /** Revisions of history to keep before the oldest are compacted without being asked. Default 100,000. */
  readonly historyLimit?: number;
}

/** Approximate cost of a version beside its key and value. */
const versionBytes = 120;

/** Keeps values as they come: those that nobody asks for their bytes never have any. */
class MemoryBackend implements Backend<Value> {
  readonly #index: VersionIndex<Value>;

  constructor(index: VersionIndex<Value>) {
    this.#index = index;
  }

  /** Nothing is written: a commit may be of any size. */
  accept(): number {
    return 0;
  }

  hold(value: Value): Value {
    return value;
  }

  read(versions: readonly Version<Value>[]): Value[] {
    return versions.map((version) => version.payload!);
  }

  commit(): undefined {}

  async compact(): Promise<void> {}

  /** Told when somebody wants to know: few do, and it takes a look at everything. */
  sizeBytes(): number {
    let bytes = 0;
    this.#index.visit(({ key, payload }) => {
      bytes += versionBytes + key.length + (payload === undefined ? 0 : sizeOf(payload));
    });
    return bytes;
  }

  async close(): Promise<void> {}
}

/**
 * A store that lives and dies with the process: for tests, simulation and throw-away clusters. Writes are committed one
 * microtask after the call; no timers, no threads, nothing of Node's.
 */
export class MemoryStore extends MvccStore<Value> {
  readonly #index: VersionIndex<Value>;
  readonly #options: MemoryStoreOptions;

  private constructor(index: VersionIndex<Value>, options: MemoryStoreOptions) {
    super(index, new MemoryBackend(index), { historyLimit: options.historyLimit ?? 100_000 });
    this.#index = index;
    this.#options = options;
  }

  /** An empty store, at revision 1. */
  static open(options: MemoryStoreOptions = {}): MemoryStore {
    return new MemoryStore(new VersionIndex({ revision: 1, compactedRevision: 0 }), options);
  }

  /**
   * An independent store with the same committed content and revision, in O(1): both share what neither has changed.
   * The copy's history starts here: earlier revisions are compacted in it. It has no watchers.
   */
  fork(): MemoryStore {
    return new MemoryStore(this.#index.fork(), this.#options);
  }
}
