import type { ApiResponse } from './request.ts';
import type { CachedObject } from './cache/cached-object.ts';
import type { WatchSink } from './cache/watcher.ts';
import type { ServedResource } from './served-resources.ts';

/** One stored object: its bytes are sent as they are. */
export interface StoredAnswer {
  readonly kind: 'stored';
  readonly code: number;
  readonly object: CachedObject;
  readonly served: ServedResource;
}

/** A collection; `continue` and `remaining` when there is more. */
export interface ListAnswer {
  readonly kind: 'list';
  readonly served: ServedResource;
  readonly revision: number;
  readonly items: readonly CachedObject[];
  readonly continue?: string;
  readonly remaining?: number;
}

/** A stream of changes. */
export interface WatchAnswer {
  readonly kind: 'watch';
  readonly served: ServedResource;
  /** Starts the watch; its first events come before this returns. Returns how to end it early. */
  start(sink: WatchSink): () => void;
}

/** What the pipeline answers, before it is encoded for HTTP or handed over in process. */
export type Answer = ApiResponse | StoredAnswer | ListAnswer | WatchAnswer;
export type Result = Answer | Promise<Answer>;
