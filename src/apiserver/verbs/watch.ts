import { expiredError } from '../../api/status.ts';
import type { Result, WatchAnswer } from '../answer.ts';
import type { WatchSink } from '../cache/watcher.ts';
import { CacheWatcher } from '../cache/watcher.ts';
import type { Core } from '../core.ts';
import type { RequestInfo } from '../request.ts';
import type { StoredResource } from '../served-resources.ts';
import type { ListOptions } from './list-options.ts';
import { filterOf, parseListOptions, parseResourceVersion } from './list-options.ts';
import { waitForCache } from './read-at.ts';

/** A watch that does not say how long lasts this long at least, and at most twice as long. */
const minTimeoutSeconds = 1800;

/** Opens a watch. Throws Expired (410) when its start is no longer known. */
export function watch(core: Core, served: StoredResource, info: RequestInfo, query: URLSearchParams | undefined): Result {
  const options = parseListOptions(query, served, true);
  const { cache } = served.storage;
  const start = options.resourceVersion === '' || options.resourceVersion === '0' ? undefined : parseResourceVersion(options.resourceVersion);
  const initial = options.sendInitialEvents ?? start === undefined;
  const answer = (): WatchAnswer => {
    if (!initial && start !== undefined && start < cache.floor) throw expiredError(`too old resource version: ${start} (${cache.floor})`);
    return { kind: 'watch', served, start: (sink) => run({ core, served, info, options, initial, start }, sink) };
  };
  const waiting = options.sendInitialEvents === true ? waitForCache(core.cache, core.clock, options.resourceVersion) : undefined;
  return waiting === undefined ? answer() : waiting.then(answer);
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
  const watcher = new CacheWatcher(filterOf(info, options, served.schema.namespaced), {
    event: (type, object, change) => sink.event(type, object, change),
    bookmark: (revision, initialEventsEnd) => sink.bookmark(revision, initialEventsEnd),
    flush: () => sink.flush(),
    end: (error) => {
      cleanUp();
      sink.end(error);
    },
  });
  const bookmark = (): void => watcher.bookmark(Math.max(core.cache.revision, start ?? 0), false);
  const seconds = options.timeoutSeconds ?? 0;
  const timer = core.clock.setTimer(1000 * (seconds > 0 ? seconds : minTimeoutSeconds * (1 + core.random.float())), () => {
    if (options.allowWatchBookmarks) bookmark();
    watcher.end();
  }, { unref: true });

  if (initial) cache.watchFromNow(watcher);
  else cache.watchFrom(start ?? core.cache.revision, watcher);
  if (options.sendInitialEvents === true && options.allowWatchBookmarks) watcher.bookmark(core.cache.revision, true);
  if (options.allowWatchBookmarks && !watcher.ended) stopTicking = core.bookmarks.add(bookmark);
  return () => {
    if (!watcher.ended) watcher.end();
  };
}
