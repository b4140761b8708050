/** One HTTP exchange with a backend, and a connection upgrade passed on to one: what kubelets and proxied backends share. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../base/clock.ts';
import type { Upgrade } from '../request.ts';
import type { ForwardedAnswer, ForwardedRequest } from '../subresources/proxy/forwarder.ts';
import { headersToPassOn, isWithheld } from './headers-to-pass-on.ts';

/** Sends a request and resolves with the head of its answer; the body follows as it arrives. Rejects as the connection does. */
export function exchange(scheme: 'http' | 'https', options: RequestOptions, request: ForwardedRequest): Promise<ForwardedAnswer> {
  return attempt(scheme, options, request).catch((failure: unknown) => {
    // The backend closed a kept connection while the request was on its way: as Go's transport does, it is sent once more.
    if (failure instanceof StaleConnection) return exchange(scheme, options, request);
    throw failure;
  });
}

class StaleConnection extends Error {}

function attempt(scheme: 'http' | 'https', options: RequestOptions, { method, path, headers, body, signal }: ForwardedRequest): Promise<ForwardedAnswer> {
  return new Promise((resolve, reject) => {
    // Importing node:http from a module makes Node load its whole fetch, which costs a start 25 ms; this does not.
    const request = scheme === 'https' ? httpsRequest : process.getBuiltinModule('node:http').request;
    const outgoing = request({ ...options, method, path, headers: headers as Record<string, string | string[]>, signal }, (incoming: IncomingMessage) => {
      // Whoever reads the body learns of a broken connection by its end.
      incoming.on('error', () => {});
      resolve({ code: incoming.statusCode ?? 502, headers: headersToPassOn(incoming.headers), body: incoming });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const mayRepeat = outgoing.reusedSocket && error.code === 'ECONNRESET' && body === undefined && (method === 'GET' || method === 'HEAD');
      reject(mayRepeat ? new StaleConnection(error.message, { cause: error }) : error);
    });
    if (body === undefined) outgoing.end();
    else pipeline(Readable.from(body, { objectMode: false }), outgoing).catch((error: unknown) => { outgoing.destroy(error as Error); });
  });
}

/** The head of an upgrade request as the backend gets it, with `more` headers of our own. */
export function upgradeHead(host: string, path: string, { method, headers }: Upgrade, more: Readonly<Record<string, string | readonly string[]>> = {}): string {
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (isWithheld(name) || name === 'host' || name === 'content-length' || name === 'transfer-encoding') continue;
    for (const one of typeof value === 'string' ? [value] : value) {
      const shown = name === 'sec-websocket-protocol' ? withoutToken(one) : one;
      if (shown !== '') head += `${name}: ${shown}\r\n`;
    }
  }
  for (const [name, value] of Object.entries(more)) for (const one of typeof value === 'string' ? [value] : value) head += `${name}: ${one}\r\n`;
  if (method !== 'GET') head += 'Content-Length: 0\r\n';
  return `${head}\r\n`;
}

/** Bytes both ways; when one side ends or breaks, so does the other. */
function join(a: Duplex, b: Duplex): void {
  a.pipe(b);
  b.pipe(a);
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}

/** `host:port`, as a Host header and messages name it. */
export const hostAndPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Resolves with a socket that is being connected once it is; rejects as it does, or when it takes longer than `timeoutMs`. */
export function connected<T extends Socket>(socket: T, event: 'connect' | 'secureConnect', options: { readonly clock: Clock; readonly timeoutMs: number }): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = options.clock.setTimer(options.timeoutMs, () => socket.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })), { unref: true });
    socket.once('error', (error) => {
      timer.cancel();
      reject(error);
    });
    socket.once(event, () => {
      timer.cancel();
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** What is sent on a new connection to a backend before both ends are joined. */
export function passUpgradeOn(backend: Duplex, head: string, upgrade: Upgrade): void {
  if (upgrade.socket.destroyed) {
    backend.destroy();
    return;
  }
  backend.write(head, 'latin1');
  if (upgrade.head.length > 0) backend.write(upgrade.head);
  join(backend, upgrade.socket);
}

const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

/** Browsers send their token as a WebSocket protocol: backends do not get to see it. */
function withoutToken(protocols: string): string {
  return protocols.split(',').map((one) => one.trim()).filter((one) => !one.startsWith(bearerProtocol)).join(', ');
}
