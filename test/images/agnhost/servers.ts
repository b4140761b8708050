import { createSocket } from 'node:dgram';
import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Answer } from './answering.ts';
import { notFound, ownName, serve } from './answering.ts';
import { portOf } from './options.ts';

/** Says its host name over HTTP, or over TCP or UDP where that is asked for. */
export function serveHostname(options: ReadonlyMap<string, string>): void {
  const port = portOf(options, 'port', 9376);
  if (options.get('tcp') === 'true') createServer((socket) => socket.on('error', () => {}).end(ownName())).listen(port);
  if (options.get('udp') === 'true') {
    const socket = createSocket('udp6').on('message', (_, peer) => socket.send(ownName(), peer.port, peer.address));
    socket.bind(port);
  }
  if (options.get('tcp') !== 'true' && options.get('udp') !== 'true') serve(port, ownName);
}

async function fileAt(path: string): Promise<Answer | string> {
  try {
    if (!(await stat(path)).isDirectory()) return { body: await readFile(path) };
    return `<pre>\n${(await readdir(path)).map((name) => `<a href="${name}">${name}</a>`).join('\n')}\n</pre>\n`;
  } catch {
    return notFound;
  }
}

/** Serves the files of its container. */
export const testWebserver = (options: ReadonlyMap<string, string>): void => serve(portOf(options, 'port', 80), ({ path }) => fileAt(decodeURIComponent(path)));

/** Healthy for ten seconds, and then no longer. */
export function liveness(): void {
  const startedMs = Date.now();
  serve(8080, ({ path }) => {
    const seconds = (Date.now() - startedMs) / 1000;
    if (path !== '/healthz') return '<html></html>';
    return seconds > 10 ? { code: 500, body: `error: ${seconds}` } : 'ok';
  });
}

/** Remembers who wrote to it. */
export function nettest(options: ReadonlyMap<string, string>): void {
  const received: Record<string, number> = {};
  serve(portOf(options, 'port', 8080), async ({ path, message }) => {
    if (path === '/read') return { type: 'application/json', body: JSON.stringify({ Hostname: ownName(), Received: received }) };
    if (path !== '/write') return notFound;
    let text = '';
    for await (const part of message) text += String(part);
    const { Source: source = '' } = JSON.parse(text) as { Source?: string };
    received[source] = (received[source] ?? 0) + 1;
    return { type: 'application/json', body: '{}' };
  });
}
