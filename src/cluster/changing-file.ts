import type { Changing } from '../apiserver/authentication/replaceable.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { WatchedFiles } from './watched-files.ts';

/** The content of a file that a flag names, as it is now. */
export class ChangingFile implements Changing<string>, Disposable {
  current = '';
  #listener: (value: string) => void | Promise<void> = () => {};
  #files: WatchedFiles | undefined;

  /** Rejects with an Error for people when the file cannot be read. */
  static async open(flag: string, path: string, options: { readonly clock: Clock; readonly logger: Logger }): Promise<ChangingFile> {
    const file = new ChangingFile();
    file.#files = await WatchedFiles.open([path], {
      ...options,
      changed: async ([text]) => {
        await file.#listener(text!);
        file.current = text!;
      },
    }).catch((cause: unknown) => { throw new Error(`${flag}: ${(cause as Error).message}`, { cause }); });
    return file;
  }

  onChange(listener: (value: string) => void | Promise<void>): void {
    this.#listener = listener;
  }

  [Symbol.dispose](): void {
    this.#files?.[Symbol.dispose]();
  }
}
