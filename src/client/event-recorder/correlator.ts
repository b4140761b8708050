import type { Clock } from '../../base/clock.ts';
import type { Event } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { Recent } from '../../base/recent.ts';

/** The numbers of client-go's event correlation. */
const maxCacheEntries = 4096;
const aggregateAfter = 10;
const aggregateIntervalMs = 600_000;
const spamBurst = 25;
const spamPerSecond = 1 / 300;

/** What to do with an event. */
export type Correlated =
  | { readonly action: 'drop' }
  | { readonly action: 'create'; readonly event: Event }
  /** Another of its kind was written under the event's name before. `renamed`: that is gone, and it has been written under this name. */
  | { readonly action: 'patch'; readonly event: Event; readonly renamed: (name: string) => void };

interface Aggregate { readonly messages: string[]; lastMs: number }
interface Series { name: string; count: number; readonly firstTimestamp: string }
interface Bucket { tokens: number; lastMs: number }

const dropped: Correlated = { action: 'drop' };

/**
 * Upstream's EventCorrelator, for the events of one source: those that differ in their message alone are combined after
 * ten in ten minutes; equal ones raise a count; and 25 things may be said about one object, then one each five minutes.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #aggregates = new Recent<string, Aggregate>(maxCacheEntries);
  readonly #series = new Recent<string, Series>(maxCacheEntries);
  readonly #buckets = new Recent<string, Bucket>(maxCacheEntries);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `objectKey`: of the object that is involved. */
  correlate(event: Event, objectKey: string): Correlated {
    const groupKey = `${objectKey}\0${event.involvedObject.fieldPath ?? ''}\0${event.type ?? ''}\0${event.reason ?? ''}`;
    const nowMs = this.#clock.now();
    const combined = this.#isOneOfMany(groupKey, event.message ?? '', nowMs);
    const told = combined ? combine(event, nowMs) : event;
    const key = combined ? groupKey : `${groupKey}\0${event.message ?? ''}`;
    const known = this.#series.get(key);
    if (known !== undefined) known.count += 1;
    else this.#series.set(key, { name: told.metadata.name ?? '', count: 1, firstTimestamp: told.firstTimestamp ?? '' });
    if (!this.#admit(objectKey)) return dropped;
    if (known === undefined) return { action: 'create', event: told };
    const { name, count, firstTimestamp } = known;
    return { action: 'patch', event: { ...told, metadata: { ...told.metadata, name }, count, firstTimestamp }, renamed: (to) => { known.name = to; } };
  }

  /** Have so many other things been said in the same words' place that only their number is told? */
  #isOneOfMany(groupKey: string, message: string, nowMs: number): boolean {
    const known = this.#aggregates.get(groupKey);
    if (known === undefined || nowMs - known.lastMs > aggregateIntervalMs) {
      this.#aggregates.set(groupKey, { messages: [message], lastMs: nowMs });
      return false;
    }
    known.lastMs = nowMs;
    if (!known.messages.includes(message)) known.messages.push(message);
    if (known.messages.length < aggregateAfter) return false;
    // As a set that pops any element does upstream: the group stays at its limit.
    known.messages.shift();
    return true;
  }

  #admit(objectKey: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(objectKey);
    if (bucket === undefined) {
      this.#buckets.set(objectKey, { tokens: spamBurst - 1, lastMs: nowMs });
      return true;
    }
    bucket.tokens = Math.min(spamBurst, bucket.tokens + ((nowMs - bucket.lastMs) / 1000) * spamPerSecond);
    bucket.lastMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function combine(event: Event, nowMs: number): Event {
  const now = formatTime(nowMs);
  return { ...event, firstTimestamp: now, lastTimestamp: now, message: `(combined from similar events): ${event.message ?? ''}` };
}
