import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreUnavailableError } from '../../store.ts';
import { damaged, storeFailure } from './failure.ts';

/** From so many on, rows are read together: a third of the time for each. */
const together = 32;

/** Rows read by one statement. */
const chunkRows = 1000;

/** Reads values by revision. */
export class ValueReader {
  readonly #path: string;
  readonly #one: StatementSync;
  readonly #many: StatementSync;

  constructor(database: DatabaseSync, path: string) {
    this.#path = path;
    this.#one = database.prepare('SELECT value FROM entries WHERE revision = ?');
    this.#one.setReturnArrays(true);
    this.#many = database.prepare('SELECT revision, value FROM entries WHERE revision IN (SELECT value FROM json_each(?))');
    this.#many.setReturnArrays(true);
  }

  /** Calls `found` once for each revision, in any order. Throws StoreUnavailableError. */
  read(revisions: readonly number[], found: (revision: number, value: Uint8Array) => void): void {
    try {
      if (revisions.length < together) {
        for (const revision of revisions) found(revision, this.#value(revision, this.#one.get(revision) as unknown as unknown[] | undefined, 0));
        return;
      }
      const ascending = revisions.toSorted((a, b) => a - b);
      for (let i = 0; i < ascending.length; i += chunkRows) this.#readChunk(ascending.slice(i, i + chunkRows), found);
    } catch (error) {
      throw storeFailure(this.#path, error);
    }
  }

  #readChunk(revisions: readonly number[], found: (revision: number, value: Uint8Array) => void): void {
    const rows = this.#many.all(JSON.stringify(revisions)) as unknown as [revision: number, value: unknown][];
    if (rows.length !== revisions.length) {
      const present = new Set(rows.map(([revision]) => revision));
      throw this.#missing(revisions.find((revision) => !present.has(revision))!);
    }
    for (const row of rows) found(row[0], this.#value(row[0], row, 1));
  }

  #value(revision: number, row: unknown[] | undefined, column: number): Uint8Array {
    const value = row?.[column];
    if (value instanceof Uint8Array) return value;
    throw this.#missing(revision);
  }

  #missing(revision: number): StoreUnavailableError {
    return new StoreUnavailableError(damaged(this.#path, `the value of revision ${revision} is missing`));
  }
}
