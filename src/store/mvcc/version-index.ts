import { CompactedError, FutureRevisionError } from '../store.ts';
import type { ListOptions } from '../store.ts';
import { afterPrefix, orderOf } from './key-order.ts';
import { SortedMap } from './sorted-map.ts';

/**
 * What one write left at a key. `payload` is how the driver keeps the value. A `createRevision` of 0 marks a deletion.
 * `older` is what stood there before, as far back as history is kept.
 */
export interface Version<P> {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  payload: P | undefined;
  older: Version<P> | undefined;
}

/** Whether the key existed after this write. */
export function isLive(version: Version<unknown>): boolean {
  return version.createRevision !== 0;
}

/** Versions in order of key, and how many live ones under the prefix come after the last of them. */
export interface VersionList<P> {
  readonly revision: number;
  readonly versions: Version<P>[];
  readonly remaining: number;
}

/** All committed versions: by key for reads, by revision for replays and for compaction. */
export class VersionIndex<P> {
  #map = new SortedMap<Version<P>>((version) => (version.createRevision === 0 ? 0 : 1));
  /** Every version since the last compaction; log[i].revision is #logStart + i. */
  #log: Version<P>[] = [];
  #logStart: number;
  #revision: number;
  #compactedRevision: number;
  /** Versions up to this one are shared with the store that this one was forked from: never change them. */
  #sharedRevision = 0;

  /** Empty at this revision, with nothing below `compactedRevision` known. */
  constructor(start: { readonly revision: number; readonly compactedRevision: number }) {
    this.#revision = start.revision;
    this.#compactedRevision = start.compactedRevision;
    this.#logStart = start.revision + 1;
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Number of revisions that history covers. */
  get historyLength(): number {
    return this.#log.length;
  }

  /** The newest version of a key; a deletion is one too. */
  head(key: string): Version<P> | undefined {
    return this.#map.get(orderOf(key));
  }

  /** Appends the next revision; `version.older` is filled in here. */
  append(version: Version<P>): void {
    const previous = this.#map.set(orderOf(version.key), version);
    // A shared version's tail belongs to the other side and must not be kept alive from here, nor cut from here.
    version.older = previous !== undefined && previous.revision <= this.#sharedRevision ? { ...previous, older: undefined } : previous;
    this.#log.push(version);
    this.#revision = version.revision;
  }

  /** Puts back a version that survived compaction (at or below the compacted revision): not part of history. */
  restore(version: Version<P>): void {
    this.#map.set(orderOf(version.key), version);
  }

  /** The live version of a key, now or as of a revision. Throws CompactedError, FutureRevisionError. */
  get(key: string, revision?: number): Version<P> | undefined {
    if (revision !== undefined) this.#checkReadable(revision);
    return versionAt(this.head(key), revision ?? this.#revision);
  }

  /** Throws CompactedError, FutureRevisionError. */
  list(prefix: string, options: ListOptions): VersionList<P> {
    const revision = options.revision ?? this.#revision;
    this.#checkReadable(revision);
    const limit = options.limit === undefined || options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit;
    const start = orderOf(prefix);
    const after = options.after === undefined ? undefined : orderOf(options.after);
    // No key sorts between `after` and `after` followed by U+0000.
    const from = after !== undefined && after >= start ? `${after}\0` : start;
    const to = afterPrefix(start);
    const isNow = revision === this.#revision;
    const versions: Version<P>[] = [];
    let remaining = 0;
    this.#map.scan(from, (order, head) => {
      if (to !== undefined && order >= to) return false;
      const version = versionAt(head, revision);
      if (version === undefined) return true;
      if (versions.length < limit) versions.push(version);
      else remaining++;
      return !(isNow && remaining > 0);
    });
    if (isNow) remaining = this.#map.weightBetween(from, to) - versions.length;
    return { revision, versions, remaining: Math.max(0, remaining) };
  }

  /** Number of live keys under the prefix. */
  count(prefix: string): number {
    const from = orderOf(prefix);
    return this.#map.weightBetween(from, afterPrefix(from));
  }

  /** Versions under the prefix from a revision on, in order of revision. Throws CompactedError. */
  since(prefix: string, revision: number): Version<P>[] {
    if (revision <= this.#compactedRevision) throw new CompactedError(this.#compactedRevision);
    const found: Version<P>[] = [];
    for (let i = Math.max(0, revision - this.#logStart); i < this.#log.length; i++) {
      const version = this.#log[i]!;
      if (version.key.startsWith(prefix)) found.push(version);
    }
    return found;
  }

  /**
   * Forgets what was superseded at or below `revision`, and returns the forgotten versions. Does nothing when that was
   * compacted already. Throws FutureRevisionError.
   */
  compact(revision: number): Version<P>[] {
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision);
    if (revision <= this.#compactedRevision) return [];
    const forgotten: Version<P>[] = [];
    const cut = Math.max(0, revision + 1 - this.#logStart);
    for (let i = 0; i < cut; i++) {
      const version = this.#log[i]!;
      if (version.older !== undefined && isLive(version.older)) forgotten.push(version.older);
      version.older = undefined;
      if (isLive(version)) continue;
      forgotten.push(version);
      if (this.head(version.key) === version) this.#map.delete(orderOf(version.key));
    }
    this.#log.splice(0, cut);
    this.#logStart += cut;
    this.#compactedRevision = revision;
    return forgotten;
  }

  /** Calls back for every version that is kept, in no order that means anything. */
  visit(each: (version: Version<P>) => void): void {
    this.#map.scan('', (_order, head) => {
      for (let version: Version<P> | undefined = head; version !== undefined; version = version.older) each(version);
      return true;
    });
  }

  /** A copy in O(1) that goes its own way. Its history starts here: reads of earlier revisions are compacted. */
  fork(): VersionIndex<P> {
    const copy = new VersionIndex<P>({ revision: this.#revision, compactedRevision: this.#revision });
    copy.#map = this.#map.fork();
    copy.#sharedRevision = this.#revision;
    return copy;
  }

  #checkReadable(revision: number): void {
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision);
    if (revision < this.#compactedRevision) throw new CompactedError(this.#compactedRevision);
  }
}

function versionAt<P>(head: Version<P> | undefined, revision: number): Version<P> | undefined {
  let version = head;
  while (version !== undefined && version.revision > revision) version = version.older;
  return version !== undefined && isLive(version) ? version : undefined;
}
