/**
 * The contract of the store: a log of revisions with etcd's semantics. One global revision counts every committed
 * change; keys map to opaque bytes, which need not exist before somebody asks for them. Implementations: drivers/memory,
 * drivers/sqlite, later drivers/etcd; one contract suite (contract.ts) runs against all of them. Only the API server
 * imports this.
 */

/** Something that gives its bytes when it is asked for them, always the same ones. */
export interface Encodable {
  readonly bytes: Uint8Array;
  /** How many bytes that is, or about how many while nobody has asked. */
  readonly size: number;
}

/**
 * What stands under a key: bytes, or something that can be asked for them. A store that needs bytes asks when it is
 * written to; one that does not may never ask, and gives back what it was given.
 */
export type Value = Uint8Array | Encodable;

/** The bytes of a value. They belong to the store: never mutate them. */
export const bytesOf = (value: Value): Uint8Array => (value instanceof Uint8Array ? value : value.bytes);

/** How many bytes a value has, or about how many. */
export const sizeOf = (value: Value): number => (value instanceof Uint8Array ? value.byteLength : value.size);

/** One key as it stood at some revision. `value` belongs to the store: never mutate it. */
export interface Entry {
  readonly key: string;
  readonly value: Value;
  readonly createRevision: number;
  /** The revision that last wrote this key: the object's resourceVersion. */
  readonly modRevision: number;
}

export type StoreEvent =
  | { readonly type: 'put'; readonly entry: Entry; readonly previous: Entry | undefined }
  | { readonly type: 'delete'; readonly key: string; readonly revision: number; readonly previous: Entry };

/**
 * A compare-and-swap on one key. `expectedRevision`: the modRevision that the caller last saw; 0 when the key must not
 * exist; undefined to write whatever stands there.
 */
export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Value; readonly expectedRevision?: number }
  | { readonly type: 'delete'; readonly key: string; readonly expectedRevision?: number };

export type WriteResult =
  /** Durable. `entry.modRevision` is the new revision; for a delete, `revision` is and `previous` what was removed. */
  | { readonly ok: true; readonly revision: number; readonly previous: Entry | undefined }
  /** Refused: `current` is what stands there (undefined: nothing). Nothing was written. */
  | { readonly ok: false; readonly current: Entry | undefined };

export interface ListOptions {
  /** Read as of this revision (default: now). Compacted: throws CompactedError. In the future: throws FutureRevisionError. */
  readonly revision?: number;
  /** At most this many entries; 0 or absent: all of them. */
  readonly limit?: number;
  /** Only keys strictly greater than this one. */
  readonly after?: string;
}

export interface ListResult {
  /** The store's revision that the answer is consistent with. */
  readonly revision: number;
  /** In ascending order of key (bytewise). */
  readonly entries: readonly Entry[];
  /** Entries under the prefix after the last one returned; 0 when complete. */
  readonly remaining: number;
}

export interface WatchOptions {
  /** First revision wanted (default: the next one); events from it on are replayed, then live. It may lie in the future. */
  readonly fromRevision?: number;
  readonly signal: AbortSignal;
}

/** The revision asked for has been compacted away: clients get 410 Expired. */
export class CompactedError extends Error {
  readonly compactedRevision: number;
  constructor(compactedRevision: number) {
    super('mvcc: required revision has been compacted');
    this.name = 'CompactedError';
    this.compactedRevision = compactedRevision;
  }
}

/** A read at a revision that does not exist yet. */
export class FutureRevisionError extends Error {
  readonly currentRevision: number;
  constructor(currentRevision: number) {
    super('mvcc: required revision is a future revision');
    this.name = 'FutureRevisionError';
    this.currentRevision = currentRevision;
  }
}

/** The store can no longer write (disk full, file gone, read-only). The message says what to do about it. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}

export interface Store extends AsyncDisposable {
  /** The newest revision that is durable and visible to reads. Starts at 1 for an empty store, as etcd's does. */
  readonly revision: number;
  /**
   * Reads below this revision are gone, and so are events at and below it; reads at it still answer, as etcd's do.
   * 0 when nothing was compacted.
   */
  readonly compactedRevision: number;
  get(key: string, options?: { readonly revision?: number }): Promise<Entry | undefined>;
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /** Number of keys under the prefix, now. */
  count(prefix: string): Promise<number>;
  /**
   * Applies one write. Resolves only when the outcome is durable. Many concurrent writes share one commit. Writes are
   * applied in the order of the calls; each sees the effect of those called before it. A delete of what is not there is
   * refused with nothing as `current`. The store keeps `value`: do not change it afterwards. A key is non-empty,
   * well-formed text without NUL (else RangeError). Rejects with StoreUnavailableError when it cannot be made durable;
   * no later write succeeds then, and reads go on.
   */
  write(write: Write): Promise<WriteResult>;
  /**
   * Committed events under the prefix in revision order, in batches as they were committed; each batch is delivered
   * after it is durable and visible to reads, and before the `write` calls that made it resolve. `listener` must not
   * throw. Events from `fromRevision` to now are delivered first. A batch without an event under the prefix is not
   * delivered; `revision` is the store's. Ends when the signal aborts.
   * Rejects with CompactedError when `fromRevision` is compacted; resolves once the replay has been delivered.
   */
  watch(prefix: string, options: WatchOptions, listener: (events: readonly StoreEvent[], revision: number) => void): Promise<void>;
  /**
   * Forgets what was superseded at or below `revision` (newest versions of live keys stay). Resolves when that holds
   * across a restart; space may be freed later. Nothing happens when it was compacted already; rejects with
   * FutureRevisionError when the revision does not exist yet.
   */
  compact(revision: number): Promise<void>;
  /** Bytes on disk, or in memory for the memory driver: for metrics and limits. */
  sizeBytes(): Promise<number>;
}
