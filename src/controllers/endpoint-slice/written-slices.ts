import { uidOf } from '../../api/meta/object.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import type { Clock } from '../../base/clock.ts';

/** After this the cache is believed, whatever it says. */
const timeoutMs = 60_000;

interface Expected { readonly generation: number | 'deleted'; readonly atMs: number }

/** Remembers what the controller wrote last, to notice that its cache does not show it yet (upstream's EndpointSliceTracker). */
export class WrittenSlices {
  readonly #clock: Clock;
  readonly #services = new Map<string, Map<string, Expected>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wrote(key: string, slice: EndpointSlice): void {
    this.#of(key).set(uidOf(slice), { generation: slice.metadata.generation ?? 0, atMs: this.#clock.monotonicMs() });
  }

  expectDeletion(key: string, slice: EndpointSlice): void {
    this.#of(key).set(uidOf(slice), { generation: 'deleted', atMs: this.#clock.monotonicMs() });
  }

  /** Seen, or not going to happen. */
  deleted(uid: string): void {
    for (const slices of this.#services.values()) slices.delete(uid);
  }

  forget(key: string): void {
    this.#services.delete(key);
  }

  isStale(key: string, cached: readonly EndpointSlice[]): boolean {
    const expected = this.#services.get(key);
    if (expected === undefined) return false;
    const generations = new Map(cached.map((slice) => [uidOf(slice), slice.metadata.generation ?? 0]));
    let stale = false;
    for (const [uid, { generation, atMs }] of expected) {
      const seen = generations.get(uid);
      const current = generation === 'deleted' ? seen === undefined : seen !== undefined && seen >= generation;
      if (current || this.#clock.monotonicMs() - atMs > timeoutMs) expected.delete(uid);
      else stale = true;
    }
    return stale;
  }

  #of(key: string): Map<string, Expected> {
    let slices = this.#services.get(key);
    if (slices === undefined) this.#services.set(key, slices = new Map());
    return slices;
  }
}
