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
    return this.remainingMs(key) === 0;
  }

  /**
   * After this nothing is expected of `key` any more, whatever is seen; 0: now. Whoever does not act meanwhile must look
   * again then: a pod that is first seen on its way out fulfils no expectation, and perhaps nothing else happens.
   */
  remainingMs(key: string): number {
    const expected = this.#expected.get(key);
    if (expected === undefined || (expected.creations <= 0 && expected.deletions.size === 0)) return 0;
    return Math.max(0, expected.setAtMs + timeoutMs + 1 - this.#clock.monotonicMs());
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
