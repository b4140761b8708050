import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { LogLine, LogOptions } from '../runtime.ts';
import { RuntimeError } from '../runtime.ts';

export interface LogSource {
  readonly path: string;
  readonly clock: Clock;
  /** Asked now and then at the end of a followed file; false ends the stream once all is read. */
  readonly isRunning: () => Promise<boolean>;
  /** Calls back when the container may have stopped, so that the end is seen at once. Returns its undo. */
  readonly onStopped?: (callback: () => void) => () => void;
}

const chunkBytes = 64 * 1024;
/** A record is at most 16 KiB of content and a header; anything without a newline for this long is no CRI log. */
const maxRecordBytes = 1024 * 1024;
/** How long a followed file may stay quiet before we look again without being told. */
const idleMs = 1_000;
const newline = 0x0a;
const space = 0x20;

/** Parses `<RFC 3339 time> stdout|stderr F|P <content>`, without its newline. Undefined when it is not such a record. */
export function parseRecord(record: Buffer): LogLine | undefined {
  const first = record.indexOf(space);
  const second = first < 0 ? -1 : record.indexOf(space, first + 1);
  if (second < 0) return undefined;
  const stream = record.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  let third = record.indexOf(space, second + 1);
  if (third < 0) third = record.length;
  const tags = record.toString('latin1', second + 1, third).split(':');
  const content = record.subarray(Math.min(third + 1, record.length));
  return {
    timestamp: record.toString('latin1', 0, first),
    stream,
    content: tags[0] === 'P' ? Uint8Array.from(content) : Buffer.concat([content, Buffer.of(newline)]),
  };
}

/** Where the last `lines` records of the first `size` bytes begin, reading backwards from their end. A last record without newline counts. */
export async function findTailOffset(file: FileHandle, lines: number, size: number): Promise<number> {
  if (lines <= 0) return size;
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let left = lines;
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    for (let i = bytesRead - 1; i >= 0; i--) {
      if (chunk[i] !== newline || start + i === size - 1) continue;
      left--;
      if (left === 0) return start + i + 1;
    }
    end = start;
  }
  return 0;
}

/** Wakes the follower: when the file changes, the container stops, the caller aborts, or nothing happened for a while. */
class Waker {
  readonly #clock: Clock;
  readonly #undo: (() => void)[] = [];
  #watcher: FSWatcher | undefined;
  #pending = false;
  #stopHint = false;
  #resolve: (() => void) | undefined;

  constructor(source: LogSource, signal: AbortSignal) {
    this.#clock = source.clock;
    this.watch(source.path);
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#undo.push(() => signal.removeEventListener('abort', onAbort));
    const undoStopped = source.onStopped?.(() => {
      this.#stopHint = true;
      this.#wake();
    });
    if (undoStopped !== undefined) this.#undo.push(undoStopped);
  }

  watch(path: string): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = watch(path, { persistent: false }, () => this.#wake());
      this.#watcher.on('error', () => { /* The clock wakes us then. */ });
    } catch {
      // No watches left, or the file is just being replaced: the clock wakes us.
    }
  }

  #wake(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** True when it is time to ask whether the container still runs. */
  async wait(): Promise<boolean> {
    let timedOut = false;
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(idleMs, () => {
          timedOut = true;
          resolve();
        });
        this.#resolve = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#resolve = undefined;
    }
    this.#pending = false;
    const ask = timedOut || this.#stopHint;
    this.#stopHint = false;
    return ask;
  }

  close(): void {
    this.#watcher?.close();
    for (const undo of this.#undo) undo();
  }
}

/** Reads a file on from a position, record by record, holding no more than a chunk and an unfinished record. */
class RecordReader {
  #file: FileHandle;
  #position: number;
  readonly #end: number;
  #rest: Buffer = Buffer.alloc(0);
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);

  /** `end`: what is written behind it is not read. */
  constructor(file: FileHandle, { position, end }: { readonly position: number; readonly end: number }) {
    this.#file = file;
    this.#position = position;
    this.#end = end;
  }

  /** The records that are there; undefined at the end of the file. */
  async next(): Promise<Buffer[] | undefined> {
    const { bytesRead } = await this.#file.read(this.#chunk, 0, Math.min(chunkBytes, this.#end - this.#position), this.#position);
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    const data = this.#rest.length === 0 ? Buffer.from(this.#chunk.subarray(0, bytesRead)) : Buffer.concat([this.#rest, this.#chunk.subarray(0, bytesRead)]);
    const records: Buffer[] = [];
    let start = 0;
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, start)) {
      records.push(data.subarray(start, end));
      start = end + 1;
    }
    this.#rest = data.length - start > maxRecordBytes ? Buffer.alloc(0) : data.subarray(start);
    return records;
  }

  /** True when the path now leads to another file, or this one became shorter: reading goes on at the new beginning. */
  async reopenIfReplaced(path: string): Promise<boolean> {
    const [now, ours] = await Promise.all([stat(path).catch(() => undefined), this.#file.stat()]);
    if (now === undefined) return false;
    if (now.ino === ours.ino && now.dev === ours.dev) {
      if (ours.size >= this.#position) return false;
      this.#position = 0;
      this.#rest = Buffer.alloc(0);
      return true;
    }
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return false;
    await this.#file.close();
    this.#file = file;
    this.#position = 0;
    this.#rest = Buffer.alloc(0);
    return true;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** See Runtime.readLog. Rejects with code 'not-found' when there is no log file. */
export async function* readLogFile(source: LogSource, options: LogOptions): AsyncGenerator<LogLine, void, undefined> {
  const file = await open(source.path, 'r').catch((error: NodeJS.ErrnoException) => {
    const code = error.code === 'ENOENT' ? 'not-found' : 'unknown';
    throw new RuntimeError(code, `failed to try resolving symlinks in path ${JSON.stringify(source.path)}: lstat ${source.path}: ${error.code === 'ENOENT' ? 'no such file or directory' : error.message}`, { cause: error });
  });
  const waker = options.follow ? new Waker(source, options.signal) : undefined;
  // Lines that come while the last ones are looked for would be more than were asked for.
  const { size } = await file.stat();
  const reader = new RecordReader(file, { position: options.tailLines === undefined ? 0 : await findTailOffset(file, options.tailLines, size), end: options.follow ? Infinity : size });
  try {
    let ending = false;
    while (!options.signal.aborted) {
      const records = await reader.next();
      for (const record of records ?? []) {
        const line = parseRecord(record);
        if (line === undefined || (options.sinceMs !== undefined && Date.parse(line.timestamp) < options.sinceMs)) continue;
        yield line;
        if (options.signal.aborted) return;
      }
      if (records !== undefined) continue;
      if (waker === undefined) return;
      if (await reader.reopenIfReplaced(source.path)) {
        waker.watch(source.path);
        continue;
      }
      if (ending) return;
      // What the container wrote before it stopped is read once more after we know that it did.
      if (await waker.wait()) ending = !(await source.isRunning());
    }
  } finally {
    waker?.close();
    await reader.close();
  }
}
