import { watchEvents } from '../connection/watch-events.ts';
import { pathOf } from '../discovery/resource.ts';
import type { Session } from '../session.ts';
import type { AnyObject, Item } from './item.ts';
import { isList } from './item.ts';

/** Between one watch that the server ended and the next. */
const pauseMs = 500;

/** The object now, and then whenever it changes; undefined when it is gone. Ends only by its signal, or when nobody reads on. */
export async function* statesOf(session: Session, item: Pick<Item, 'resource' | 'namespace' | 'name'>, signal: AbortSignal): AsyncGenerator<AnyObject | undefined> {
  const connection = await session.connection();
  const path = pathOf(item.resource!, { namespace: item.namespace });
  const selector = { fieldSelector: `metadata.name=${item.name}` };
  for (;;) {
    const list = await connection.json<AnyObject>({ method: 'GET', path: `${path}?${new URLSearchParams(selector).toString()}`, signal });
    const [object] = isList(list) ? list.items : [];
    yield object === undefined ? undefined : { apiVersion: list.apiVersion ?? '', kind: item.resource!.kind, ...object };
    const query = new URLSearchParams({ ...selector, watch: 'true', resourceVersion: list.metadata?.resourceVersion ?? '' });
    for await (const { type, object: next } of watchEvents<AnyObject>(connection, { path: `${path}?${query.toString()}`, signal })) {
      if (type === 'ERROR') break;
      yield type === 'DELETED' ? undefined : next;
    }
    await session.io.clock.sleep(pauseMs, signal);
  }
}
