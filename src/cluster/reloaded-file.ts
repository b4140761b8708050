import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Changing } from '../apiserver/authentication/replaceable.ts';
import type { Gauge } from '../apiserver/metrics/registry.ts';
import { Reloads } from '../apiserver/metrics/reloads.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { WatchedFiles } from './watched-files.ts';

/** A configuration file that a flag names and that has been read. */
export interface ConfigFile<T> {
  readonly path: string;
  /** What it held. */
  readonly text: string;
  /** What that means. */
  readonly value: T;
  /** Reads what it has come to hold; rejects with an Error of one line when that cannot be used. */
  read(text: string): Promise<T>;
}

const hashOf = (text: string): string => `sha256:${hash('sha256', text, 'hex')}`;

/** A configuration that follows its file. What cannot be used is counted and told, and what was there before stays. */
export class ReloadedFile<T> implements Changing<T>, Disposable {
  readonly #file: ConfigFile<T>;
  readonly #reloads: Reloads;
  #current: T;
  #refused: string | undefined;
  #listener: (value: T) => void | Promise<void> = () => {};
  #files: WatchedFiles | undefined;

  private constructor(file: ConfigFile<T>, reloads: Reloads) {
    this.#file = file;
    this.#reloads = reloads;
    this.#current = file.value;
  }

  /** Follows a file from now on. `retry`: what a file says may become usable while it stays as it is (a key service comes back). */
  static async open<T>(file: ConfigFile<T>, options: { readonly configures: 'authentication' | 'authorization' | 'encryption'; readonly clock: Clock; readonly logger: Logger; readonly retry?: boolean }): Promise<ReloadedFile<T>> {
    const { configures, clock, logger } = options;
    const reloads = new Reloads({ configures, clock, serverHash: hashOf(`apiserver-${hostname()}`), contentHash: hashOf(file.text) });
    const reloaded = new ReloadedFile(file, reloads);
    let known: string | undefined = file.text;
    reloaded.#files = await WatchedFiles.open([file.path], {
      clock,
      logger,
      unreadable: () => reloads.failed(),
      changed: async ([text]) => {
        if (text === known || (options.retry !== true && text === reloaded.#refused)) return;
        await reloaded.#take(text!);
        known = text;
      },
    });
    return reloaded;
  }

  async #take(text: string): Promise<void> {
    try {
      const value = await this.#file.read(text);
      await this.#listener(value);
      this.#current = value;
      this.#reloads.succeeded(hashOf(text));
    } catch (error) {
      this.#refused = text;
      this.#reloads.failed();
      throw error;
    }
  }

  get current(): T {
    return this.#current;
  }

  get metrics(): readonly Gauge[] {
    return this.#reloads.families;
  }

  onChange(listener: (value: T) => void | Promise<void>): void {
    this.#listener = listener;
  }

  /** Looks now. */
  async look(): Promise<void> {
    await this.#files?.look();
  }

  [Symbol.dispose](): void {
    this.#files?.[Symbol.dispose]();
  }
}
