import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../../store.ts';
import { damaged } from './failure.ts';

/** "Coxs": marks our files among all SQLite databases. */
const applicationId = 0x43_6f_78_73;

/** The layout below; a file with a higher one was written by a newer program. */
const schemaVersion = 1;

/** Files up to this size are checked page by page at each start; larger ones as far as they are read. */
const fullCheckBytes = 32 * 1024 * 1024;

/** A row is one write, its revision the key; `create_revision` is 0 where the write deleted. */
const schema = `
  CREATE TABLE entries (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, create_revision INTEGER NOT NULL, value BLOB);
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('compacted_revision', 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

function numberOf(database: DatabaseSync, sql: string): number {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return Number((statement.get() as unknown as unknown[] | undefined)?.[0]);
}

/**
 * Makes an empty file that only its owner can read, unless there is one. Existing files are never opened here: closing
 * any descriptor of a file drops the locks that this process holds on it.
 */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  accessSync(dirname(path), constants.W_OK);
  accessSync(path, constants.R_OK | constants.W_OK);
}

/** A connection with the settings that every connection to the store has. */
export function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  // FULL: a commit is on the disk before it returns. The limit gives a grown log back after a burst.
  database.exec('PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216');
  return database;
}

/** Lets this connection fail like a full disk where the file would outgrow `maxBytes`. */
export function limitSize(database: DatabaseSync, maxBytes: number): void {
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / numberOf(database, 'PRAGMA page_size')))}`);
}

/** Opens or creates the store's file and checks that it is ours and sound. Throws SQLite's errors and StoreUnavailableError. */
export function openDatabase(path: string): DatabaseSync {
  createPrivateFile(path);
  const isNew = statSync(path).size === 0;
  const database = connect(path);
  try {
    // Pages larger than the usual 4 KiB: objects are 1 to 4 KiB, and fewer pages are written for them.
    if (isNew) database.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL');
    else checkKind(database, path);
    database.exec('PRAGMA journal_mode = WAL');
    if (numberOf(database, 'PRAGMA user_version') === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
    // Fails now rather than at the first write where the file cannot be written.
    else database.exec('BEGIN IMMEDIATE; COMMIT');
    if (!isNew && statSync(path).size <= fullCheckBytes) checkPages(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkKind(database: DatabaseSync, path: string): void {
  const version = numberOf(database, 'PRAGMA user_version');
  const isOurs = numberOf(database, 'PRAGMA application_id') === applicationId;
  // A start that was killed before its first commit leaves a file with a header and no tables.
  const isEmpty = version === 0 && numberOf(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (!isOurs && !isEmpty) {
    throw new StoreUnavailableError(`${path} is a database of another program: move it away, or choose another data directory`);
  }
  if (version > schemaVersion) {
    throw new StoreUnavailableError(`${path} was written by a newer Coxswain (layout ${version}, known: ${schemaVersion}): install that version or a later one`);
  }
}

function checkPages(database: DatabaseSync, path: string): void {
  const statement = database.prepare('PRAGMA quick_check(1)');
  statement.setReturnArrays(true);
  const verdict = String((statement.get() as unknown as unknown[] | undefined)?.[0]);
  if (verdict !== 'ok') throw new StoreUnavailableError(damaged(path, verdict.replaceAll(/\s+/g, ' ')));
}
