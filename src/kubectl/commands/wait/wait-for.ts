import { ApiError, notFoundError } from '../../../api/status.ts';
import { pathOf } from '../../discovery/resource.ts';
import { KubectlError } from '../../errors.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { statesOf } from '../../resources/states-of.ts';
import type { Session } from '../../session.ts';

/** How long is waited: `once` looks and does not wait. */
export interface Limit { readonly once: boolean; readonly signal: AbortSignal }

export const timedOut = 'timed out waiting for the condition';

const timeoutOf = (item: Item): KubectlError => new KubectlError(`${timedOut} on ${item.resource!.resource}/${item.name}`);
const notMet = (item: Item): KubectlError => new KubectlError(`condition not met for ${item.resource!.resource}/${item.name}`);

/** Runs `use`, and says so in upstream's words where the time is over. */
async function within<T>(session: Session, item: Item, { signal }: Limit, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (signal.aborted && !session.io.signal.aborted) throw timeoutOf(item);
    throw error;
  }
}

const current = async (session: Session, item: Item, signal: AbortSignal): Promise<AnyObject> => (await session.connection()).json<AnyObject>({ method: 'GET', path: pathOf(item.resource!, item), signal });

/** Resolves with the object once it is as `met` wants it. One that is not there at the beginning is not waited for. */
export async function waitForState(session: Session, item: Item, met: (object: AnyObject) => boolean, limit: Limit): Promise<AnyObject> {
  return within(session, item, limit, async () => {
    if (limit.once) {
      const object = await current(session, item, limit.signal);
      if (!met(object)) throw notMet(item);
      return object;
    }
    let first = true;
    for await (const object of statesOf(session, item, limit.signal)) {
      if (object === undefined && first) throw notFoundError(item.resource!, item.name);
      first = false;
      if (object !== undefined && met(object)) return object;
    }
    throw timeoutOf(item);
  });
}

/** Resolves once the object is not there. */
export async function waitForDeletion(session: Session, item: Item, limit: Limit): Promise<AnyObject> {
  return within(session, item, limit, async () => {
    try {
      await current(session, item, limit.signal);
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound') return item.object!;
      throw error;
    }
    if (limit.once) throw notMet(item);
    for await (const object of statesOf(session, item, limit.signal)) if (object === undefined) return item.object!;
    throw timeoutOf(item);
  });
}
