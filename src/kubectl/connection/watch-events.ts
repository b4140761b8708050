import type { ApiRequest, Connection } from './connection.ts';
import { BodyTimeout } from './connection.ts';
import { linesOf } from './lines.ts';

/** What happened to an object; of type ERROR the object says what went wrong. */
export interface WatchEvent<T> { readonly type: string; readonly object: T }

/** The events of a watch, without its bookmarks, until the server or `--request-timeout` ends it. */
export async function* watchEvents<T>(connection: Connection, request: Pick<ApiRequest, 'path' | 'accept' | 'signal'>): AsyncGenerator<WatchEvent<T>> {
  const stream = await connection.stream({ method: 'GET', endless: true, ...request });
  try {
    for await (const line of linesOf(stream as AsyncIterable<Buffer>)) {
      const event = JSON.parse(line) as WatchEvent<T>;
      if (event.type !== 'BOOKMARK') yield event;
    }
  } catch (error) {
    if (!(error instanceof BodyTimeout)) throw error;
  }
}
