import { parseTime } from '../api/meta/time.ts';
import { badRequestError, expiredError } from '../api/status.ts';
import type { Answer } from './answer.ts';
import type { Core } from './core.ts';
import type { RequestContext } from './request.ts';

/** As many times of changes; beyond it the older half is thinned out, so that what is younger is told more finely. */
const maxMarks = 8192;

interface Mark { readonly atMs: number; readonly revision: number }

/** Which revision the store stood at, and when: as far back as the store can still be read, and since this server started. */
export class RevisionTimes {
  #marks: Mark[];

  constructor(start: Mark) {
    this.#marks = [start];
  }

  /** The store has come to `revision`. Times do not go back. */
  note({ atMs, revision }: Mark): void {
    const last = this.#marks.at(-1)!;
    if (revision <= last.revision) return;
    // Changes of one millisecond are told apart by their revisions alone.
    if (atMs <= last.atMs) this.#marks.pop();
    this.#marks.push({ atMs: Math.max(atMs, last.atMs), revision });
    if (this.#marks.length > maxMarks) this.#marks = this.#marks.filter((_, i) => i === 0 || i >= maxMarks / 2 || i % 2 === 0);
  }

  /** Forgets what can no longer be read. */
  forget(compactedRevision: number): void {
    const kept = this.#marks.findIndex(({ revision }) => revision > compactedRevision);
    // The first revision that can be read held from the last mark before it on.
    if (kept > 0) this.#marks.splice(0, kept);
  }

  /** The revision at that time; undefined for a time before the first that is remembered. */
  at(ms: number): Mark | undefined {
    return this.#marks.findLast(({ atMs }) => atMs <= ms);
  }

  /** By when the store had come to `revision`, as finely as is remembered; undefined for what stood there at the start. */
  writtenBy(revision: number): number | undefined {
    if (revision <= this.#marks[0]!.revision) return undefined;
    let low = 1;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#marks[middle]!.revision < revision) low = middle + 1;
      else high = middle;
    }
    const mark = this.#marks[low];
    return mark === undefined || mark.revision < revision ? undefined : mark.atMs;
  }

  get sinceMs(): number {
    return this.#marks[0]!.atMs;
  }
}

/** Follows the store, from now until the cache is disposed of. */
export function followRevisions({ cache, clock }: Core): RevisionTimes {
  const times = new RevisionTimes({ atMs: clock.now(), revision: cache.revision });
  cache.onAdvance(() => times.note({ atMs: clock.now(), revision: cache.revision }));
  return times;
}

/** Answers `?at=TIME` of a collection: the revision to list it at. Throws Expired for what is not remembered, BadRequest for no past time. */
export function revisionAt(core: Core, times: RevisionTimes, { query }: RequestContext): Answer {
  const text = query.get('at') ?? '';
  const ms = parseTime(text);
  if (ms === undefined) throw badRequestError(`at: ${JSON.stringify(text)} is not a time like 2026-01-31T12:00:00Z`);
  if (ms > core.clock.now()) throw badRequestError(`at: ${text} is in the future: here it is ${new Date(core.clock.now()).toISOString()}`);
  times.forget(core.store.compactedRevision);
  const mark = times.at(ms);
  if (mark === undefined) throw expiredError(`what there was at ${text} is not known any more: the past is kept since ${new Date(times.sinceMs).toISOString()}`);
  return { kind: 'object', code: 200, object: { apiVersion: 'why.coxswain.dev/v1', kind: 'RevisionAt', revision: String(mark.revision), time: new Date(mark.atMs).toISOString() } };
}
