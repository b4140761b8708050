import type { CachedObject } from './cache/cached-object.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { parseTime } from '../api/meta/time.ts';
import type { Timer } from '../base/clock.ts';
import type { Core } from './core.ts';
import type { ApiServerOptions } from './options.ts';
import type { RevisionTimes } from './revision-times.ts';
import { remove } from './verbs/store-object.ts';

const defaultCompactionMs = 5 * 60_000;
const defaultEventTtlMs = 60 * 60_000;
const eventSweepMs = 60_000;
const deletionsAtOnce = 100;

/** Calls `work` again and again, each time so long after it has finished as it says; as after a failure, `intervalMs` at first. */
function repeat(core: Core, intervalMs: number, work: () => Promise<number>): () => void {
  let timer: Timer;
  let stopped = false;
  const failed = (error: unknown): number => {
    core.logger.warn('upkeep failed', { error });
    return intervalMs;
  };
  const arm = (delayMs: number): void => {
    timer = core.clock.setTimer(delayMs, () => void work().catch(failed).then((nextMs) => { if (!stopped) arm(nextMs); }), { unref: true });
  };
  arm(intervalMs);
  return () => {
    stopped = true;
    timer.cancel();
  };
}

/** Forgets old history, and events that have lived long enough. `times`: when what was written. Returns how to stop. */
export function startUpkeep(core: Core, times: RevisionTimes, options: ApiServerOptions): () => void {
  const stops: (() => void)[] = [];
  const compactionMs = options.compactionIntervalMs ?? defaultCompactionMs;
  if (compactionMs > 0) {
    let earlier = core.store.revision;
    stops.push(repeat(core, compactionMs, async () => {
      const target = earlier;
      earlier = core.store.revision;
      if (target > core.store.compactedRevision) await core.store.compact(target);
      // While nobody writes there is nothing more to forget.
      else await core.cache.reached(earlier + 1);
      return compactionMs;
    }));
  }
  const ttlMs = options.eventTtlMs ?? defaultEventTtlMs;
  const sweepMs = Math.min(eventSweepMs, ttlMs);
  stops.push(repeat(core, sweepMs, async () => {
    // Until the first that is left is due; those to come are not due before.
    const leftMs = Math.min(ttlMs, await sweepEvents(core, times, ttlMs) - core.clock.now());
    return Math.max(1, Math.ceil(leftMs / sweepMs)) * sweepMs;
  }));
  return () => stops.forEach((stop) => stop());
}

/** When an event was last written, as well as the event itself tells. */
function lastWrite(object: KubeObject): number {
  const event = object as KubeObject & { lastTimestamp?: string; eventTime?: string; series?: { lastObservedTime?: string } };
  const times = [event.lastTimestamp, event.series?.lastObservedTime, event.eventTime, event.metadata.creationTimestamp];
  return Math.max(...times.map((time) => (time === undefined ? 0 : (parseTime(time) ?? 0))));
}

/** When each version of an event was written that an earlier server saw written: a sweep a minute asks it of all of them. */
const written = new WeakMap<CachedObject, number>();

function lastWriteOf(entry: CachedObject): number {
  let atMs = written.get(entry);
  if (atMs === undefined) written.set(entry, atMs = lastWrite(entry.object));
  return atMs;
}

/** Returns when the first of those that it leaves has lived long enough: epoch milliseconds. */
async function sweepEvents(core: Core, times: RevisionTimes, ttlMs: number): Promise<number> {
  const storage = core.resources.storage('', 'events');
  const deadline = core.clock.now() - ttlMs;
  const expired: { key: string; revision: number }[] = [];
  let earliest = Infinity;
  storage?.cache.scan('', undefined, (entry) => {
    const atMs = times.writtenBy(entry.revision) ?? lastWriteOf(entry);
    if (atMs <= deadline) expired.push({ key: entry.key, revision: entry.revision });
    else earliest = Math.min(earliest, atMs);
    return true;
  });
  // An hour of a busy cluster's may be due at once: users' writes wait behind no more than these.
  if (storage !== undefined) for (let i = 0; i < expired.length; i += deletionsAtOnce) await Promise.all(expired.slice(i, i + deletionsAtOnce).map(({ key, revision }) => remove(core, { storage }, key, revision)));
  return earliest + ttlMs;
}
