import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { SystemLog } from '../../host.ts';

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * What lies below a folder of logs; undefined: nothing, no file that could be read to its end, or a link leads out of the
 * folder.
 */
export async function readSystemLog(folder: string, names: readonly string[]): Promise<SystemLog | undefined> {
  if (names.some((name) => name === '..' || name.includes('/') || name.includes('\0'))) return undefined;
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, ...names));
    if (path !== root && !path.startsWith(root + sep)) return undefined;
    const found = await stat(path);
    if (found.isFile()) return { kind: 'file', content: createReadStream(path) };
    if (!found.isDirectory()) return undefined;
    const entries = await readdir(path, { withFileTypes: true });
    return { kind: 'folder', names: entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort() };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
