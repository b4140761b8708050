import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseExitStatus } from './exit-status.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/connection.ts';
import type { RemoteCommandOptions } from './streaming.ts';

/** The client's end of an exec or attach session. */
export interface DialledCommand {
  readonly stdin: SpdyStream | undefined;
  readonly stdout: SpdyStream | undefined;
  readonly stderr: SpdyStream | undefined;
  resize(width: number, height: number): void;
  /** Resolves when the command has exited. Rejects when it could not run, with BrokenSessionError when the connection broke. */
  readonly exit: Promise<{ readonly exitCode: number }>;
  close(): void;
}

/** The connection ended before the server had said how the command did. */
export class BrokenSessionError extends Error {
  override readonly name = 'BrokenSessionError';
}

const maxStatusBytes = 64 * 1024;
const maxRefusalBytes = 4096;

/** Asks a CRI streaming server (plain HTTP on loopback) to turn the connection into SPDY. */
function upgrade(url: string, protocol: string): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent: false, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol, 'content-length': '0' } });
    request.once('upgrade', (_response, socket, head) => resolve(new SpdyConnection({ socket, head, role: 'client' })));
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < maxRefusalBytes) text += chunk; });
      response.on('end', () => reject(new Error(`the runtime's streaming server answered ${response.statusCode ?? 0}: ${text.trim()}`)));
    });
    request.once('error', reject);
    request.end();
  });
}

/** Opens a session's streams; a connection on which that fails is closed. */
async function open<Session>(url: string, protocol: string, streams: (connection: SpdyConnection) => Promise<Session>): Promise<Session> {
  const connection = await upgrade(url, protocol);
  try {
    return await streams(connection);
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** All that the stream says. */
function readAll(stream: SpdyStream): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < maxStatusBytes) text += chunk; });
    stream.once('end', () => resolve(text));
    stream.once('close', () => resolve(text));
  });
}

/** Opens the session that a CRI Exec or Attach call gave the URL of. */
export function dialRemoteCommand(url: string, options: RemoteCommandOptions): Promise<DialledCommand> {
  return open(url, 'v4.channel.k8s.io', async (connection) => {
    // The order is the one of upstream's clients; the server waits until it has all.
    const error = await connection.open({ streamtype: 'error' }, { onlyRead: true });
    const status = readAll(error);
    const stdin = options.stdin ? await connection.open({ streamtype: 'stdin' }) : undefined;
    const stdout = options.stdout ? await connection.open({ streamtype: 'stdout' }, { onlyRead: true }) : undefined;
    const stderr = options.stderr && !options.tty ? await connection.open({ streamtype: 'stderr' }, { onlyRead: true }) : undefined;
    const resize = options.tty ? await connection.open({ streamtype: 'resize' }) : undefined;
    // Nothing is said on them in this direction; reading lets their end be seen.
    for (const stream of [stdin, resize]) stream?.resume();
    const exit = status.then((text) => {
      // Since version 4 of the protocol the server says something even of success.
      if (text === '') throw new BrokenSessionError('the connection to the container broke');
      return parseExitStatus(text);
    });
    exit.catch(() => { /* Who does not wait for the exit does not want its error either. */ });
    return {
      stdin,
      stdout,
      stderr,
      resize: (width, height) => { resize?.write(JSON.stringify({ Width: width, Height: height })); },
      exit,
      close: () => connection.destroy(),
    };
  });
}

/** Opens one connection to `port` through the session that a CRI PortForward call gave the URL of. */
export function dialPortForward(url: string, port: number): Promise<Duplex> {
  return open(url, 'portforward.k8s.io', async (connection) => {
    const common = { port: String(port), requestid: '0' };
    const error = await connection.open({ ...common, streamtype: 'error' }, { onlyRead: true });
    const failure = readAll(error);
    const data = await connection.open({ ...common, streamtype: 'data' });
    void failure.then((text) => { if (text !== '') data.destroy(new Error(text)); });
    data.once('close', () => connection.destroy());
    return data;
  });
}
