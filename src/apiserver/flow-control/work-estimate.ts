import type { RequestInfo } from '../request.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ServedResources, Storage } from '../served-resources.ts';
import type { FlowStats } from './flow-stats.ts';

/** What a request is reckoned to cost: seats while it runs, and seats for the time afterwards in which watchers are told. */
export interface WorkEstimate {
  readonly initialSeats: number;
  readonly finalSeats: number;
  readonly additionalSeconds: number;
}

const maxListSeats = 100;
const maxMutatingSeats = 10;
const bytesPerSeat = 100_000;
/** What a list that is streamed from the cache holds in memory at a time, at most. */
const cachedListBytes = 1_000_000;
const maxObjectBytes = 1_500_000;
const watchersPerSeat = 10;
const eventSeconds = 0.005;

const seatsOf = (initialSeats: number): WorkEstimate => ({ initialSeats, finalSeats: 0, additionalSeconds: 0 });
export const oneSeat: WorkEstimate = Object.freeze(seatsOf(1));

/** `maxSeats`: what the request's priority level allows; 0: what the kind of request does. */
export function estimateWork(resources: ServedResources, request: ServerRequest, maxSeats: number, stats: FlowStats): WorkEstimate {
  const { info } = request;
  switch (info.verb) {
    case 'list': case 'watch': {
      const storage = resources.storage(info.apiGroup, info.resource);
      return storage === undefined ? oneSeat : estimateList(storage, request, maxSeats);
    }
    case 'create': case 'update': case 'patch': case 'delete': {
      const storage = resources.storage(info.apiGroup, info.resource);
      return storage === undefined ? oneSeat : estimateWrite(storage, info, maxSeats, stats);
    }
    default: return oneSeat;
  }
}

function limited(maxSeats: number, ceiling: number): number {
  return maxSeats === 0 || maxSeats > ceiling ? ceiling : maxSeats;
}

function estimateList({ cache }: Storage, request: ServerRequest, maxSeats: number): WorkEstimate {
  const query = request.queryOrUndefined;
  const asked = (name: string): string => query?.get(name) ?? '';
  const { info } = request;
  if (info.verb === 'watch') {
    const startsWithAll = asked('sendInitialEvents') === 'true' || asked('resourceVersion') === '' || asked('resourceVersion') === '0';
    if (!startsWithAll) return oneSeat;
  }
  const count = cache.size;
  if (count === 0) return oneSeat;
  const limit = Number(asked('limit'));
  const listed = limit > 0 && limit < count ? limit : count;
  const fromCache = info.verb === 'watch' || !readsHistory(asked);
  let objects = listed;
  if (info.name !== '') objects = 1;
  else if (!fromCache && (asked('fieldSelector') !== '' || asked('labelSelector') !== '')) objects = Math.max(listed, Math.floor(count / 2));
  const average = cache.sizeBytes > 0 ? Math.ceil(cache.sizeBytes / count) : maxObjectBytes;
  const bytes = fromCache ? Math.min(objects * average, cachedListBytes) : objects * average;
  const seats = Math.max(1, Math.min(Math.ceil(bytes / bytesPerSeat), limited(maxSeats, maxListSeats)));
  return seats === 1 ? oneSeat : seatsOf(seats);
}

/** Lists of the past are read from the store, not from the cache. */
function readsHistory(asked: (name: string) => string): boolean {
  const match = asked('resourceVersionMatch');
  if (match === 'Exact') return true;
  if (match !== '') return match !== 'NotOlderThan';
  if (asked('continue') !== '') return true;
  const version = asked('resourceVersion');
  return Number(asked('limit')) > 0 && version !== '' && version !== '0';
}

function estimateWrite({ cache }: Storage, info: RequestInfo, maxSeats: number, stats: FlowStats): WorkEstimate {
  // A token changes nothing that anybody watches.
  if (info.resource === 'serviceaccounts' && info.subresource === 'token') return oneSeat;
  const watchers = cache.watchersOf(info.namespace, info.name);
  stats.watchers.observe(watchers);
  if (watchers < watchersPerSeat) return oneSeat;
  const wanted = Math.ceil(watchers / watchersPerSeat);
  const finalSeats = Math.min(wanted, limited(maxSeats, maxMutatingSeats));
  return { initialSeats: 1, finalSeats, additionalSeconds: (wanted * eventSeconds) / finalSeats };
}
