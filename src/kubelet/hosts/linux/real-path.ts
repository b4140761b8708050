import { realpath } from 'node:fs/promises';

/** Where the path leads; undefined where there is nothing. */
export function realPathOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
