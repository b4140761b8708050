import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../../store.ts';
import { createPrivateFile } from './database.ts';
import { inUse, storeFailure } from './failure.ts';

/** Held until released; the system releases it when the process dies, however it dies. */
export interface Lock {
  release(): void;
}

/**
 * Takes the store for this process. Node has no file locks, SQLite has: an exclusive transaction, never ended, on an
 * empty database beside the store. Throws StoreUnavailableError when another store, here or elsewhere, holds it.
 */
export function lock(storePath: string): Lock {
  const path = `${storePath}-lock`;
  createPrivateFile(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === 5;
    throw isBusy ? new StoreUnavailableError(inUse(storePath), { cause: error }) : storeFailure(path, error);
  }
  return { release: () => database.close() };
}
