import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../../store.ts';
import { VersionIndex } from '../../mvcc/version-index.ts';
import type { Version } from '../../mvcc/version-index.ts';
import { damaged } from './failure.ts';

/** How a value is held: as long as anybody else holds it, and read again afterwards. */
export type Held = WeakRef<Uint8Array>;

/** Rows read at a time. */
const chunkRows = 8192;

type IndexRow = [revision: number, key: string, createRevision: number];

/** The index of what the database holds, without values, and rows that an interrupted compaction left behind. */
export function loadIndex(database: DatabaseSync, path: string): { index: VersionIndex<Held>; leftOver: number[] } {
  const meta = database.prepare("SELECT value FROM meta WHERE name = 'compacted_revision'").get();
  const compactedRevision = Number(meta?.['value'] ?? 0);
  const index = new VersionIndex<Held>({ revision: Math.max(1, compactedRevision), compactedRevision });
  /** The newest at or below the compacted revision, by key. */
  const survivors = new Map<string, Version<Held>>();
  const leftOver: number[] = [];
  const statement = database.prepare('SELECT revision, key, create_revision FROM entries WHERE revision > ? ORDER BY revision LIMIT ?');
  statement.setReturnArrays(true);
  let last = 0;
  const restoreSurvivors = (): void => {
    for (const version of survivors.values()) index.restore(version);
    survivors.clear();
  };
  for (;;) {
    const rows = statement.all(last, chunkRows) as unknown as IndexRow[];
    for (const [revision, key, createRevision] of rows) {
      const version: Version<Held> = { key, revision, createRevision, payload: undefined, older: undefined };
      if (revision <= compactedRevision) {
        const superseded = survivors.get(key);
        if (superseded !== undefined) leftOver.push(superseded.revision);
        if (createRevision === 0) leftOver.push(revision);
        if (createRevision === 0) survivors.delete(key);
        else survivors.set(key, version);
        continue;
      }
      if (survivors.size > 0) restoreSurvivors();
      if (revision !== index.revision + 1) {
        throw new StoreUnavailableError(damaged(path, `revision ${index.revision + 1} is missing`));
      }
      index.append(version);
    }
    if (rows.length < chunkRows) break;
    last = rows.at(-1)![0];
  }
  restoreSurvivors();
  return { index, leftOver };
}
