import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Answer, WatchAnswer } from '../answer.ts';
import type { Negotiator } from '../encoding/negotiate.ts';
import type { RequestMetrics } from '../metrics.ts';
import { apiErrorOf } from '../pipeline/dispatch.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { Handler } from '../pipeline/step.ts';
import type { Upgrade } from '../request.ts';
import { parseRequestInfo } from '../request-info.ts';
import type { Incoming, Outgoing } from './http-request.ts';
import { HttpServerRequest } from './http-request.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { renderContextOf, writeAnswer, writeError } from './write-answer.ts';

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** PEM. */
  readonly key: string | Uint8Array;
  readonly cert: string | Uint8Array;
  /** PEM of the authorities whose client certificates are asked for; clients choose their certificate by them. */
  readonly clientCa?: string | Uint8Array;
  /** Offer HTTP/2 beside HTTP/1.1. Default true. */
  readonly http2?: boolean;
}

/** What a listener serves, and with what. */
export interface ListenerParts {
  readonly handle: Handler;
  readonly metrics: RequestMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly negotiator: Negotiator;
  onUnexpected(error: unknown): void;
}

/** Requests that are under way get this long when the server stops. */
const shutdownGraceMs = 2000;

/** All headers of a request together, as in upstream. */
const maxHeaderBytes = 1024 * 1024;
/** Whoever has not sent its headers by then is let go, as in upstream. */
const headersTimeoutMs = 32_000;

/** Connections without a request are kept as long as upstream keeps them. */
const idleTimeoutMs = 90_000;

/** An HTTPS endpoint: HTTP/1.1 and HTTP/2, optional client certificates, connection upgrades. */
export class Listener {
  readonly address: { readonly host: string; readonly port: number };
  readonly #server: HttpsServer | Http2SecureServer;
  readonly #parts: ListenerParts;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #active = 0;
  #closing = false;
  #onIdle: (() => void) | undefined;

  private constructor(server: HttpsServer | Http2SecureServer, parts: ListenerParts, host: string, port: number) {
    this.#server = server;
    this.#parts = parts;
    this.address = { host, port };
  }

  /** Opens it. Rejects when the address cannot be had. */
  static async open(options: ListenOptions, parts: ListenerParts): Promise<Listener> {
    const host = options.host ?? '127.0.0.1';
    const tls: TlsOptions & SecureContextOptions = {
      key: Buffer.from(options.key),
      cert: Buffer.from(options.cert),
      ...(options.clientCa !== undefined && { ca: Buffer.from(options.clientCa) }),
      requestCert: true,
      // Whoever comes without a valid certificate may still bring a token: the authenticators decide.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    };
    const limits = { maxHeaderSize: maxHeaderBytes };
    const server = options.http2 === false
      ? createServer({ ...tls, ...limits })
      : createSecureServer({ ...tls, ...limits, allowHTTP1: true, settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024, maxHeaderListSize: maxHeaderBytes } });
    // Node's own 5 s would end connections under the hands of clients that pause for a moment.
    (server as HttpsServer).keepAliveTimeout = idleTimeoutMs;
    let listener: Listener | undefined;
    (server as HttpsServer).on('request', (incoming: Incoming, outgoing: Outgoing) => listener!.#serve(incoming, outgoing));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => listener!.#serveUpgrade(incoming, socket, head));
    server.on('secureConnection', (socket: Socket) => listener!.#track(socket));
    server.on('session', (session: ServerHttp2Session) => listener!.#trackSession(session));
    // A client that cannot shake hands, or hangs up in the middle, is no concern of ours.
    server.on('tlsClientError', () => {});
    server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Duplex) => {
      const refusal = code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
      if (socket.writable) socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`);
      else socket.destroy();
    });
    (server as HttpsServer).headersTimeout = headersTimeoutMs;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: options.port ?? 0 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    listener = new Listener(server, parts, host, (server.address() as AddressInfo).port);
    return listener;
  }

  #track(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
  }

  #trackSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => {});
  }

  #serve(incoming: Incoming, outgoing: Outgoing): void {
    const { clock, metrics, negotiator } = this.#parts;
    const startedMs = clock.monotonicMs();
    outgoing.on('error', () => {});
    incoming.on('error', () => {});
    if (this.#closing && incoming.httpVersionMajor === 1) outgoing.setHeader('Connection', 'close');
    let request: ServerRequest;
    try {
      request = this.#requestOf(incoming, outgoing);
    } catch (error) {
      outgoing.statusCode = apiErrorOf(error).code;
      outgoing.end(`${apiErrorOf(error).message}\n`);
      return;
    }
    this.#active += 1;
    outgoing.once('close', () => {
      this.#active -= 1;
      metrics.record(request.info, request.method, outgoing.statusCode, clock.monotonicMs() - startedMs);
      if (this.#active === 0) this.#onIdle?.();
    });
    const auditId = (request.auditId = request.header('audit-id') ?? this.#parts.random.uuid());
    const writing = { out: outgoing, request, clock, auditId, negotiator };
    const refuse = (error: unknown): void => {
      if (!(error instanceof ApiError)) this.#parts.onUnexpected(error);
      if (outgoing.headersSent) outgoing.destroy();
      else if (!outgoing.destroyed) writeError(writing, apiErrorOf(error));
    };
    try {
      const result = this.#parts.handle(request);
      if (result instanceof Promise) result.then((answer) => writeAnswer(writing, answer)).catch(refuse);
      else writeAnswer(writing, result)?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** Throws BadRequest for a path that cannot be read. */
  #requestOf(incoming: Incoming, outgoing: Outgoing | undefined, upgrade?: HttpServerRequest['upgrade']): HttpServerRequest {
    const url = incoming.url ?? '/';
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const rawQuery = question < 0 ? '' : url.slice(question + 1);
    const method = incoming.method ?? 'GET';
    const info = parseRequestInfo(method, cleanPath(path), rawQuery === '' ? undefined : new URLSearchParams(rawQuery));
    return new HttpServerRequest(incoming, outgoing, { method, info, rawQuery, negotiator: this.#parts.negotiator }, upgrade);
  }

  #serveUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined) headers[name] = value;
    const upgrade = { method: incoming.method ?? 'GET', url: incoming.url ?? '/', headers, socket, head };
    const refuse = (error: unknown): void => {
      if (!(error instanceof ApiError)) this.#parts.onUnexpected(error);
      refuseUpgrade(socket, apiErrorOf(error));
    };
    try {
      const request = this.#requestOf(incoming, undefined, upgrade);
      const answer = (found: Answer): void => {
        if (found.kind === 'watch') this.#serveWatchSocket(upgrade, found, request).catch(refuse);
        else if (found.kind !== 'hijacked') refuse(new ApiError('BadRequest', 'unable to upgrade: this path does not serve connection upgrades'));
      };
      const result = this.#parts.handle(request);
      if (result instanceof Promise) result.then(answer).catch(refuse);
      else answer(result);
    } catch (error) {
      refuse(error);
    }
  }

  /** What it takes is only loaded when somebody comes. */
  async #serveWatchSocket(upgrade: Upgrade, answer: WatchAnswer, request: ServerRequest): Promise<void> {
    const { serveWatchSocket } = await import('./watch-socket.ts');
    const { clock } = this.#parts;
    await serveWatchSocket(upgrade, answer, renderContextOf(request, clock), clock);
  }

  /** Stops accepting, lets requests under way finish for a moment, then cuts what is left. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#parts.clock.setTimer(shutdownGraceMs, resolve);
        this.#onIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** `//` and dot segments mean nothing to the API: what upstream cleans by a redirect is cleaned here in place. */
function cleanPath(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path.startsWith('/') ? path : `/${path}`;
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') kept.pop();
    else kept.push(part);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}
