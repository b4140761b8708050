import type { Clock } from '../../base/clock.ts';
import type { Event } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';

/** The numbers of client-go's event correlation. */
const maxCacheEntries = 4096;
const aggregateAfter = 10;
const aggregateIntervalMs = 600_000;
const spamBurst = 25;
const spamPerSecond = 1 / 300;

/** What to do with an event. `patch`: another of its kind was written under `name` before. */
export type Correlated =
  | { readonly action: 'drop' }
  | { readonly action: 'create'; readonly event: Event; readonly written: (name: string) => void }
  | { readonly action: 'patch'; readonly event: Event; readonly written: (name: string) => void };

interface Aggregate { messages: Set<string>; lastMs: number }
interface Series { name: string; count: number; firstTimestamp: string }
interface Bucket { tokens: number; lastMs: number }

/** A map that forgets what was used longest ago. */
class RecentMap<V> {
  readonly #entries = new Map<string, V>();

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > maxCacheEntries) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

/**
 * Upstream's EventCorrelator: events that differ in their message alone are combined after ten in ten minutes; equal
 * ones raise a count; and one source may say 25 things about one object, then one each five minutes.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #aggregates = new RecentMap<Aggregate>();
  readonly #series = new RecentMap<Series>();
  readonly #buckets = new RecentMap<Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  correlate(event: Event): Correlated {
    const aggregated = this.#aggregate(event);
    const known = this.#series.get(aggregated.key);
    const counted: Event = known === undefined
      ? { ...aggregated.event, count: 1 }
      : {
        ...aggregated.event,
        metadata: { ...aggregated.event.metadata, name: known.name },
        count: known.count + 1,
        firstTimestamp: known.firstTimestamp,
      };
    const series: Series = { name: counted.metadata.name!, count: counted.count!, firstTimestamp: counted.firstTimestamp! };
    this.#series.set(aggregated.key, series);
    if (!this.#admit(event)) return { action: 'drop' };
    return { action: known === undefined ? 'create' : 'patch', event: counted, written: (name) => { series.name = name; } };
  }

  #aggregate(event: Event): { event: Event; key: string } {
    const nowMs = this.#clock.now();
    const groupKey = identity(event, false);
    let aggregate = this.#aggregates.get(groupKey);
    if (aggregate === undefined || nowMs - aggregate.lastMs > aggregateIntervalMs) aggregate = { messages: new Set(), lastMs: nowMs };
    aggregate.messages.add(event.message ?? '');
    aggregate.lastMs = nowMs;
    this.#aggregates.set(groupKey, aggregate);
    if (aggregate.messages.size < aggregateAfter) return { event, key: identity(event, true) };
    // As a set that pops any element does upstream: the group stays at its limit.
    aggregate.messages.delete(aggregate.messages.values().next().value!);
    const now = formatTime(nowMs);
    return { event: { ...event, firstTimestamp: now, lastTimestamp: now, message: `(combined from similar events): ${event.message ?? ''}` }, key: groupKey };
  }

  #admit(event: Event): boolean {
    const { source, involvedObject: object } = event;
    const key = [source?.component, source?.host, object.kind, object.namespace, object.name, object.uid, object.apiVersion].join('\0');
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { tokens: spamBurst, lastMs: nowMs };
    bucket.tokens = Math.min(spamBurst, bucket.tokens + ((nowMs - bucket.lastMs) / 1000) * spamPerSecond);
    bucket.lastMs = nowMs;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function identity(event: Event, withMessage: boolean): string {
  const { source, involvedObject: object } = event;
  return [
    source?.component, source?.host, object.kind, object.namespace, object.name, object.uid, object.apiVersion, object.fieldPath,
    event.type, event.reason, event.reportingComponent, event.reportingInstance, ...(withMessage ? [event.message] : []),
  ].join('\0');
}
