import { ApiError, expiredError } from '../../api/status.ts';
import type { Timer } from '../../base/clock.ts';
import type { Result, WatchAnswer } from '../answer.ts';
import type { Watcher, WatchSink } from '../cache/watcher.ts';
import { ViewedWatcher } from '../cache/viewed-watcher.ts';
import { CacheWatcher } from '../cache/watcher.ts';
import type { Core } from '../core.ts';
import { scopeOf } from '../metrics/requests.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { RequestInfo } from '../request.ts';
import type { StoredResource } from '../served-resources.ts';
import type { ListOptions } from './list-options.ts';
import { filterOf, parseListOptions, parseResourceVersion, storedFilter } from './list-options.ts';
import { waitForCache } from './read-at.ts';

/**
 * A watch that does not say how long lasts this long at least, and at most twice as long. One of this process lasts until
 * it is ended: neither can what lies between be lost, nor is there another server to spread watches over.
 */
const minTimeoutSeconds = 1800;

/** The last bookmark comes this long before the end, so that the client goes on from where it really was. */
const lastBookmarkMs = 2000;

/**
 * Opens a watch. Throws what is wrong with the query; whatever comes to light later, such as a start that is no longer
 * known (410) or not yet (504), is an ERROR event of the watch, as upstream has it.
 */
export function watch(core: Core, served: StoredResource, { info, queryOrUndefined, inProcess }: Pick<ServerRequest, 'info' | 'queryOrUndefined' | 'inProcess'>): Result {
  const options = parseListOptions(queryOrUndefined, served, { watch: true, name: info.name });
  const { cache } = served.storage;
  const start = options.resourceVersion === '' || options.resourceVersion === '0' ? undefined : parseResourceVersion(options.resourceVersion);
  const initial = options.sendInitialEvents ?? start === undefined;
  const startedMs = core.clock.monotonicMs();
  const answer = (): WatchAnswer => {
    const expired = !initial && start !== undefined && start < cache.floor;
    if (expired) return failed(served, expiredError(`too old resource version: ${start} (${cache.floor})`));
    return { kind: 'watch', served, start: (sink) => run({ core, served, info, options, initial, start, startedMs, inProcess }, sink) };
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
  /** When it was asked for. */
  readonly startedMs: number;
  readonly inProcess: boolean;
}

function run({ core, served, info, options, initial, start, startedMs, inProcess }: Plan, sink: WatchSink): () => void {
  const { cache } = served.storage;
  let stopTicking: (() => void) | undefined;
  const open = core.longRunning.begin(info);
  const own = new CacheWatcher(filterOf(info, options, served), {
    event: (type, object, change) => sink.event(type, object, change),
    bookmark: (revision, initialEventsEnd) => sink.bookmark(revision, initialEventsEnd),
    flush: () => sink.flush(),
    end: (error) => {
      stopTiming?.();
      stopTicking?.();
      open.count -= 1;
      cache.unwatch(watcher);
      sink.end(error);
    },
  });
  const watcher: Watcher = served.custom === undefined ? own : new ViewedWatcher(storedFilter(info, options, served), served.custom, own);
  const lasts = inProcess && (options.timeoutSeconds ?? 0) <= 0;
  const stopTiming = lasts ? undefined : time(core, watcher, options, start);

  if (initial) cache.watchFromNow(watcher);
  else cache.watchFrom(start ?? core.cache.revision, watcher);
  if (options.sendInitialEvents === true && options.allowWatchBookmarks) {
    watcher.bookmark(core.cache.revision, true);
    core.watchMetrics.listed(served.schema, scopeOf(info), core.clock.monotonicMs() - startedMs);
  }
  if (options.allowWatchBookmarks && !lasts && !watcher.ended) stopTicking = core.bookmarks.add(ticker(core, watcher, start));
  return () => {
    if (!watcher.ended) watcher.end();
  };
}

/** Ends the watch when its time is over, and tells it shortly before where it stands. Returns how to stop that. */
function time({ cache, clock, random }: Core, watcher: Watcher, { timeoutSeconds = 0, allowWatchBookmarks }: ListOptions, start = 0): () => void {
  const timeoutMs = 1000 * (timeoutSeconds > 0 ? timeoutSeconds : minTimeoutSeconds * (1 + random.float()));
  const inTime = (ms: number, callback: () => void): Timer => clock.setTimer(ms, callback, { unref: true });
  const end = (): void => watcher.end();
  let timer = allowWatchBookmarks && timeoutMs > lastBookmarkMs
    ? inTime(timeoutMs - lastBookmarkMs, () => {
      timer = inTime(lastBookmarkMs, end);
      watcher.bookmark(Math.max(cache.revision, start), false);
    })
    : inTime(timeoutMs, end);
  return () => timer.cancel();
}

/** Tells the watch where it stands. One that says what the one before it said is worth nothing, and costs an idle cluster its rest. */
function ticker({ cache }: Core, watcher: Watcher, start = 0): () => void {
  let marked = -1;
  return () => {
    const revision = Math.max(cache.revision, start);
    if (revision === marked) return;
    marked = revision;
    watcher.bookmark(revision, false);
  };
}
