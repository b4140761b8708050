import type { Readable } from 'node:stream';
import { PassThrough, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { exitStatus } from './exit-status.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/connection.ts';
import type { RemoteCommandOptions, RemoteCommandSession, UpgradeRequest } from './streaming.ts';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from './websocket.ts';

const spdyProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const webSocketProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io'];

/** A terminal's size as kubectl sends it. */
interface TerminalSize { readonly Width?: number; readonly Height?: number }

/**
 * Accepts an exec or attach session over SPDY/3.1 or WebSocket and resolves once all its streams are open. Rejects (and
 * closes the connection) when the client offers no known protocol or does not open its streams.
 */
export function serveRemoteCommand(request: UpgradeRequest, options: RemoteCommandOptions): Promise<RemoteCommandSession> {
  return isWebSocketUpgrade(request) ? overWebSocket(request, options) : overSpdy(request, options);
}

function resizeListener(): { onResize: RemoteCommandSession['onResize']; receive(text: string): void } {
  let listener: ((width: number, height: number) => void) | undefined;
  let last: TerminalSize | undefined;
  const deliver = (): void => {
    if (last?.Width !== undefined && last.Height !== undefined) listener?.(last.Width, last.Height);
  };
  return {
    onResize: (callback) => {
      listener = callback;
      deliver();
    },
    receive: (text) => {
      try {
        last = JSON.parse(text) as TerminalSize;
      } catch {
        return; // A broken size must not end a session.
      }
      deliver();
    },
  };
}

function overSpdy(request: UpgradeRequest, options: RemoteCommandOptions): Promise<RemoteCommandSession> {
  const offered = offeredProtocols(request, 'x-stream-protocol-version');
  const protocol = offered.length === 0 ? 'channel.k8s.io' : spdyProtocols.find((one) => offered.includes(one));
  if (protocol === undefined) {
    request.socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n${spdyProtocols.map((one) => `X-Accepted-Stream-Protocol-Versions: ${one}\r\n`).join('')}\r\n`);
    return Promise.reject(new Error(`no common stream protocol: ${offered.join(', ')}`));
  }
  request.socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
  const numeric = protocol === 'v4.channel.k8s.io';
  const wanted = ['error', ...(options.stdin ? ['stdin'] : []), ...(options.stdout ? ['stdout'] : []), ...(options.stderr && !options.tty ? ['stderr'] : [])];
  if (options.tty && (protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io')) wanted.push('resize');

  return new Promise((resolve, reject) => {
    const streams = new Map<string, SpdyStream>();
    const gone = new AbortController();
    const connection = new SpdyConnection({
      socket: request.socket,
      head: request.head,
      role: 'server',
      onStream: (stream) => {
        const type = stream.headers['streamtype'] ?? '';
        if (!wanted.includes(type) || streams.has(type)) {
          stream.destroy();
          return;
        }
        streams.set(type, stream);
        if (type === 'stdout' || type === 'stderr' || type === 'error') stream.resume();
        if (streams.size === wanted.length) resolve(session());
      },
    });
    void connection.closed.then(() => {
      gone.abort(new Error('the client went away'));
      reject(new Error('the client went away before it opened its streams'));
    });

    const session = (): RemoteCommandSession => {
      const resize = resizeListener();
      streams.get('resize')?.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString('utf8').split('\n')) if (line !== '') resize.receive(line);
      });
      return {
        stdin: streams.get('stdin'),
        stdout: streams.get('stdout'),
        stderr: streams.get('stderr'),
        onResize: resize.onResize,
        signal: gone.signal,
        finish: async (result) => {
          const error = streams.get('error');
          await Promise.all(['stdout', 'stderr'].map((name) => ended(streams.get(name))));
          const status = exitStatus(result);
          const text = numeric ? JSON.stringify(status) : status.status === 'Success' ? '' : `error executing remote command: ${status.message ?? 'failed'}`;
          if (error !== undefined) {
            error.end(text);
            await ended(error);
          }
          await connection.close();
        },
      };
    };
  });
}

/** Resolves when everything written has been handed to the connection, or it has gone. */
function ended(stream: Writable | undefined): Promise<void> {
  if (stream === undefined || stream.writableFinished || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('finish', resolve);
    stream.once('close', resolve);
    if (!stream.writableEnded) stream.end();
  });
}

async function overWebSocket(request: UpgradeRequest, options: RemoteCommandOptions): Promise<RemoteCommandSession> {
  const { socket, protocol } = await acceptWebSocket(request, webSocketProtocols);
  const base64 = protocol.includes('base64');
  const structured = protocol.startsWith('v');
  const gone = new AbortController();
  const resize = resizeListener();
  const stdin = options.stdin ? new PassThrough({ highWaterMark: 64 * 1024 }) : undefined;
  stdin?.on('error', () => {});
  stdin?.on('drain', () => socket.resume());
  socket.on('close', () => {
    gone.abort(new Error('the client went away'));
    stdin?.end();
  });
  socket.on('message', (data: Buffer) => {
    if (data.length === 0) return;
    const channel = base64 ? data[0]! - 48 : data[0]!;
    const body = base64 ? Buffer.from(data.toString('latin1', 1), 'base64') : data.subarray(1);
    if (channel === 255) {
      if (body[0] === 0) stdin?.end();
    } else if (channel === 0) {
      if (stdin !== undefined && !stdin.writableEnded && !stdin.write(body)) socket.pause();
    } else if (channel === 4) resize.receive(body.toString('utf8'));
  });
  const output = (channel: number): Writable => channelWriter(socket, channel, base64);
  const stdout = options.stdout ? output(1) : undefined;
  const stderr = options.stderr && !options.tty ? output(2) : undefined;
  return {
    stdin: stdin as Readable | undefined,
    stdout,
    stderr,
    onResize: resize.onResize,
    signal: gone.signal,
    finish: async (result) => {
      await Promise.all([ended(stdout), ended(stderr)]);
      const status = exitStatus(result);
      const text = structured ? JSON.stringify(status) : status.status === 'Success' ? '' : (status.message ?? 'failed');
      if (text !== '') await ended(output(3).end(text) as Writable);
      socket.close(1000);
    },
  };
}

function channelWriter(socket: WebSocket, channel: number, base64: boolean): Writable {
  const frame = (chunk: Buffer): Buffer | string => base64 ? `${channel}${chunk.toString('base64')}` : Buffer.concat([Buffer.of(channel), chunk]);
  const writable = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      if (socket.readyState !== socket.OPEN) callback(new Error('the client went away'));
      else socket.send(frame(chunk), { binary: !base64 }, (error) => callback(error ?? null));
    },
  });
  writable.on('error', () => {});
  return writable;
}
