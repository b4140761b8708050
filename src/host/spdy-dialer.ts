import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StreamDialer } from '../runtime/containerd/stream-dialer.ts';
import type { ProcessStreams } from '../runtime/runtime.ts';
import { RuntimeError } from '../runtime/runtime.ts';
import { parseExitStatus } from '../streaming/exit-status.ts';
import { SpdyConnection } from '../streaming/spdy/connection.ts';
import type { SpdyStream } from '../streaming/spdy/connection.ts';

const maxStatusBytes = 64 * 1024;

/** Errors of a dialled session, as the Runtime contract promises them. */
function streamError(error: unknown): RuntimeError {
  return error instanceof RuntimeError ? error : new RuntimeError('unknown', error instanceof Error ? error.message : String(error), { cause: error });
}

/** Asks containerd's streaming server (plain HTTP on loopback) to turn the connection into SPDY. */
function upgrade(url: string, protocol: string): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent: false, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol, 'content-length': '0' } });
    request.once('upgrade', (_response, socket, head) => resolve(new SpdyConnection({ socket, head, role: 'client' })));
    request.once('response', (response) => {
      response.resume();
      reject(new RuntimeError('unknown', `the runtime's streaming server answered ${response.statusCode ?? 0}`));
    });
    request.once('error', (error) => reject(streamError(error)));
    request.end();
  });
}

/** All that the stream says until it closes: containerd resets it after the last byte instead of ending it. */
function readToClose(stream: SpdyStream): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < maxStatusBytes) text += chunk; });
    stream.once('close', () => resolve(text));
  });
}

/** Dials containerd's streaming server. */
export const spdyDialer: StreamDialer = {
  dialRemoteCommand: async (url, streams): Promise<ProcessStreams> => {
    const connection = await upgrade(url, 'v4.channel.k8s.io');
    try {
      // The order is the one of upstream's clients; the server waits until it has all.
      const error = await connection.open({ streamtype: 'error' });
      const status = readToClose(error);
      error.end();
      const stdin = streams.stdin ? await connection.open({ streamtype: 'stdin' }) : undefined;
      const stdout = streams.stdout ? await connection.open({ streamtype: 'stdout' }) : undefined;
      const stderr = streams.stderr && !streams.tty ? await connection.open({ streamtype: 'stderr' }) : undefined;
      const resize = streams.tty ? await connection.open({ streamtype: 'resize' }) : undefined;
      for (const stream of [stdout, stderr]) stream?.end();
      // Nothing is said on them in this direction; reading lets their end be seen.
      for (const stream of [stdin, resize]) stream?.resume();
      const exit = status.then((text) => {
        if (text === '') throw new RuntimeError('unavailable', 'the connection to the container broke');
        return parseExitStatus(text);
      }).catch((failure: unknown) => { throw streamError(failure); });
      exit.catch(() => { /* Who does not wait for the exit does not want its error either. */ });
      return {
        stdin, stdout, stderr, exit,
        resize: (width, height) => { resize?.write(JSON.stringify({ Width: width, Height: height })); },
        close: () => connection.destroy(),
      };
    } catch (error) {
      connection.destroy();
      throw streamError(error);
    }
  },
  dialPortForward: async (url, port): Promise<Duplex> => {
    const connection = await upgrade(url, 'portforward.k8s.io');
    try {
      const common = { port: String(port), requestid: '0' };
      const error = await connection.open({ ...common, streamtype: 'error' });
      const failure = readToClose(error);
      error.end();
      const data = await connection.open({ ...common, streamtype: 'data' });
      failure.then((text) => { if (text !== '') data.destroy(new RuntimeError('unknown', text)); }, () => {});
      data.once('close', () => connection.destroy());
      return data;
    } catch (error) {
      connection.destroy();
      throw streamError(error);
    }
  },
};
