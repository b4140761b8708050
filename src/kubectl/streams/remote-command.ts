import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocket } from 'ws';
import { parseExitStatus } from '../../streaming/exit-status.ts';
import { SpdyConnection } from '../../streaming/spdy/connection.ts';
import type { Connection } from '../connection/connection.ts';
import { maxRefusalBytes, refusalOf } from '../connection/connection.ts';
import { ConnectionError, KubectlError } from '../errors.ts';
import { UpgradeFailure, openWebSocket } from './web-socket.ts';

/** What a command in a container is connected with here. A terminal's sizes come from `sizes`. */
export interface LocalEnds {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  /** None with a terminal: both kinds of output come as one there. */
  readonly stderr: Writable | undefined;
  readonly sizes?: ((tell: (width: number, height: number) => void) => () => void) | undefined;
  readonly signal: AbortSignal;
  /** Aborts when this end leaves, and the process there goes on. */
  readonly detached?: AbortSignal;
}

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
/** More that has not been sent than this, and input waits. */
const maxBufferedBytes = 1024 * 1024;

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxRefusalBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends input as it comes, and no more than the socket takes. */
async function sendInput(socket: WebSocket, stdin: Readable): Promise<void> {
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    if (socket.readyState !== WebSocket.OPEN) return;
    await new Promise<void>((resolve) => {
      const wait = socket.bufferedAmount > maxBufferedBytes;
      socket.send(Buffer.concat([Buffer.from([channels.stdin]), chunk]), () => { if (wait) resolve(); });
      if (!wait) resolve();
    });
  }
  if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.from([channels.close, channels.stdin]));
}

async function overWebSocket(socket: WebSocket, ends: LocalEnds): Promise<string> {
  let status = '';
  const stopSizes = ends.sizes?.((Width, Height) => { if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.concat([Buffer.from([channels.resize]), Buffer.from(JSON.stringify({ Width, Height }))])); });
  const abort = (): void => socket.terminate();
  const over = AbortSignal.any([ends.signal, ...(ends.detached === undefined ? [] : [ends.detached])]);
  over.addEventListener('abort', abort, { once: true });
  const write = (to: Writable | undefined, data: Buffer): void => {
    if (to === undefined || data.length === 0 || to.write(data)) return;
    socket.pause();
    to.once('drain', () => socket.resume());
  };
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('message', (message: Buffer) => {
        const [channel] = message;
        const data = message.subarray(1);
        if (channel === channels.stdout) write(ends.stdout, data);
        else if (channel === channels.stderr) write(ends.stderr, data);
        else if (channel === channels.error) status += data.toString('utf8');
      });
      socket.once('close', () => resolve());
      socket.once('error', reject);
      if (ends.stdin !== undefined) sendInput(socket, ends.stdin).catch(reject);
    });
  } finally {
    stopSizes?.();
    over.removeEventListener('abort', abort);
  }
  return status;
}

/** Asks the server to turn a connection into SPDY. Rejects with what it says instead. */
export async function upgradeToSpdy(connection: Connection, path: string, protocol: string): Promise<SpdyConnection> {
  const { secure, ...options } = await connection.requestOptions(path);
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)({ ...options, method: 'POST', headers: { ...options.headers, 'connection': 'Upgrade', 'upgrade': 'SPDY/3.1', 'x-stream-protocol-version': protocol, 'content-length': '0' } });
    request.once('upgrade', (_response, socket: Duplex, head) => resolve(new SpdyConnection({ socket, head, role: 'client' })));
    request.once('response', (response) => {
      textOf(response).then((text) => reject(refusalOf(response.statusCode ?? 0, text, { contentType: response.headers['content-type'] ?? '', method: 'POST', path })), reject);
    });
    request.once('error', (error: NodeJS.ErrnoException) => reject(new ConnectionError(error.message, { refused: error.code === 'ECONNREFUSED', host: `${String(options.hostname)}:${String(options.port)}`, cause: error })));
    request.end();
  });
}

async function overSpdy(spdy: SpdyConnection, ends: LocalEnds): Promise<string> {
  const abort = (): void => spdy.destroy();
  const over = AbortSignal.any([ends.signal, ...(ends.detached === undefined ? [] : [ends.detached])]);
  over.addEventListener('abort', abort, { once: true });
  try {
    // The order is the one of upstream's clients; the server waits until it has all.
    const error = await spdy.open({ streamtype: 'error' }, { onlyRead: true });
    const stdin = ends.stdin === undefined ? undefined : await spdy.open({ streamtype: 'stdin' });
    const stdout = await spdy.open({ streamtype: 'stdout' }, { onlyRead: true });
    const stderr = ends.stderr === undefined ? undefined : await spdy.open({ streamtype: 'stderr' }, { onlyRead: true });
    const resize = ends.sizes === undefined ? undefined : await spdy.open({ streamtype: 'resize' });
    for (const stream of [stdin, resize]) stream?.resume();
    const stopSizes = ends.sizes?.((Width, Height) => resize?.write(JSON.stringify({ Width, Height })));
    const copies = [pipeline(stdout, ends.stdout, { end: false }), ...(stderr === undefined || ends.stderr === undefined ? [] : [pipeline(stderr, ends.stderr, { end: false })])];
    // Whoever types on when the command has ended types to nobody.
    if (stdin !== undefined && ends.stdin !== undefined) pipeline(ends.stdin, stdin).catch(() => {});
    let status = '';
    for await (const chunk of error.setEncoding('utf8') as AsyncIterable<string>) status += chunk;
    await Promise.allSettled(copies);
    stopSizes?.();
    return status;
  } finally {
    over.removeEventListener('abort', abort);
    void spdy.close();
  }
}

/**
 * Runs what `path` (an exec or attach subresource with its query) says and connects it with the local ends: by WebSocket,
 * by SPDY where the server is older. Resolves with the command's exit code.
 */
export async function runRemoteCommand(connection: Connection, path: string, ends: LocalEnds): Promise<number> {
  let status: string;
  try {
    const socket = await openWebSocket(connection, path, 'v5.channel.k8s.io');
    status = await overWebSocket(socket, ends);
  } catch (error) {
    if (!(error instanceof UpgradeFailure)) throw error;
    status = await overSpdy(await upgradeToSpdy(connection, path, 'v4.channel.k8s.io'), ends).catch((failure: unknown) => {
      if (ends.detached?.aborted === true) return '';
      throw failure;
    });
  }
  if (ends.detached?.aborted === true) return 0;
  if (ends.signal.aborted) throw ends.signal.reason as Error;
  try {
    return parseExitStatus(status).exitCode;
  } catch (error) {
    throw new KubectlError((error as Error).message, { cause: error });
  }
}
