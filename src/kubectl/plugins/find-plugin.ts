import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Io } from '../io.ts';

/** A program on the path that adds a command: `kubectl-foo-bar` is `kubectl foo bar`. */
export interface Plugin { readonly path: string; readonly args: readonly string[] }

/** The folders of the user's path, each once. */
export const pathFolders = ({ environment }: Io): string[] => [...new Set((environment['PATH'] ?? '').split(delimiter))].filter((folder) => folder.trim() !== '');

/** True for a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const onPath = (io: Io, name: string): string | undefined => pathFolders(io).map((folder) => join(folder, name)).find(isExecutable);

/** The plugin with the longest name that a line begins with; `minimum` words at least are its name. Undefined where there is none. */
export function findPlugin(io: Io, line: readonly string[], minimum = 1): Plugin | undefined {
  const flag = line.findIndex((word) => word.startsWith('-'));
  const names = (flag < 0 ? line : line.slice(0, flag)).map((word) => word.replaceAll('-', '_'));
  for (let count = names.length; count >= Math.max(1, minimum); count--) {
    const path = onPath(io, `kubectl-${names.slice(0, count).join('-')}`);
    if (path !== undefined) return { path, args: line.slice(count) };
  }
  return undefined;
}
