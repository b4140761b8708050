import { badRequestError, expiredError } from '../../api/status.ts';
import { CompactedError, FutureRevisionError } from '../../store/store.ts';
import type { ListAnswer, Result } from '../answer.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { WatchFilter } from '../cache/watcher.ts';
import type { Core } from '../core.ts';
import type { CustomVersion } from '../custom-resources/custom-version.ts';
import type { RequestInfo } from '../request.ts';
import type { StoredResource } from '../served-resources.ts';
import { decodeContinue, encodeContinue, ExpiredContinueError } from './continue-token.ts';
import type { ListOptions } from './list-options.ts';
import { filterOf, parseListOptions, parseListResourceVersion, storedFilter, tooLargeResourceVersion } from './list-options.ts';
import { waitForCache, waitForRevision } from './read-at.ts';

interface Page {
  readonly served: StoredResource;
  readonly filter: WatchFilter;
  /** 0: all. */
  readonly limit: number;
  readonly after: string | undefined;
}

/** Lists a collection: from the cache where it has the revision wanted, else from the store's history. */
export function list(core: Core, served: StoredResource, info: RequestInfo, query: URLSearchParams | undefined): Result {
  return listWith(core, served, info, parseListOptions(query, served, { watch: false, name: info.name }));
}

/** As `list`, with options that were read already. */
export function listWith(core: Core, served: StoredResource, scope: { readonly namespace: string; readonly name: string }, options: ListOptions): ListAnswer | Promise<ListAnswer> {
  if (served.custom !== undefined) return listCustom(core, served, served.custom, scope, options);
  return listStoredForm(core, served, filterOf(scope, options, served), options);
}

/** Of a custom resource: what is stored is converted before it is looked at closely. */
function listCustom(core: Core, served: StoredResource, custom: CustomVersion, scope: { readonly namespace: string; readonly name: string }, options: ListOptions): ListAnswer | Promise<ListAnswer> {
  const filter = storedFilter(scope, options, served);
  const whole = filterOf(scope, options, served);
  const byFields = options.fieldSelector !== undefined && options.fieldSelector.requirements.some(({ field }) => !field.startsWith('metadata.'));
  const shown = (answer: ListAnswer): ListAnswer | Promise<ListAnswer> => {
    const items = custom.viewAll(answer.items);
    return items instanceof Promise ? items.then((viewed) => chosen(answer, viewed)) : chosen(answer, items);
  };
  const chosen = (answer: ListAnswer, items: readonly CachedObject[]): ListAnswer => (byFields ? pageOf(answer, items.filter((item) => whole.matches?.(item) !== false), options.resourceVersion === '0' && options.continue === '' ? 0 : options.limit, filter) : { ...answer, items });
  // Fields show once everything is converted: only then the page is cut.
  const answer = listStoredForm(core, served, filter, options, byFields ? 0 : options.limit);
  return answer instanceof Promise ? answer.then(shown) : shown(answer);
}

/** The first of all that was chosen, and where to go on. */
function pageOf(answer: ListAnswer, chosen: readonly CachedObject[], limit: number, { prefix }: WatchFilter): ListAnswer {
  if (limit === 0 || chosen.length <= limit) return { ...answer, items: chosen };
  const items = chosen.slice(0, limit);
  return { ...answer, items, continue: encodeContinue({ revision: answer.revision, after: items.at(-1)!.key.slice(prefix.length) }) };
}

function listStoredForm(core: Core, served: StoredResource, filter: WatchFilter, options: ListOptions, pageLimit = options.limit): ListAnswer | Promise<ListAnswer> {
  if (options.continue !== '') return continueList(core, served, filter, options, pageLimit);
  const { resourceVersion, resourceVersionMatch, limit } = options;
  const given = resourceVersion === '' ? 0 : parseListResourceVersion(resourceVersion);
  // A page of a given revision means that revision, unless the client says otherwise: older than resourceVersionMatch.
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0 && given > 0);
  if (exact) return listOnce(core, { served, filter, limit: pageLimit, after: undefined }, given, () => expiredError('The resourceVersion for the provided list is too old.'));
  // Upstream answers resourceVersion=0 whole, whatever the limit.
  const page: Page = { served, filter, limit: resourceVersion === '0' ? 0 : pageLimit, after: undefined };
  const waiting = waitForCache(core.cache, core.clock, resourceVersion);
  return waiting === undefined ? listCached(page, core.cache.revision) : waiting.then(() => listCached(page, core.cache.revision));
}

function continueList(core: Core, served: StoredResource, filter: WatchFilter, options: ListOptions, pageLimit: number): ListAnswer | Promise<ListAnswer> {
  const token = decodeContinue(options.continue);
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') throw badRequestError('specifying resource version is not allowed when using continue');
  const after = `${filter.prefix}${token.after}`;
  const page: Page = { served, filter, limit: pageLimit, after };
  if (token.revision < 0) {
    const waiting = core.cache.fresh();
    return waiting === undefined ? listCached(page, core.cache.revision) : waiting.then(() => listCached(page, core.cache.revision));
  }
  return listOnce(core, page, token.revision, () => new ExpiredContinueError(token.after));
}

/** Of one revision, and of one that is yet to come: it may be there in a moment. */
function listOnce(core: Core, page: Page, revision: number, expired: () => Error): ListAnswer | Promise<ListAnswer> {
  const waiting = waitForRevision(core.cache, core.clock, revision);
  return waiting === undefined ? listAt(core, page, revision, expired) : waiting.then(() => listAt(core, page, revision, expired));
}

/** The cache answers for a past revision too, as long as nothing of the resource has changed since. */
function listAt(core: Core, page: Page, revision: number, expired: () => Error): ListAnswer | Promise<ListAnswer> {
  if (revision <= core.store.compactedRevision) throw expired();
  if (page.served.storage.cache.changedAt <= revision && revision <= core.cache.revision) return listCached(page, revision);
  return listStored(core, page, revision).catch((error: unknown) => {
    if (error instanceof CompactedError) throw expired();
    if (error instanceof FutureRevisionError) throw tooLargeResourceVersion(revision, error.currentRevision);
    throw error;
  });
}

/** Gathers what a filter chooses until the page is full; `push` answers false when it is. */
class PageBuilder {
  readonly items: CachedObject[] = [];
  readonly #page: Page;
  more = false;

  constructor(page: Page) {
    this.#page = page;
  }

  push(object: CachedObject): boolean {
    // Whether what follows would be chosen is not looked at: as upstream, the next page may turn out empty.
    if (this.#page.limit > 0 && this.items.length >= this.#page.limit) {
      this.more = true;
      return false;
    }
    const { matches } = this.#page.filter;
    if (matches === undefined || matches(object)) this.items.push(object);
    return true;
  }

  answer(revision: number, remaining: () => number): ListAnswer {
    const { served, filter } = this.#page;
    const after = this.items.at(-1)?.key.slice(filter.prefix.length);
    return {
      kind: 'list', served, revision, items: this.items,
      ...(this.more && after !== undefined && { continue: encodeContinue({ revision, after }) }),
      // With selectors nobody knows how many are left without looking at them all.
      ...(this.more && filter.matches === undefined && { remaining: remaining() }),
    };
  }
}

function listCached(page: Page, revision: number): ListAnswer {
  const builder = new PageBuilder(page);
  const { cache } = page.served.storage;
  const pinned = page.filter.pinned?.field === 'metadata.name' ? page.filter.pinned.value : undefined;
  if (pinned !== undefined && (page.filter.prefix !== '' || !page.served.schema.namespaced)) {
    const object = cache.get(`${page.filter.prefix}${pinned}`);
    if (object !== undefined) builder.push(object);
  } else {
    cache.scanFor(page.filter, page.after, (object) => builder.push(object));
  }
  return builder.answer(revision, () => cache.count(page.filter.prefix, builder.items.at(-1)?.key));
}

/** How many entries are read from the store at a time when a filter thins them out. */
const storePageSize = 500;

async function listStored(core: Core, page: Page, revision: number): Promise<ListAnswer> {
  const builder = new PageBuilder(page);
  const { cache } = page.served.storage;
  const prefix = `${cache.prefix}${page.filter.prefix}`;
  let after = page.after === undefined ? undefined : `${cache.prefix}${page.after}`;
  let remaining = 0;
  for (;;) {
    const limit = page.limit > 0 && page.filter.matches === undefined ? page.limit : storePageSize;
    const { entries, remaining: left } = await core.store.list(prefix, { revision, limit, ...(after !== undefined && { after }) });
    remaining = left;
    for (const entry of entries) if (!builder.push(cache.decode(entry.key, entry.value, entry.modRevision))) break;
    if (left === 0 || builder.more) break;
    if (page.limit > 0 && builder.items.length >= page.limit && page.filter.matches === undefined) {
      builder.more = true;
      break;
    }
    after = entries.at(-1)!.key;
  }
  return builder.answer(revision, () => remaining);
}
