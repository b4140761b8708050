import { connect as connectHttp2, constants } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { formatGoDuration } from '../../../base/go-duration.ts';
import type { HostNetwork } from '../../host.ts';
import { setAttendedTimer } from './attended-timer.ts';

const maxBodyBytes = 10_240;

const withBrackets = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Why a connection failed, as Go's net package words it. */
function dialError(address: string, error: NodeJS.ErrnoException): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'connect: connection timed out',
  };
  if (error.code === 'ECONNRESET') return `read tcp ${address}: read: connection reset by peer`;
  if (error.code === 'EPROTO' || error.code?.startsWith('ERR_SSL_WRONG_VERSION') === true) return 'http: server gave HTTP response to HTTPS client';
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${address.replace(/:\d+$/, '')}: no such host`;
  return `dial tcp ${address}: ${reasons[error.code ?? ''] ?? error.message}`;
}

/** Requests over the machine's own network, each on a connection of its own. */
export function linuxNetwork(clock: Clock): HostNetwork {
  return {
    httpGet({ scheme, host, port, path, headers, timeoutMs }) {
      const address = `${withBrackets(host)}:${port}`;
      const url = `${scheme}://${address}${path}`;
      const limit = new AbortController();
      const timer = setAttendedTimer(clock, timeoutMs, () => limit.abort());
      const wanted: Record<string, string> = {};
      for (const [name, value] of headers) wanted[name] = value;
      return new Promise<{ status: number; body: string; location: string | undefined }>((resolve, reject) => {
        const fail = (error: NodeJS.ErrnoException): void => reject(new Error(`Get "${url}": ${limit.signal.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : dialError(address, error)}`, { cause: error }));
        const options = { host, port, path, method: 'GET', headers: wanted, agent: false as const, signal: limit.signal };
        // Importing node:http from a module makes Node load its whole fetch, which costs a start 25 ms; this does not.
        const { request: httpRequest } = process.getBuiltinModule('node:http');
        const outgoing = scheme === 'https' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
        outgoing.on('error', fail);
        outgoing.on('response', (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => { if (body.length < maxBodyBytes) body += chunk; });
          response.on('error', fail);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body, location: response.headers.location }));
        });
        outgoing.end();
      }).finally(() => timer.cancel());
    },

    tcpConnect({ host, port, timeoutMs }) {
      const address = `${withBrackets(host)}:${port}`;
      return new Promise<void>((resolve, reject) => {
        const socket = connect({ host, port });
        const timer = setAttendedTimer(clock, timeoutMs, () => {
          socket.destroy();
          reject(new Error(`dial tcp ${address}: i/o timeout`));
        });
        socket.on('connect', () => {
          timer.cancel();
          socket.destroy();
          resolve();
        });
        socket.on('error', (error) => {
          timer.cancel();
          reject(new Error(dialError(address, error), { cause: error }));
        });
      });
    },

    grpcHealth({ host, port, service, timeoutMs }) {
      const address = `${withBrackets(host)}:${port}`;
      return new Promise<string>((resolve, reject) => {
        const session = connectHttp2(`http://${address}`);
        const finish = (end: () => void): void => {
          timer.cancel();
          session.destroy();
          end();
        };
        const timer = setAttendedTimer(clock, timeoutMs, () => finish(() => reject(new Error(`timeout: health rpc did not complete within ${formatGoDuration(timeoutMs)}`))));
        session.on('error', (error: NodeJS.ErrnoException) => finish(() => reject(new Error(`error: failed to connect service at ${JSON.stringify(address)}: ${dialError(address, error)}`))));
        const name = Buffer.from(service, 'utf8');
        const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
        const frame = Buffer.alloc(5 + message.length);
        frame.writeUInt32BE(message.length, 1);
        message.copy(frame, 5);
        const stream = session.request({ [constants.HTTP2_HEADER_METHOD]: 'POST', [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers' });
        const chunks: Buffer[] = [];
        let grpcStatus: string | undefined;
        const note = (headers: Record<string, unknown>): void => { if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']); };
        stream.on('response', note);
        stream.on('trailers', note);
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', (error: Error) => finish(() => reject(new Error(`health rpc failed: ${error.message}`))));
        stream.on('end', () => finish(() => {
          if (grpcStatus === '12') reject(new Error('this server does not implement the grpc health protocol (grpc.health.v1.Health)'));
          else if (grpcStatus !== undefined && grpcStatus !== '0') reject(new Error(`health rpc failed: rpc error: code = ${grpcStatus}`));
          else resolve(statusOf(Buffer.concat(chunks)));
        }));
        stream.end(frame);
      });
    },
  };
}

/** The only field of HealthCheckResponse. */
function statusOf(frame: Buffer): string {
  const message = frame.subarray(5);
  const value = message[0] === 0x08 ? (message[1] ?? 0) : 0;
  return ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'][value] ?? 'UNKNOWN';
}
