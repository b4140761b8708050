import type { Clock } from '../../base/clock.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { parseResourceVersion, tooLargeResourceVersion } from './list-options.ts';

/** How long a read waits for a revision that the cache has not reached, as upstream does. */
const freshnessTimeoutMs = 3000;

/**
 * Waits until the cache may answer a read at `resourceVersion`: empty means everything committed by now, `0` whatever
 * there is, a number that revision or a later one. Undefined when it may at once. Rejects with Timeout (504); throws
 * what `parse` throws.
 */
export function waitForCache(cache: WatchCache, clock: Clock, resourceVersion: string, parse: (text: string) => number = parseResourceVersion): Promise<void> | undefined {
  if (resourceVersion === '0') return undefined;
  if (resourceVersion === '') return cache.fresh();
  return waitForRevision(cache, clock, parse(resourceVersion));
}

/** Waits until the cache has this revision. Rejects with Timeout (504) when that takes too long. */
export function waitForRevision(cache: WatchCache, clock: Clock, wanted: number): Promise<void> | undefined {
  const reached = cache.reached(wanted);
  if (reached === undefined) return undefined;
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(freshnessTimeoutMs, () => reject(tooLargeResourceVersion(wanted, cache.revision)), { unref: true });
    void reached.then(() => {
      timer.cancel();
      resolve();
    });
  });
}
