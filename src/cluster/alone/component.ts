import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import type { Connection } from '../../client/kubeconfig.ts';
import type { HttpClient } from '../../client/transports/http.ts';
import { createHttpClient } from '../../client/transports/http.ts';
import type { ProgressSink } from '../start-options.ts';

/** What a component that runs alone is started with: an API server somewhere, and itself. */
export interface ComponentOptions {
  /** Where the API server is and as whom it is asked. */
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly progress: ProgressSink;
  /** Called when the component cannot go on, such as when it no longer leads: the process ends. */
  readonly onLost: (error: Error) => void;
}

/** A client that says which component it is; `undo` owns its connections. */
export function componentClient({ connection, clock, random }: ComponentOptions, userAgent: string, undo: AsyncDisposableStack, credentials: Partial<Connection> = {}): HttpClient {
  const client = createHttpClient({ ...connection, ...credentials, clock, random, userAgent });
  undo.defer(() => client.close());
  return client;
}

/** Rejects with one line when the server cannot be reached or does not know us: better at once than in a log that nobody reads. */
export async function expectServer(client: Client, { connection }: ComponentOptions): Promise<void> {
  try {
    await client.raw('GET', '/version');
  } catch (error) {
    throw new Error(`the API server at ${connection.server} cannot be used: ${(error as Error).message}; is it running, and is the kubeconfig its own?`, { cause: error });
  }
}
