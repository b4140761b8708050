import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { badRequestError } from '../api/status.ts';
import type { UpgradeRequest } from './streaming.ts';

/** A message larger than this ends the connection; clients send at most 32 KiB at a time. */
const maxMessageBytes = 4 * 1024 * 1024;

/** True when the request asks for a WebSocket (as opposed to SPDY/3.1). */
export function isWebSocketUpgrade(request: Pick<UpgradeRequest, 'headers'>): boolean {
  return header(request, 'upgrade').toLowerCase() === 'websocket';
}

/** The value of a header, repeated ones joined as HTTP allows; empty when absent. */
export function header(request: Pick<UpgradeRequest, 'headers'>, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : (value ?? []).join(', ');
}

/** What the client offered, in its order. */
export function offeredProtocols(request: Pick<UpgradeRequest, 'headers'>, name: string): string[] {
  return header(request, name).split(',').map((one) => one.trim()).filter((one) => one !== '');
}

/** Browsers send their token as a subprotocol: it is no name to be shown or logged. */
const isToken = (protocol: string): boolean => protocol.startsWith('base64url.bearer.authorization.k8s.io.');

/** Completes the WebSocket handshake with the first of `supported` that the client offers (none: no subprotocol). */
export function acceptWebSocket(request: UpgradeRequest, supported: readonly string[]): Promise<{ socket: WebSocket; protocol: string }> {
  const offered = offeredProtocols(request, 'sec-websocket-protocol');
  const protocol = supported.find((one) => offered.includes(one)) ?? '';
  if (protocol === '' && offered.length > 0) {
    const shown = offered.filter((one) => !isToken(one)).join(', ');
    request.socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nunable to negotiate a subprotocol: the client offers ${shown}; this server knows ${supported.join(', ')}\n`);
    return Promise.reject(badRequestError(`no common WebSocket subprotocol: ${shown}`));
  }
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: maxMessageBytes, perMessageDeflate: false });
  // The names that Kubernetes uses (`SPDY/3.1+portforward.k8s.io`) are not all tokens as RFC 6455 wants them, and ws is
  // strict: it never sees the header, and the answer is added by hand.
  const headers = { ...request.headers };
  delete headers['sec-websocket-protocol'];
  server.on('headers', (lines) => { if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`); });
  return new Promise((resolve, reject) => {
    request.socket.once('close', () => reject(new Error('the client went away')));
    // What the client did wrong is told by whoever asked, on the socket.
    server.on('wsClientError', (error) => reject(badRequestError(error.message)));
    // ws reads method, url and headers of the request, nothing else.
    server.handleUpgrade({ method: request.method, url: request.url, headers } as unknown as IncomingMessage, request.socket, Buffer.from(request.head), (socket) => {
      socket.on('error', () => socket.terminate());
      resolve({ socket, protocol });
    });
  });
}

/** Bytes of a WebSocket's binary messages as one stream: for protocols that are tunnelled. */
export function webSocketAsDuplex(socket: WebSocket): Duplex {
  const duplex = new Duplex({
    read() { socket.resume(); },
    write(chunk: Buffer, _encoding, callback) { socket.send(chunk, { binary: true }, (error) => callback(error ?? null)); },
    final(callback) { socket.close(1000); callback(); },
    destroy(error, callback) { socket.terminate(); callback(error); },
  });
  socket.on('message', (data: Buffer) => { if (!duplex.push(data)) socket.pause(); });
  socket.on('close', () => { if (!duplex.readableEnded) duplex.push(null); duplex.destroy(); });
  return duplex;
}
