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
  /** Resolves when the command has exited. Rejects when it could not run or the connection broke. */
  readonly exit: Promise<{ readonly exitCode: number }>;
  close(): void;
}

/** Asks a CRI streaming server (plain HTTP on loopback) to turn the connection into SPDY. */
function upgrade(url: string, protocol: string): Promise<{ socket: Duplex; head: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent: false, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol, 'content-length': '0' } });
    request.once('upgrade', (_response, socket, head) => resolve({ socket, head }));
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < 4096) text += chunk; });
      response.on('end', () => reject(new Error(`the runtime's streaming server answered ${response.statusCode ?? 0}: ${text.trim()}`)));
    });
    request.once('error', reject);
    request.end();
  });
}

/** Opens the session that a CRI Exec or Attach call gave the URL of. */
export async function dialRemoteCommand(url: string, options: RemoteCommandOptions): Promise<DialledCommand> {
  const { socket, head } = await upgrade(url, 'v4.channel.k8s.io');
  const connection = new SpdyConnection({ socket, head, role: 'client' });
  const open = (streamtype: string): Promise<SpdyStream> => connection.open({ streamtype });
  const error = await open('error');
  const stdin = options.stdin ? await open('stdin') : undefined;
  const stdout = options.stdout ? await open('stdout') : undefined;
  const stderr = options.stderr && !options.tty ? await open('stderr') : undefined;
  const resize = options.tty ? await open('resize') : undefined;
  error.end();
  stdout?.end();
  stderr?.end();
  stdin?.resume();
  let text = '';
  const exit = new Promise<{ exitCode: number }>((resolve, reject) => {
    error.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < 65536) text += chunk; });
    error.once('end', () => {
      try {
        if (text === '' && socket.destroyed) reject(new Error('the connection to the container broke'));
        else resolve(parseExitStatus(text));
      } catch (failure) {
        reject(failure as Error);
      }
    });
  });
  exit.catch(() => {});
  return {
    stdin,
    stdout,
    stderr,
    resize: (width, height) => { resize?.write(JSON.stringify({ Width: width, Height: height })); },
    exit,
    close: () => connection.destroy(),
  };
}

/** Opens one connection to `port` through the session that a CRI PortForward call gave the URL of. */
export async function dialPortForward(url: string, port: number): Promise<Duplex> {
  const { socket, head } = await upgrade(url, 'portforward.k8s.io');
  const connection = new SpdyConnection({ socket, head, role: 'client' });
  const common = { port: String(port), requestid: '0' };
  const error = await connection.open({ ...common, streamtype: 'error' });
  error.end();
  const data = await connection.open({ ...common, streamtype: 'data' });
  let text = '';
  error.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < 4096) text += chunk; });
  error.once('end', () => { if (text !== '') data.destroy(new Error(text)); });
  data.once('close', () => connection.destroy());
  return data;
}
