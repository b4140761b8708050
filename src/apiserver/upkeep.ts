import type { CachedObject } from './cache/cached-object.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { parseTime } from '../api/meta/time.ts';
import type { Timer } from '../base/clock.ts';
import type { Core } from './core.ts';
import type { ApiServerOptions } from './options.ts';
import { remove } from './verbs/store-object.ts';

const defaultCompactionMs = 5 * 60_000;
const defaultEventTtlMs = 60 * 60_000;
const eventSweepMs = 60_000;

/** Calls `work` again and again, each time after it has finished. */
function repeat(core: Core, intervalMs: number, work: () => Promise<void>): () => void {
  let timer: Timer;
  let stopped = false;
  const arm = (): void => {
    timer = core.clock.setTimer(intervalMs, () => {
      work().catch((error: unknown) => core.logger.warn('upkeep failed', { error })).finally(() => {
        if (!stopped) arm();
      });
    }, { unref: true });
  };
  arm();
  return () => {
    stopped = true;
    timer.cancel();
  };
}

/** Forgets old history, and events that have lived long enough. Returns how to stop. */
export function startUpkeep(core: Core, options: ApiServerOptions): () => void {
  const stops: (() => void)[] = [];
  const compactionMs = options.compactionIntervalMs ?? defaultCompactionMs;
  if (compactionMs > 0) {
    let earlier = core.store.revision;
    stops.push(repeat(core, compactionMs, async () => {
      const target = earlier;
      earlier = core.store.revision;
      if (target > core.store.compactedRevision) await core.store.compact(target);
    }));
  }
  stops.push(repeat(core, Math.min(eventSweepMs, options.eventTtlMs ?? defaultEventTtlMs), () => sweepEvents(core, options.eventTtlMs ?? defaultEventTtlMs)));
  return () => stops.forEach((stop) => stop());
}

/** When an event was last written, as well as the event itself tells. */
function lastWrite(object: KubeObject): number {
  const event = object as KubeObject & { lastTimestamp?: string; eventTime?: string; series?: { lastObservedTime?: string } };
  const times = [event.lastTimestamp, event.series?.lastObservedTime, event.eventTime, event.metadata.creationTimestamp];
  return Math.max(...times.map((time) => (time === undefined ? 0 : (parseTime(time) ?? 0))));
}

/** When each version of an event was written: a sweep a minute asks it of all of them. */
const written = new WeakMap<CachedObject, number>();

function lastWriteOf(entry: CachedObject): number {
  let atMs = written.get(entry);
  if (atMs === undefined) written.set(entry, atMs = lastWrite(entry.object));
  return atMs;
}

async function sweepEvents(core: Core, ttlMs: number): Promise<void> {
  const storage = core.resources.storage('', 'events');
  if (storage === undefined) return;
  const deadline = core.clock.now() - ttlMs;
  const expired: { key: string; revision: number }[] = [];
  storage.cache.scan('', undefined, (entry) => {
    if (lastWriteOf(entry) <= deadline) expired.push({ key: entry.key, revision: entry.revision });
    return true;
  });
  await Promise.all(expired.map(({ key, revision }) => remove(core, { storage }, key, revision)));
}
