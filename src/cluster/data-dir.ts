import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A folder that we make is its owner's alone; one that was there keeps its mode, and what we put into it is our own.
 * Rejects with one line that says what to do when it cannot be had.
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolders(dataDir);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw dataDirError(dataDir, error);
  }
}

/** What the system refused in a data directory, with what to do. Other errors speak for themselves. */
export function dataDirError(dataDir: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new Error(`cannot use the data directory ${dataDir}: ${error.message}; choose another with --data-dir`, { cause: error });
}

/** Node's own recursive form tries for ever where a folder exists and yet nothing can be made in it, as in /proc. */
async function makeFolders(path: string): Promise<void> {
  const make = (): Promise<unknown> => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      // A file in its place is told by using it as a folder.
      await access(`${path}/.`);
    } else if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolders(dirname(path));
      await make();
    } else throw error;
  }
}
