import { networkInterfaces } from 'node:os';
import type { Answer, Handler } from './answering.ts';
import { notFound, serve } from './answering.ts';
import { portOf } from './options.ts';

const ownAddress = (): string => Object.values(networkInterfaces()).flat().find((one) => one?.internal === false)?.address ?? '127.0.0.1';

async function ask(host: string, port: number, path: string, query: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(`http://${host}:${port}${path}?${new URLSearchParams(query).toString()}`, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${host}: ${response.status}`);
  return response.text();
}

const json = (value: object): Answer => ({ type: 'application/json', body: JSON.stringify(value) });

/** A replica tells the primary where it is, until the primary has heard it, and learns what the primary was told before. */
async function register(primary: string, port: number): Promise<[string, string][]> {
  for (;;) {
    try {
      return JSON.parse(await ask(primary, port, '/register', { host: ownAddress() })) as [string, string][];
    } catch (error) {
      console.log(`registering at ${primary}: ${(error as Error).message}`);
      await new Promise((resolve) => { setTimeout(resolve, 500); });
    }
  }
}

/**
 * The guestbook's three roles: a primary, which knows its replicas and passes on what it is told; a replica, which keeps it; and
 * a front end, which writes to the one and reads from the other.
 */
export async function guestbook(options: ReadonlyMap<string, string>): Promise<void> {
  const port = portOf(options, 'http-port', 80);
  const backendPort = portOf(options, 'backend-port', 6379);
  const primary = options.get('replicaof');
  const replicas = new Set<string>();
  const stored = new Map<string, string>();
  const paths: Readonly<Record<string, Handler>> = {
    '/register': ({ query }) => {
      replicas.add(query.get('host') ?? '');
      return json([...stored]);
    },
    '/get': ({ query }) => json({ data: stored.get(query.get('key') ?? '') ?? '' }),
    '/set': async ({ query }) => {
      const [key, value] = [query.get('key') ?? '', query.get('value') ?? ''];
      stored.set(key, value);
      for (const replica of replicas) await ask(replica, port, '/set', { key, value });
      return json({ message: 'Updated' });
    },
    '/guestbook': async ({ query }) => {
      const [command, key, value] = [query.get('cmd'), query.get('key') ?? '', query.get('value') ?? ''];
      if (command === 'get') return { type: 'application/json', body: await ask('agnhost-replica', backendPort, '/get', { key }) };
      if (command === 'set') return { type: 'application/json', body: await ask('agnhost-primary', backendPort, '/set', { key, value }) };
      return { code: 400, body: `unexpected cmd: ${command}` };
    },
    '/healthz': () => 'ok',
  };
  serve(port, (request) => (paths[request.path] ?? (() => notFound))(request));
  if (primary !== undefined) for (const [key, value] of await register(primary, port)) stored.set(key, value);
}
