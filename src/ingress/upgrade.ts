import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Address, Backend } from './backends.ts';
import type { ForwardOptions } from './forward.ts';
import { forwardedHeaders } from './headers.ts';
import { serverName } from './try-http1.ts';

/** A connection through which nothing passes for so long is ended. */
const idleMs = 3_600_000;
const connectMs = 10_000;
/** A backend that does not change the protocol has so long for each part of its answer. */
const declinedMs = 5_000;

/** Ends a connection that asked for another protocol. */
export function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Passes a connection on that changes its protocol, such as to WebSocket: the request, and then whatever both sides say. */
export function forwardUpgrade(request: IncomingMessage, client: Socket, head: Buffer, backend: Backend, { publicPorts, locate, failed }: Omit<ForwardOptions, 'upstreams'>): void {
  const tried: Address[] = [];
  const attempt = (): void => {
    const address = backend.next(tried);
    if (address === undefined) {
      refuse(client, tried.length === 0 ? '503 Service Temporarily Unavailable' : '502 Bad Gateway');
      return;
    }
    tried.push(address);
    const where = { ...locate(address), timeout: connectMs };
    // A protocol that is changed is HTTP/1.1's: what speaks HTTP/2 declines.
    const secure = address.protocol === 'https';
    const upstream: Socket = secure ? connectSecurely({ ...where, servername: serverName(request), rejectUnauthorized: false }) : connect(where);
    const refused = (error: Error): void => {
      upstream.destroy();
      failed(backend, address, error);
      if (!client.destroyed) attempt();
    };
    upstream.once('timeout', () => refused(new Error('timed out')));
    upstream.once('error', refused);
    upstream.once(secure ? 'secureConnect' : 'connect', () => {
      upstream.removeAllListeners('timeout').removeListener('error', refused);
      upstream.setTimeout(connectMs, () => upstream.destroy());
      tellEndings(client, upstream);
      onceAnswered(upstream, (answer) => {
        client.write(answer);
        if (/^HTTP\/1\.1 101/.test(answer.toString('latin1', 0, 12))) join(client, upstream, head);
        else decline(client, upstream);
      });
      const headers = forwardedHeaders(request, publicPorts);
      headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '');
      upstream.write(`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1\r\n${lines(headers)}\r\n`, 'latin1');
    });
  };
  attempt();
}

function lines(headers: readonly string[]): string {
  let text = '';
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return text;
}

/** Calls back with what came first, once it is enough to tell a status. */
function onceAnswered(upstream: Socket, then: (answer: Buffer) => void): void {
  let answer = Buffer.alloc(0);
  const take = (data: Buffer): void => {
    answer = Buffer.concat([answer, data]);
    if (answer.length < 12) return;
    upstream.removeListener('data', take);
    then(answer);
  };
  upstream.on('data', take);
}

/** When one ends, so does the other. */
function tellEndings(client: Socket, upstream: Socket): void {
  for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroySoon());
  }
}

/** What one says, the other hears. */
function join(client: Socket, upstream: Socket, head: Buffer): void {
  if (head.length > 0) upstream.write(head);
  for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
    from.setTimeout(idleMs, () => from.destroy());
    from.setNoDelay(true);
    from.pipe(to);
  }
}

/** The protocol stays: the answer goes back, and nothing more goes on. What the client asks next may be for somebody else. */
function decline(client: Socket, upstream: Socket): void {
  upstream.setTimeout(declinedMs, () => upstream.destroy());
  upstream.pipe(client);
}
