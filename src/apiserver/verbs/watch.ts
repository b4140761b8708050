import { ApiError, expiredError } from '../../api/status.ts';
import type { Timer } from '../../base/clock.ts';
import type { Result, WatchAnswer } from '../answer.ts';
import type { Watcher, WatchSink } from '../cache/watcher.ts';
import { ViewedWatcher } from '../cache/viewed-watcher.ts';
import { CacheWatcher } from '../cache/watcher.ts';
import type { Core } from '../core.ts';
import type { RequestInfo } from '../request.ts';
import type { StoredResource } from '../served-resources.ts';
import type { ListOptions } from './list-options.ts';
import { filterOf, parseListOptions, parseResourceVersion, storedFilter } from './list-options.ts';
import { waitForCache } from './read-at.ts';

/** A watch that does not say how long lasts this long at least, and at most twice as long. */
const minTimeoutSeconds = 1800;

/** The last bookmark comes this long before the end, so that the client goes on from where it really was. */
const lastBookmarkMs = 2000;

/**
 * Opens a watch. Throws what is wrong with the query; whatever comes to light later, such as a start that is no longer
 * known (410) or not yet (504), is an ERROR event of the watch, as upstream has it.
 */
export function watch(core: Core, served: StoredResource, info: RequestInfo, query: URLSearchParams | undefined): Result {
  const options = parseListOptions(query, served, { watch: true, name: info.name });
  const { cache } = served.storage;
  const start = options.resourceVersion === '' || options.resourceVersion === '0' ? undefined : parseResourceVersion(options.resourceVersion);
  const initial = options.sendInitialEvents ?? start === undefined;
  const answer = (): WatchAnswer => {
    const expired = !initial && start !== undefined && start < cache.floor;
    if (expired) return failed(served, expiredError(`too old resource version: ${start} (${cache.floor})`));
    return { kind: 'watch', served, start: (sink) => run({ core, served, info, options, initial, start }, sink) };
  };
  const waiting = options.sendInitialEvents === true ? waitForCache(core.cache, core.clock, options.resourceVersion) : undefined;
  return waiting === undefined ? answer() : waiting.then(answer, (error: unknown) => {
    if (error instanceof ApiError) return failed(served, error);
    throw error;
  });
}

/** A watch that tells its error and ends. */
function failed(served: StoredResource, error: ApiError): WatchAnswer {
  return {
    kind: 'watch', served,
    start: (sink) => {
      sink.end(error);
      return () => {};
    },
  };
}

interface Plan {
  readonly core: Core;
  readonly served: StoredResource;
  readonly info: RequestInfo;
  readonly options: ListOptions;
  readonly initial: boolean;
  readonly start: number | undefined;
}

function run({ core, served, info, options, initial, start }: Plan, sink: WatchSink): () => void {
  const { cache } = served.storage;
  let stopTicking: (() => void) | undefined;
  const cleanUp = (): void => {
    timer.cancel();
    stopTicking?.();
    cache.unwatch(watcher);
  };
  const own = new CacheWatcher(filterOf(info, options, served), {
    event: (type, object, change) => sink.event(type, object, change),
    bookmark: (revision, initialEventsEnd) => sink.bookmark(revision, initialEventsEnd),
    flush: () => sink.flush(),
    end: (error) => {
      cleanUp();
      sink.end(error);
    },
  });
  const watcher: Watcher = served.custom === undefined ? own : new ViewedWatcher(storedFilter(info, options, served), served.custom, own);
  const revisionNow = (): number => Math.max(core.cache.revision, start ?? 0);
  const bookmark = (): void => watcher.bookmark(revisionNow(), false);
  let marked = -1;
  // One that says what the one before it said is worth nothing, and costs an idle cluster its rest.
  const tick = (): void => {
    if (revisionNow() === marked) return;
    marked = revisionNow();
    bookmark();
  };
  const seconds = options.timeoutSeconds ?? 0;
  const timeoutMs = 1000 * (seconds > 0 ? seconds : minTimeoutSeconds * (1 + core.random.float()));
  const inTime = (ms: number, callback: () => void): Timer => core.clock.setTimer(ms, callback, { unref: true });
  const end = (): void => watcher.end();
  let timer = options.allowWatchBookmarks && timeoutMs > lastBookmarkMs
    ? inTime(timeoutMs - lastBookmarkMs, () => {
      timer = inTime(lastBookmarkMs, end);
      bookmark();
    })
    : inTime(timeoutMs, end);

  if (initial) cache.watchFromNow(watcher);
  else cache.watchFrom(start ?? core.cache.revision, watcher);
  if (options.sendInitialEvents === true && options.allowWatchBookmarks) watcher.bookmark(core.cache.revision, true);
  if (options.allowWatchBookmarks && !watcher.ended) stopTicking = core.bookmarks.add(tick);
  return () => {
    if (!watcher.ended) watcher.end();
  };
}
