import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { RealClock } from '../../../base/real-clock.ts';
import type { Change } from '../../mvcc/batch.ts';
import { MvccStore } from '../../mvcc/mvcc-store.ts';
import type { Backend } from '../../mvcc/mvcc-store.ts';
import type { Version, VersionIndex } from '../../mvcc/version-index.ts';
import { bytesOf } from '../../store.ts';
import type { Value } from '../../store.ts';
import { limitSize, openDatabase } from './database.ts';
import { storeFailure } from './failure.ts';
import { loadIndex } from './load.ts';
import type { Held } from './load.ts';
import { lock } from './lock.ts';
import type { Lock } from './lock.ts';
import { packRows } from './messages.ts';
import { ValueReader } from './values.ts';
import { WriteThread } from './write-thread.ts';
import { Writer } from './writer.ts';
import type { Row } from './writer.ts';

export interface SqliteStoreOptions {
  /** The database file; made when missing, with its folder, readable by its owner only. `-lock`, `-wal`, `-shm` lie beside it. */
  readonly path: string;
  /** Revisions of history to keep before the oldest are compacted without being asked. Default 500,000. */
  readonly historyLimit?: number;
  /** The file may not outgrow this; what does not fit fails like a full disk. Default: the disk's size. */
  readonly maxBytes?: number;
  /** Whether to wait for the writing thread when opening. Default: it is started once there is enough to write, and nothing waits for it. */
  readonly awaitThread?: boolean;
}

/** Rows removed in one step of compaction: a commit waits for one step at most. */
const trimRows = 512;

/**
 * The writing thread is started after so many commits, or after one that took so long: a store that is hardly written
 * to does without its 15 MB. At most so many commits are made on the main thread until it runs.
 */
const commitsBeforeThread = 16;
const slowCommitMs = 5;
const mainCommits = 64;

/** A file is written in real time, whatever clock the rest lives by. */
const clock = new RealClock();

class SqliteBackend implements Backend<Held> {
  readonly #path: string;
  readonly #maxBytes: number | undefined;
  readonly #lock: Lock;
  /** The main thread's connection: reads, and writes until the thread has started. */
  readonly #database: DatabaseSync;
  readonly #values: ValueReader;
  #mainWriter: Writer | undefined;
  #thread: WriteThread | undefined;
  #mainCommits = 0;
  #isClosing = false;
  /** Ends when nothing is left to trim. */
  #trimming: Promise<void> = Promise.resolve();

  constructor(options: SqliteStoreOptions, held: Lock, database: DatabaseSync) {
    this.#path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#lock = held;
    this.#database = database;
    this.#values = new ValueReader(database, options.path);
  }

  accept(value: Value): number {
    return bytesOf(value).byteLength;
  }

  hold(value: Value): Held {
    return new WeakRef(bytesOf(value));
  }

  read(versions: readonly Version<Held>[]): Uint8Array[] {
    const values: (Uint8Array | undefined)[] = versions.map((version) => version.payload?.deref());
    const places = new Map<number, number>();
    for (const [i, value] of values.entries()) if (value === undefined) places.set(versions[i]!.revision, i);
    if (places.size > 0) {
      this.#values.read([...places.keys()], (revision, value) => {
        const place = places.get(revision)!;
        values[place] = value;
        versions[place]!.payload = new WeakRef(value);
      });
    }
    return values as Uint8Array[];
  }

  /**
   * Commits in the writing thread, so that a slow disk stops nothing else. Until that thread is worth its while, and while
   * it starts (which takes some tens of milliseconds), the main thread does it: a cold start waits for nothing.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    const rows = changes.map(({ revision, key, createRevision, value }): Row => ({ revision, key, createRevision, value: value === undefined ? null : bytesOf(value) }));
    try {
      if (this.#mainCommits >= commitsBeforeThread) this.startThread();
      if (this.#thread !== undefined && (this.#thread.hasStarted || this.#mainCommits >= mainCommits)) {
        await this.#thread.ask({ type: 'commit', rows: packRows(rows) });
      } else {
        this.#mainCommits++;
        this.#commitHere(rows);
      }
    } catch (error) {
      throw storeFailure(this.#path, error);
    }
  }

  #commitHere(rows: readonly Row[]): void {
    this.#mainWriter ??= new Writer(this.#database);
    const startedMs = clock.monotonicMs();
    this.#mainWriter.commit(rows);
    if (clock.monotonicMs() - startedMs > slowCommitMs) this.startThread();
  }

  async compact(compactedRevision: number, forgotten: readonly Version<Held>[]): Promise<void> {
    const thread = this.startThread();
    try {
      await thread.ready();
      await thread.ask({ type: 'mark-compacted', revision: compactedRevision });
    } catch (error) {
      throw storeFailure(this.#path, error);
    }
    this.trim(forgotten.map((version) => version.revision));
  }

  /** Removes rows in the background, a step at a time. */
  trim(revisions: readonly number[]): void {
    if (revisions.length === 0) return;
    // Rows that stay behind when this fails are removed after the next start; a failing disk shows at the next commit.
    this.#trimming = this.#trimming.then(() => this.#trimInSteps(revisions)).catch(() => {});
  }

  async #trimInSteps(revisions: readonly number[]): Promise<void> {
    if (this.#isClosing) return;
    const thread = this.startThread();
    await thread.ready();
    for (let i = 0; i < revisions.length; i += trimRows) {
      if (this.#isClosing) return;
      await thread.ask({ type: 'trim', revisions: revisions.slice(i, i + trimRows) });
    }
    while (!this.#isClosing && (await thread.ask({ type: 'vacuum' })));
  }

  /** Resolves when nothing is left to trim. */
  async trimmed(): Promise<void> {
    await this.#trimming;
  }

  sizeBytes(): number {
    const sizeOf = (suffix: string): number => statSync(this.#path + suffix, { throwIfNoEntry: false })?.size ?? 0;
    return sizeOf('') + sizeOf('-wal');
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#thread?.close();
    await this.#trimming;
    try {
      this.#database.close();
    } finally {
      this.#lock.release();
    }
  }

  /** The writing thread, started if need be. */
  startThread(): WriteThread {
    this.#thread ??= new WriteThread({ path: this.#path, maxBytes: this.#maxBytes });
    return this.#thread;
  }
}

/**
 * A store in one SQLite file: WAL, `synchronous = FULL`, group commit in a thread of its own. Keys and revisions are in
 * memory; values are not, beyond what the caller holds.
 */
export class SqliteStore extends MvccStore<Held> {
  readonly #backend: SqliteBackend;

  private constructor(index: VersionIndex<Held>, backend: SqliteBackend, options: SqliteStoreOptions) {
    super(index, backend, { historyLimit: options.historyLimit ?? 500_000 });
    this.#backend = backend;
  }

  /**
   * Opens the store, or makes an empty one. Rejects with StoreUnavailableError, whose message is one line that says what
   * to do, when the file is damaged, foreign, newer, read-only, or in use by another process.
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    let held: Lock | undefined;
    let database: DatabaseSync | undefined;
    try {
      held = lock(options.path);
      database = openDatabase(options.path);
      if (options.maxBytes !== undefined) limitSize(database, options.maxBytes);
      const { index, leftOver } = loadIndex(database, options.path);
      const backend = new SqliteBackend(options, held, database);
      backend.trim(leftOver);
      if (options.awaitThread === true) await backend.startThread().ready();
      return new SqliteStore(index, backend, options);
    } catch (error) {
      database?.close();
      held?.release();
      throw storeFailure(options.path, error);
    }
  }

  /** Resolves when the space that compaction freed has been given back: for tests and tools. */
  async trimmed(): Promise<void> {
    await this.#backend.trimmed();
  }
}
