import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';

/** Files are looked at this often even when the system says nothing of changes, as upstream does. */
const pollMs = 60_000;
/** Key and certificate are written one after the other: what follows within this time is one change. */
const settleMs = 100;

/** What the files hold, in the order in which they were named. */
export type Contents = readonly string[];

export interface WatchedFilesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  changed(contents: Contents): void | Promise<void>;
  /** They were to be read again and could not be. */
  unreadable?(): void;
}

/**
 * Files that others may replace while they are used. `changed` gets what they hold whenever that has become something
 * else; when it throws (a key that does not fit its certificate yet), what was there before stays, and it is asked
 * again after the next change.
 */
export class WatchedFiles implements Disposable {
  readonly #paths: readonly string[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #changed: (contents: Contents) => void | Promise<void>;
  readonly #unreadable: () => void;
  readonly #watchers: FSWatcher[] = [];
  #contents: Contents;
  #poll: Timer | undefined;
  #settle: Timer | undefined;
  #disposed = false;
  /** One change is taken after the other. */
  #looking: Promise<void> = Promise.resolve();

  private constructor(paths: readonly string[], contents: Contents, options: WatchedFilesOptions) {
    this.#paths = paths;
    this.#contents = contents;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#changed = (now) => options.changed(now);
    this.#unreadable = () => options.unreadable?.();
  }

  /** Reads them, hands that to `changed`, and begins to watch. Rejects when one cannot be read, or with what `changed` throws. */
  static async open(paths: readonly string[], options: WatchedFilesOptions): Promise<WatchedFiles> {
    const contents = await readAll(paths);
    await options.changed(contents);
    const watched = new WatchedFiles(paths, contents, options);
    watched.#start();
    return watched;
  }

  #start(): void {
    for (const folder of new Set(this.#paths.map((path) => dirname(path)))) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#soon());
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch {
        // A system that does not tell of changes: polling finds them.
      }
    }
    this.#arm();
  }

  #arm(): void {
    this.#poll = this.#clock.setTimer(pollMs, () => void this.look().finally(() => {
      if (!this.#disposed) this.#arm();
    }), { unref: true });
  }

  #soon(): void {
    this.#settle ??= this.#clock.setTimer(settleMs, () => {
      this.#settle = undefined;
      void this.look();
    }, { unref: true });
  }

  /** Reads them again now. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const contents = await readAll(this.#paths).catch((error: unknown) => {
        this.#unreadable();
        throw error;
      });
      if (this.#disposed || contents.every((text, i) => text === this.#contents[i])) return;
      await this.#changed(contents);
      this.#contents = contents;
      this.#logger.info('files were read again', { paths: this.#paths });
    } catch (error) {
      if (!this.#disposed) this.#logger.warn('files have changed but cannot be used; what they held before stays in use', { paths: this.#paths, error });
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#poll?.cancel();
    this.#settle?.cancel();
    for (const watcher of this.#watchers) watcher.close();
  }
}

const readAll = (paths: readonly string[]): Promise<Contents> => Promise.all(paths.map((path) => readFile(path, 'utf8')));
