import { createReadStream, createWriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { AuditEvent, AuditSink } from '../audit.ts';

export interface LogFileOptions {
  /** `-`: standard output. */
  readonly path: string;
  /** A file is put aside before it grows past this; 0: never. */
  readonly maxBytes: number;
  /** Files put aside that are kept; 0: all. */
  readonly maxBackups: number;
  /** How long files put aside are kept, milliseconds; 0: for ever. */
  readonly maxAgeMs: number;
  /** Files put aside are compressed. */
  readonly compress: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Events that wait to be written take at most this much; beyond it they are dropped, and the log says so. */
const maxQueuedBytes = 64 * 1024 * 1024;
const dayMs = 24 * 3600_000;
/** From here on by days, as upstream's flag counts. */
export const days = (count: number): number => count * dayMs;

/** Writes a JSON line an event, in order, and puts the file aside when it is full (`audit-TIME.log`, as upstream names them). */
export class LogFileSink implements AuditSink {
  readonly name = 'log';
  readonly #options: LogFileOptions;
  #queue: string[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #lastAsideMs = 0;
  #file: FileHandle | undefined;
  #size = 0;
  #writing: Promise<void> | undefined;

  private constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Opens the file, 0600. Rejects when it cannot be had. */
  static async open(options: LogFileOptions): Promise<LogFileSink> {
    const sink = new LogFileSink(options);
    if (options.path !== '-') {
      await mkdir(dirname(options.path), { recursive: true });
      await sink.#open();
    }
    return sink;
  }

  write(event: AuditEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    if (this.#queuedBytes + line.length > maxQueuedBytes) {
      if (this.#dropped === 0) this.#options.logger.error('the audit log cannot keep up: events are dropped');
      this.#dropped += 1;
      return;
    }
    this.#queue.push(line);
    this.#queuedBytes += line.length;
    this.#writing ??= this.#drain().finally(() => { this.#writing = undefined; });
  }

  async #open(): Promise<void> {
    this.#file = await open(this.#options.path, 'a', 0o600);
    this.#size = (await this.#file.stat()).size;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#writeBatch();
      if (this.#dropped > 0) this.#options.logger.error('the audit log dropped events', { count: this.#dropped });
      this.#dropped = 0;
    } catch (error) {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#options.logger.error('the audit log cannot be written', { error });
    }
  }

  /** As much as fits the file, in one piece. */
  async #writeBatch(): Promise<void> {
    const { path, maxBytes } = this.#options;
    const lines: string[] = [];
    let bytes = 0;
    for (const line of this.#queue) {
      const size = Buffer.byteLength(line);
      if (lines.length > 0 && maxBytes > 0 && this.#size + bytes + size > maxBytes) break;
      lines.push(line);
      bytes += size;
    }
    if (path !== '-' && maxBytes > 0 && this.#size > 0 && this.#size + bytes > maxBytes) await this.#rotate();
    const text = lines.join('');
    if (path === '-') await new Promise<void>((resolve, reject) => process.stdout.write(text, (error) => (error === null || error === undefined ? resolve() : reject(error))));
    else await this.#file!.appendFile(text);
    this.#size += bytes;
    this.#queue.splice(0, lines.length);
    this.#queuedBytes -= text.length;
  }

  async #rotate(): Promise<void> {
    const { path, clock, compress } = this.#options;
    await this.#file?.close();
    // Two in one millisecond must not take each other's name.
    this.#lastAsideMs = Math.max(clock.now(), this.#lastAsideMs + 1);
    const aside = `${this.#stem}-${new Date(this.#lastAsideMs).toISOString().replaceAll(':', '-').replace('Z', '')}${extname(path)}`;
    await rename(path, join(dirname(path), aside));
    await this.#open();
    if (compress) await compressFile(join(dirname(path), aside));
    await this.#tidy();
  }

  get #stem(): string {
    return basename(this.#options.path, extname(this.#options.path));
  }

  /** Removes what was put aside and is too old, or one too many. */
  async #tidy(): Promise<void> {
    const { path, maxBackups, maxAgeMs, clock } = this.#options;
    const prefix = `${this.#stem}-`;
    const aside = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix) && /-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}/.test(name)).sort().reverse();
    for (const [i, name] of aside.entries()) {
      const time = Date.parse(name.slice(prefix.length).replace(/^(.{10}T)(\d\d)-(\d\d)-(\d\d\.\d{3}).*$/, '$1$2:$3:$4Z'));
      if ((maxBackups > 0 && i >= maxBackups) || (maxAgeMs > 0 && clock.now() - time > maxAgeMs)) await rm(join(dirname(path), name), { force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }
}

async function compressFile(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o600 }));
  await rm(path);
}
