import type { Clock } from '../../base/clock.ts';

/** Expectations that nothing fulfilled are given up after this, as upstream does. */
const timeoutMs = 5 * 60_000;

interface Expected { creations: number; readonly deletions: Set<string>; readonly setAtMs: number }

/**
 * What a controller did and has not yet seen in its cache. While something is expected of a key, the cache is behind, and
 * acting on it again would create or delete twice.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nothing is expected of `key`, or it took too long. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    return expected === undefined || (expected.creations <= 0 && expected.deletions.size === 0) || this.#clock.monotonicMs() - expected.setAtMs > timeoutMs;
  }

  expect(key: string, creations: number, deletedUids: readonly string[]): void {
    this.#expected.set(key, { creations, deletions: new Set(deletedUids), setAtMs: this.#clock.monotonicMs() });
  }

  expectCreations(key: string, count: number): void {
    this.expect(key, count, []);
  }

  expectDeletions(key: string, uids: readonly string[]): void {
    this.expect(key, 0, uids);
  }

  /** Seen, or never going to be. */
  creationObserved(key: string): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.creations--;
  }

  deletionObserved(key: string, uid: string): void {
    this.#expected.get(key)?.deletions.delete(uid);
  }

  /** Was the deletion asked for, and is not seen yet? */
  awaitsDeletion(key: string, uid: string): boolean {
    return this.#expected.get(key)?.deletions.has(uid) === true;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
