import { StoreUnavailableError } from '../../store.ts';

/** SQLite's primary result codes that a user can do something about. */
const codes = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}

/** An error of SQLite or of the file system, as one line that says what to do. */
export function storeFailure(path: string, error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  const code = resultCode(error);
  const advice = ((): string => {
    if (code === codes.busy) return inUse(path);
    if (code === codes.readOnly) return `${path} is read-only: make the file and its folder writable, then start again`;
    if (code === codes.full) return `no space left for ${path}: free some space on its disk, then start again`;
    if (code === codes.ioError) return `reading or writing ${path} failed (${reason(error)}): check its disk, then start again`;
    if (code === codes.corrupt || code === codes.notADatabase) return damaged(path, reason(error));
    if (code === codes.cannotOpen) return `cannot open ${path} (${reason(error)}): check that its folder is writable, or choose another data directory`;
    if (error instanceof Error && 'syscall' in error) return `cannot use ${path} (${reason(error)}): check that its folder is writable, or choose another data directory`;
    return `the store ${path} failed: ${reason(error)}`;
  })();
  return new StoreUnavailableError(advice, { cause: error });
}

/** Another process has the store. */
export function inUse(path: string): string {
  return `${path} is in use by another process: stop it, or choose another data directory`;
}

/** The file's content cannot be trusted. */
export function damaged(path: string, detail: string): string {
  return `${path} is damaged (${detail}): restore it from a backup, or move it away to start with an empty store`;
}

/** What of an error survives the way between threads. */
export interface PlainError {
  readonly message: string;
  readonly errcode: number | undefined;
}

export function toPlain(error: unknown): PlainError {
  const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  return { message: reason(error), errcode };
}

export function fromPlain(plain: PlainError): Error {
  return Object.assign(new Error(plain.message), plain.errcode !== undefined && { errcode: plain.errcode });
}
