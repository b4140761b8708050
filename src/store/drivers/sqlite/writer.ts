import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** One write as it is kept. */
export interface Row {
  readonly revision: number;
  readonly key: string;
  /** 0: a deletion. */
  readonly createRevision: number;
  readonly value: Uint8Array | null;
}

/** Pages given back to the file system in one step. */
const vacuumPages = 256;

/** What changes the database. Runs in the worker thread, and on the main thread until that has started. */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #setMeta: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare('INSERT INTO entries (revision, key, create_revision, value) VALUES (?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM entries WHERE revision = ?');
    this.#setMeta = database.prepare('UPDATE meta SET value = ? WHERE name = ?');
  }

  /** All rows or none; on the disk when it returns. */
  commit(rows: Iterable<Row>): void {
    this.#transaction(() => {
      for (const { revision, key, createRevision, value } of rows) this.#insert.run(revision, key, createRevision, value);
    });
  }

  /** Keeps the compacted revision; on the disk when it returns. Must come before the rows are trimmed. */
  markCompacted(revision: number): void {
    this.#transaction(() => this.#setMeta.run(revision, 'compacted_revision'));
  }

  /** Removes rows. Need not be on the disk: what a crash brings back is found and removed at the next start. */
  trim(revisions: Iterable<number>): void {
    this.#database.exec('PRAGMA synchronous = NORMAL');
    try {
      this.#transaction(() => {
        for (const revision of revisions) this.#delete.run(revision);
      });
    } finally {
      this.#database.exec('PRAGMA synchronous = FULL');
    }
  }

  /**
   * Gives some free pages back to the file system where more than half of the file is free (the rest is soon written
   * again). Returns whether there is more to do.
   */
  vacuum(): boolean {
    const free = this.#number('PRAGMA freelist_count');
    if (free <= vacuumPages || free * 2 <= this.#number('PRAGMA page_count')) {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return false;
    }
    this.#database.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
    return true;
  }

  #number(pragma: string): number {
    return Number(Object.values(this.#database.prepare(pragma).get() ?? {})[0]);
  }

  #transaction(body: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      body();
      this.#database.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled back by itself after the graver errors.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
