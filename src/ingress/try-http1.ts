import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as send } from 'node:http';
import { request as sendSecurely } from 'node:https';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { cutOff, hostOf, passHead } from './exchange.ts';
import { answerHeaders } from './headers.ts';
import { hostName } from './routes.ts';
import type { Try } from './upstream.ts';
import { silenceMs } from './upstream.ts';

/** The name that a backend is asked for in the handshake: the client's. */
export function serverName(request: Try['request']): string {
  const name = hostName(hostOf(request) ?? '');
  return isIP(name.replace(/^\[|\]$/g, '')) === 0 ? name : '';
}

/** Sends a request to a backend that speaks HTTP/1.1, over TLS or not. */
export function tryHttp1({ request, response, upstreams, address: { host, port, protocol }, headers, hasBody, fresh, connected, failed }: Try): { destroy(): void } {
  const options = { host, port, method: request.method ?? 'GET', path: request.url ?? '/', headers: [...headers], setHost: false };
  const outgoing = protocol === 'https' ? sendSecurely({ ...options, agent: fresh ? false : upstreams.secure, rejectUnauthorized: false, servername: serverName(request) }) : send({ ...options, agent: fresh ? false : upstreams.plain });
  let bodySent = false;
  let timedOut = false;
  outgoing.setTimeout(silenceMs, () => {
    timedOut = true;
    outgoing.destroy(new Error('the backend is silent'));
  });
  outgoing.on('response', (incoming) => passBack(incoming, { request, response }));
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    const wasStale = outgoing.reusedSocket && !bodySent && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    failed(error, { neverArrived: error.syscall === 'connect', wasStale, timedOut });
  });
  if (!hasBody) outgoing.end();
  else onceConnected(outgoing, protocol === 'https' ? 'secureConnect' : 'connect', () => {
    bodySent = true;
    connected(outgoing);
  });
  return outgoing;
}

/** The body waits for the connection, so that it can still go elsewhere when there is none. */
function onceConnected(outgoing: ClientRequest, event: 'connect' | 'secureConnect', then: () => void): void {
  outgoing.on('socket', (socket) => {
    // A handshake is over when what ends it is known.
    if (socket.connecting || (event === 'secureConnect' && (socket as TLSSocket).getFinished() === undefined)) socket.once(event, then);
    else then();
  });
}

function passBack(incoming: IncomingMessage, { request, response }: Pick<Try, 'request' | 'response'>): void {
  passHead(response, incoming.statusCode ?? 502, answerHeaders(incoming), incoming.statusMessage);
  if (request.method === 'HEAD') {
    incoming.resume();
    response.end();
    return;
  }
  incoming.pipe(response);
  // Cut off: the client must not take it for the end.
  incoming.on('aborted', () => cutOff(response));
  incoming.on('error', () => cutOff(response));
}
