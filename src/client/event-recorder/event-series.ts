import type { ObjectReference } from '../../api/types/core/v1.ts';
import type { Event } from '../../api/types/events/v1.ts';

/** So long after the last of them events are no longer counted together: client-go's number. */
export const finishMs = 360_000;
/** Upstream remembers all of them so long; we the latest, as many as the older API's recorders. */
const maxRemembered = 4096;

/** An event, and how often the same was said since. */
export interface Series {
  readonly key: string;
  /** The first. */
  readonly event: Event;
  count: number;
  lastMs: number;
  /** The number that the server was told. */
  written: number;
}

const referenceKey = ({ kind = '', namespace = '', name = '', uid = '', apiVersion = '', resourceVersion = '', fieldPath = '' }: ObjectReference): string => `${kind}\0${namespace}\0${name}\0${uid}\0${apiVersion}\0${resourceVersion}\0${fieldPath}`;

/** Of events from one source; the same about an object that has changed meanwhile is something else. */
function keyOf({ type = '', action = '', reason = '', regarding, related }: Event): string {
  const key = `${type}\0${action}\0${reason}\0${referenceKey(regarding ?? {})}`;
  return related === undefined ? key : `${key}\0${referenceKey(related)}`;
}

function forgetFirst(known: Map<string, Series>): void {
  for (const key of known.keys()) {
    known.delete(key);
    return;
  }
}

/** What one source said lately: single events, and those that were said again. */
export class EventSeries {
  /** In the order of their time. */
  readonly #single = new Map<string, Series>();
  readonly #repeated = new Map<string, Series>();

  /** Is there anything to be finished? */
  get hasSeries(): boolean {
    return this.#repeated.size > 0;
  }

  /** Those that were said again. */
  series(): readonly Series[] {
    return [...this.#repeated.values()];
  }

  /** Takes note of an event; what is to be written now: the first, and that there are two. */
  observe(event: Event, nowMs: number): Series | undefined {
    this.#forgetOld(nowMs);
    const key = keyOf(event);
    const repeated = this.#repeated.get(key);
    if (repeated !== undefined) {
      repeated.count += 1;
      repeated.lastMs = nowMs;
      return undefined;
    }
    const single = this.#single.get(key);
    if (single !== undefined) {
      single.count = 2;
      single.lastMs = nowMs;
      this.#single.delete(key);
      if (this.#repeated.size >= maxRemembered) forgetFirst(this.#repeated);
      this.#repeated.set(key, single);
      return single;
    }
    const first: Series = { key, event, count: 1, lastMs: nowMs, written: 1 };
    if (this.#single.size >= maxRemembered) forgetFirst(this.#single);
    this.#single.set(key, first);
    return first;
  }

  /** The next of its kind is a new event. */
  finish({ key }: Series): void {
    this.#repeated.delete(key);
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { lastMs }] of this.#single) {
      if (lastMs >= nowMs - finishMs) return;
      this.#single.delete(key);
    }
  }
}
