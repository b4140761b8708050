import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/connection.ts';
import type { PortForwardSession, PortForwardStream, UpgradeRequest } from './streaming.ts';
import { acceptWebSocket, isWebSocketUpgrade, webSocketAsDuplex } from './websocket.ts';

const spdyProtocol = 'portforward.k8s.io';
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
const channelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'portforward.k8s.io'];

/**
 * Accepts a port-forward session: SPDY/3.1 (portforward v1), SPDY tunnelled in a WebSocket (kubectl 1.31 and later), or
 * the older WebSocket channels whose ports stand in the query (client libraries): `?port=80,81`, as upstream's API server
 * writes to kubelets what clients wrote to it as `ports`.
 */
export async function servePortForward(request: UpgradeRequest): Promise<PortForwardSession> {
  if (!isWebSocketUpgrade(request)) {
    request.socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${spdyProtocol}\r\n\r\n`);
    return overSpdy(request.socket, request.head);
  }
  const { socket, protocol } = await acceptWebSocket(request, [tunnelProtocol, ...channelProtocols]);
  if (protocol === tunnelProtocol) return overSpdy(webSocketAsDuplex(socket), new Uint8Array(0));
  return overChannels(socket, request.url, protocol.includes('base64'));
}

/** Streams that arrive before anyone listens wait for the listener. */
function delivery(): { onStream: PortForwardSession['onStream']; deliver(stream: PortForwardStream): void } {
  const early: PortForwardStream[] = [];
  let listener: ((stream: PortForwardStream) => void) | undefined;
  return {
    onStream: (callback) => {
      listener = callback;
      for (const stream of early.splice(0)) callback(stream);
    },
    deliver: (stream) => { if (listener === undefined) early.push(stream); else listener(stream); },
  };
}

function overSpdy(socket: Duplex, head: Uint8Array): PortForwardSession {
  const { onStream, deliver } = delivery();
  const gone = new AbortController();
  /** A connection is two streams with the same request id: its errors, then its data. */
  const halves = new Map<string, { error?: SpdyStream; data?: SpdyStream }>();
  const connection = new SpdyConnection({
    socket,
    head,
    role: 'server',
    onStream: (stream) => {
      const port = Number(stream.headers['port']);
      const type = stream.headers['streamtype'];
      if (!Number.isInteger(port) || port < 1 || port > 65535 || (type !== 'error' && type !== 'data')) {
        stream.destroy();
        return;
      }
      // Clients older than request ids open the error stream right before its data stream.
      const id = stream.headers['requestid'] ?? String(type === 'error' ? stream.id : stream.id - 2);
      const pair = halves.get(id) ?? {};
      halves.set(id, pair);
      pair[type] = stream;
      const { error, data } = pair;
      if (error === undefined || data === undefined) return;
      halves.delete(id);
      error.resume();
      data.once('close', () => { if (!error.writableEnded) error.end(); });
      deliver({
        port,
        data,
        fail: (message) => {
          error.end(message);
          data.end();
        },
      });
    },
  });
  void connection.closed.then(() => gone.abort(new Error('the client went away')));
  return { onStream, signal: gone.signal, closed: connection.closed };
}

function overChannels(socket: WebSocket, url: string, base64: boolean): PortForwardSession {
  const { onStream, deliver } = delivery();
  const gone = new AbortController();
  const ports = new URL(url, 'http://localhost').searchParams.getAll('port').flatMap((one) => one.split(',')).map(Number).filter((port) => Number.isInteger(port) && port > 0 && port < 65536);
  const send = (channel: number, bytes: Uint8Array, done: (error?: Error | null) => void): void => {
    if (socket.readyState !== socket.OPEN) done(new Error('the client went away'));
    else socket.send(base64 ? `${channel}${Buffer.from(bytes).toString('base64')}` : Buffer.concat([Buffer.of(channel), bytes]), { binary: !base64 }, (error) => done(error ?? null));
  };
  const streams = ports.map((port, index) => {
    const data = new Duplex({
      read() { socket.resume(); },
      write(chunk: Buffer, _encoding, callback) { send(2 * index, chunk, callback); },
    });
    data.on('error', () => {});
    // Both channels of a port start with the port's number, so that the client can tell them apart.
    const announced = Buffer.alloc(2);
    announced.writeUInt16LE(port);
    send(2 * index, announced, () => {});
    send(2 * index + 1, announced, () => {});
    return { port, data, fail: (message: string) => send(2 * index + 1, Buffer.from(message), () => {}) };
  });
  socket.on('message', (message: Buffer) => {
    if (message.length === 0) return;
    const channel = base64 ? message[0]! - 48 : message[0]!;
    const body = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : Buffer.from(message.subarray(1));
    if (channel % 2 === 0 && streams[channel / 2]?.data.push(body) === false) socket.pause();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const { data } of streams) data.push(null);
      gone.abort(new Error('the client went away'));
      resolve();
    });
  });
  for (const stream of streams) deliver(stream);
  return { onStream, signal: gone.signal, closed };
}
