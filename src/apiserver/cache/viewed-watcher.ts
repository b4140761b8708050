import { ApiError, internalError } from '../../api/status.ts';
import type { CachedObject } from './cached-object.ts';
import { Change } from './change.ts';
import type { CacheWatcher, Watcher, WatchFilter } from './watcher.ts';

/** How objects are shown; a promise where that takes time. */
export interface View {
  viewAll(objects: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]>;
}

type Step =
  | { readonly type: 'initial'; readonly object: CachedObject }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'bookmark'; readonly revision: number; readonly initialEventsEnd: boolean }
  | { readonly type: 'flush' };

/** One who waits for more than this is told to begin anew. */
const maxWaiting = 10_000;

/**
 * Passes changes on to a watcher as a view shows them, in order, though showing them may take time: where it does not,
 * they are passed on at once.
 */
export class ViewedWatcher implements Watcher {
  readonly filter: WatchFilter;
  readonly #view: View;
  readonly #target: CacheWatcher;
  readonly #waiting: Step[] = [];
  #running = false;

  /** `filter`: what can be told of objects as they are stored; the target's own filter sees them as they are shown. */
  constructor(filter: WatchFilter, view: View, target: CacheWatcher) {
    this.filter = filter;
    this.#view = view;
    this.#target = target;
  }

  get ended(): boolean {
    return this.#target.ended;
  }

  start(revision: number): void {
    this.#target.start(revision);
  }

  initial(object: CachedObject): void {
    if (this.#concerns(object)) this.#push({ type: 'initial', object });
  }

  change(change: Change): void {
    if (this.#concerns(change.object) || (change.previous !== undefined && this.#concerns(change.previous))) this.#push({ type: 'change', change });
  }

  #concerns(object: CachedObject): boolean {
    return object.key.startsWith(this.filter.prefix) && this.filter.matches?.(object) !== false;
  }

  bookmark(revision: number, initialEventsEnd: boolean): void {
    this.#push({ type: 'bookmark', revision, initialEventsEnd });
  }

  flush(): void {
    this.#push({ type: 'flush' });
  }

  end(error?: ApiError): void {
    this.#target.end(error);
  }

  #push(step: Step): void {
    if (this.ended) return;
    this.#waiting.push(step);
    if (this.#waiting.length > maxWaiting && this.#running) this.#target.end(new ApiError('Expired', 'too many changes are waiting to be converted'));
    if (!this.#running) this.#advance();
  }

  /** Takes steps for as long as none has to wait. What waits is shown together. */
  #advance(): void {
    while (this.#waiting.length > 0 && !this.ended) {
      const steps = this.#waiting.splice(0);
      let shown;
      try {
        shown = this.#view.viewAll(steps.flatMap(objectsOf));
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (shown instanceof Promise) {
        this.#running = true;
        shown.then((objects) => {
          this.#running = false;
          this.#tell(steps, objects);
          this.#advance();
        }).catch((error: unknown) => this.#fail(error));
        return;
      }
      this.#tell(steps, shown);
    }
  }

  #fail(error: unknown): void {
    this.#running = false;
    this.#waiting.length = 0;
    this.#target.end(error instanceof ApiError ? error : internalError(error));
  }

  #tell(steps: readonly Step[], shown: readonly CachedObject[]): void {
    let next = 0;
    for (const step of steps) {
      switch (step.type) {
        case 'initial': this.#target.initial(shown[next++]!); break;
        case 'change': {
          const { change } = step;
          const object = shown[next++]!;
          const previous = change.previous === undefined ? undefined : shown[next++]!;
          this.#target.change(object === change.object && previous === change.previous ? change : new Change(change.type, change.revision, object, previous));
          break;
        }
        case 'bookmark': this.#target.bookmark(step.revision, step.initialEventsEnd); break;
        case 'flush': this.#target.flush(); break;
      }
    }
  }
}

function objectsOf(step: Step): CachedObject[] {
  switch (step.type) {
    case 'initial': return [step.object];
    case 'change': return step.change.previous === undefined ? [step.change.object] : [step.change.object, step.change.previous];
    default: return [];
  }
}
