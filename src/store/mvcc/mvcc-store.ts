import { assert } from '../../base/assert.ts';
import { StoreUnavailableError } from '../store.ts';
import type { Entry, ListOptions, ListResult, Store, StoreEvent, Value, WatchOptions, Write, WriteResult } from '../store.ts';
import { Batch } from './batch.ts';
import type { Change } from './batch.ts';
import { keyProblem } from './key-order.ts';
import { isLive } from './version-index.ts';
import type { Version, VersionIndex } from './version-index.ts';
import { Watchers } from './watchers.ts';

/** A batch is closed at this size, so that one commit stays short. */
const batchBytes = 8 * 1024 * 1024;

/** What a driver adds to the index: where values are kept and what makes a batch durable. `P` is how it holds a value. */
export interface Backend<P> {
  /** Called when a value is accepted: how many bytes it adds to a commit. Whoever needs them asks for them here. */
  accept(value: Value): number;
  /** Called when the value is durable. */
  hold(value: Value): P;
  /** Values of live versions, in their order. */
  read(versions: readonly Version<P>[]): Value[];
  /** Makes the changes durable, all or none; undefined: they are already. Called again only when this is settled. */
  commit(changes: readonly Change[]): Promise<void> | undefined;
  /** Frees what the index has just forgotten. Resolves when the compacted revision is kept. */
  compact(compactedRevision: number, forgotten: readonly Version<P>[]): Promise<void>;
  sizeBytes(): number;
  close(): Promise<void>;
}

/**
 * The store above a backend. Compare-and-swap is decided at once, in the order of calls, against what is committed and
 * what is about to be; reads and watchers see only what is committed. Writes that arrive while a commit runs share the
 * next one. After a failed commit nothing is written any more.
 */
export class MvccStore<P> implements Store {
  readonly #index: VersionIndex<P>;
  readonly #backend: Backend<P>;
  /** History is compacted by itself beyond this many revisions: a limit, not a policy. */
  readonly #historyLimit: number;
  readonly #watchers = new Watchers();
  /** The newest uncommitted change of each key. */
  readonly #pending = new Map<string, Change>();
  readonly #queue: Batch[] = [];
  /** The first of the queue while its commit runs: closed to more changes. */
  #committing: Batch | undefined;
  #assignedRevision: number;
  #isBusy = false;
  #failure: StoreUnavailableError | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  readonly #onTurn = (): void => this.#commitNext();

  constructor(index: VersionIndex<P>, backend: Backend<P>, options: { readonly historyLimit: number }) {
    this.#index = index;
    this.#backend = backend;
    this.#historyLimit = options.historyLimit;
    this.#assignedRevision = index.revision;
  }

  get revision(): number {
    return this.#index.revision;
  }

  get compactedRevision(): number {
    return this.#index.compactedRevision;
  }

  async get(key: string, options: { readonly revision?: number } = {}): Promise<Entry | undefined> {
    this.#checkOpen();
    return this.#entryOf(this.#index.get(key, options.revision));
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    this.#checkOpen();
    const { revision, versions, remaining } = this.#index.list(prefix, options);
    return { revision, entries: this.#entriesOf(versions), remaining };
  }

  async count(prefix: string): Promise<number> {
    this.#checkOpen();
    return this.#index.count(prefix);
  }

  write(write: Write): Promise<WriteResult> {
    try {
      return this.#decide(write);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #decide(write: Write): Promise<WriteResult> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#checkOpen();
    const problem = keyProblem(write.key);
    if (problem !== undefined) throw new RangeError(problem);
    const pending = this.#pending.get(write.key);
    const current = pending === undefined ? this.#entryOf(this.#index.get(write.key)) : pending.entry;
    const isExpected = write.expectedRevision === undefined || write.expectedRevision === (current?.modRevision ?? 0);
    if (!isExpected || (write.type === 'delete' && current === undefined)) {
      const refusal: WriteResult = { ok: false, current };
      // What the caller is told to stand there must be durable too.
      return pending === undefined ? Promise.resolve(refusal) : pending.batch.outcome(refusal);
    }
    return this.#accept(write, current);
  }

  async watch(
    prefix: string,
    options: WatchOptions,
    listener: (events: readonly StoreEvent[], revision: number) => void,
  ): Promise<void> {
    this.#checkOpen();
    if (options.signal.aborted) return;
    const revision = this.#index.revision;
    const fromRevision = options.fromRevision ?? revision + 1;
    const replay = this.#eventsOf(this.#index.since(prefix, fromRevision));
    this.#watchers.add({ prefix, fromRevision, listener }, options.signal);
    if (replay.length > 0) listener(replay, revision);
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    if (revision <= this.#index.compactedRevision) return;
    await this.#backend.compact(revision, this.#index.compact(revision));
  }

  async sizeBytes(): Promise<number> {
    return this.#backend.sizeBytes();
  }

  /** Waits for the writes that were accepted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Makes every write that is not committed yet, and every later one, fail with this error. */
  protected fail(error: StoreUnavailableError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#pending.clear();
    for (const batch of this.#queue.splice(0)) batch.reject(error);
    this.#onIdle?.();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailableError('the store is closed');
  }

  async #close(): Promise<void> {
    if (this.#queue.length > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#watchers.clear();
    await this.#backend.close();
  }

  #accept(write: Write, previous: Entry | undefined): Promise<WriteResult> {
    // One string for a key, however often it is written.
    const key = previous?.key ?? write.key;
    const revision = ++this.#assignedRevision;
    const batch = this.#openBatch();
    let change: Change;
    if (write.type === 'put') {
      const value = compactValue(write.value);
      const entry: Entry = { key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision };
      change = { key, revision, createRevision: entry.createRevision, value, entry, event: { type: 'put', entry, previous }, batch };
    } else {
      assert(previous !== undefined, 'a delete without something to delete was refused');
      change = { key, revision, createRevision: 0, value: undefined, entry: undefined, event: { type: 'delete', key, revision, previous }, batch };
    }
    batch.changes.push(change);
    batch.bytes += key.length + (change.value === undefined ? 0 : this.#backend.accept(change.value));
    this.#pending.set(key, change);
    if (!this.#isBusy) {
      this.#isBusy = true;
      // A microtask later: what was called in this turn goes into one commit.
      void Promise.resolve().then(this.#onTurn);
    }
    return batch.outcome({ ok: true, revision, previous });
  }

  /** The batch that is still open: the last one, unless its commit has begun or it is full. */
  #openBatch(): Batch {
    const last = this.#queue.at(-1);
    if (last !== undefined && last !== this.#committing && last.bytes < batchBytes) return last;
    const batch = new Batch();
    this.#queue.push(batch);
    return batch;
  }

  #commitNext(): void {
    const batch = this.#queue[0];
    this.#committing = batch;
    if (batch === undefined) {
      this.#isBusy = false;
      this.#onIdle?.();
      return;
    }
    const done = this.#backend.commit(batch.changes);
    if (done === undefined) this.#committed(batch);
    else done.then(() => this.#committed(batch), (error: unknown) => this.fail(unavailable(error)));
  }

  #committed(batch: Batch): void {
    if (this.#failure !== undefined) return;
    for (const change of batch.changes) {
      this.#index.append({
        key: change.key,
        revision: change.revision,
        createRevision: change.createRevision,
        payload: change.value === undefined ? undefined : this.#backend.hold(change.value),
        older: undefined,
      });
      if (this.#pending.get(change.key) === change) this.#pending.delete(change.key);
    }
    this.#queue.shift();
    this.#watchers.deliver(batch.events, this.#index.revision);
    batch.resolve();
    this.#limitHistory();
    this.#commitNext();
  }

  #limitHistory(): void {
    if (this.#index.historyLength <= this.#historyLimit * 1.25) return;
    const revision = this.#index.revision - this.#historyLimit;
    this.#backend.compact(revision, this.#index.compact(revision)).catch((error: unknown) => this.fail(unavailable(error)));
  }

  #entryOf(version: Version<P> | undefined): Entry | undefined {
    return version === undefined ? undefined : entryOf(version, this.#backend.read([version])[0]!);
  }

  #entriesOf(versions: readonly Version<P>[]): Entry[] {
    const values = this.#backend.read(versions);
    return versions.map((version, i) => entryOf(version, values[i]!));
  }

  #eventsOf(versions: readonly Version<P>[]): StoreEvent[] {
    const needed = new Set<Version<P>>();
    for (const version of versions) {
      if (isLive(version)) needed.add(version);
      if (version.older !== undefined && isLive(version.older)) needed.add(version.older);
    }
    const live = [...needed];
    const entries = new Map(this.#entriesOf(live).map((entry, i) => [live[i]!, entry]));
    return versions.map((version) => {
      const previous = version.older === undefined ? undefined : entries.get(version.older);
      const entry = entries.get(version);
      if (entry !== undefined) return { type: 'put', entry, previous };
      assert(previous !== undefined, 'history keeps what a deletion removed');
      return { type: 'delete', key: version.key, revision: version.revision, previous };
    });
  }
}

const entryOf = ({ key, createRevision, revision }: Version<unknown>, value: Value): Entry => ({ key, value, createRevision, modRevision: revision });

/** A small view of a large buffer would keep all of it alive. */
function compactValue(value: Value): Value {
  return value instanceof Uint8Array && value.byteLength * 2 < value.buffer.byteLength ? value.slice() : value;
}

function unavailable(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  return new StoreUnavailableError(`the store cannot write: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
