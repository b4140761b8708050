import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext, SecureContextOptions, TlsOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Answer, WatchAnswer } from '../answer.ts';
import type { Negotiator } from '../encoding/negotiate.ts';
import type { LongRunning } from '../metrics/long-running.ts';
import type { RequestMetrics } from '../metrics/requests.ts';
import type { WatchMetrics } from '../metrics/watches.ts';
import { apiErrorOf } from '../pipeline/dispatch.ts';
import { isLongRunning } from '../pipeline/limit-in-flight.ts';
import type { Handler } from '../pipeline/step.ts';
import type { Upgrade } from '../request.ts';
import { parseRequestInfo } from '../request-info.ts';
import { Connections, idleTimeoutMs } from './connections.ts';
import { Deadlines } from './deadlines.ts';
import type { Incoming, Outgoing } from './http-request.ts';
import { HttpServerRequest } from './http-request.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { ServingCertificate, TlsIdentity, TlsPolicy } from './tls-settings.ts';
import { contextOptions, NamedContexts } from './tls-settings.ts';
import { UnreadableRequests } from './unreadable.ts';
import { renderContextOf, writeAnswer, writeError } from './write-answer.ts';

export interface ListenOptions extends TlsIdentity {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** Offer HTTP/2 beside HTTP/1.1. Default true. */
  readonly http2?: boolean;
  readonly tls?: TlsPolicy;
  /** More connections at a time are hung up on. Default 16384. */
  readonly maxConnections?: number;
  /** The value of a Strict-Transport-Security header for every answer. Default: none. */
  readonly strictTransportSecurity?: string;
}

/** What a listener serves, and with what. */
export interface ListenerParts {
  readonly handle: Handler;
  readonly metrics: RequestMetrics;
  readonly longRunning: LongRunning;
  readonly watchMetrics: WatchMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly negotiator: Negotiator;
  /** A request that is not a watch or a stream is given up after this long. */
  readonly requestTimeoutMs: number;
  onUnexpected(error: unknown): void;
}

/** All headers of a request together, as in upstream. */
const maxHeaderBytes = 1024 * 1024;
/** Whoever has not sent its headers by then is let go, as in upstream. */
const headersTimeoutMs = 32_000;
/** What is left of a body when its request has been answered gets this long. */
const leftoverBodyMs = 5000;
/** How often Node looks for headers that do not come. */
const connectionsCheckMs = 5000;

/** Who has not shaken hands by then is let go. */
const handshakeTimeoutMs = 10_000;
const defaultMaxConnections = 16_384;

/** An HTTPS endpoint: HTTP/1.1 and HTTP/2, optional client certificates, connection upgrades. */
export class Listener {
  readonly address: { readonly host: string; readonly port: number };
  readonly #server: HttpsServer | Http2SecureServer;
  readonly #parts: ListenerParts;
  readonly #options: ListenOptions;
  readonly #connections: Connections;
  readonly #unreadable = new UnreadableRequests();
  readonly #deadlines: Deadlines;
  #named: NamedContexts | undefined;
  /** Requests under way, and those of them that take as long as they like. */
  #active = 0;
  #longRunning = 0;
  #closing = false;
  #closed: Promise<void> | undefined;
  #onProgress: (() => void) | undefined;

  private constructor(server: HttpsServer | Http2SecureServer, parts: ListenerParts, options: ListenOptions) {
    this.#server = server;
    this.#parts = parts;
    this.#options = options;
    this.#connections = new Connections(parts.clock);
    this.#deadlines = new Deadlines(parts.clock, parts.requestTimeoutMs);
    this.address = { host: options.host ?? '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  /** Opens it. Rejects when the address cannot be had, or the certificates and the TLS policy cannot be used. */
  static async open(options: ListenOptions, parts: ListenerParts): Promise<Listener> {
    let listener: Listener | undefined;
    const tls: TlsOptions & SecureContextOptions = {
      ...contextOptions(options, options.tls ?? {}),
      requestCert: true,
      // Whoever comes without a valid certificate may still bring a token: the authenticators decide.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeTimeoutMs,
      ...((options.named?.length ?? 0) > 0 && { SNICallback: (name: string, found: (error: Error | null, context?: SecureContext) => void): void => found(null, listener!.#named?.find(name)) }),
    };
    // Node's own answer to a request without a Host says nothing.
    const limits = { maxHeaderSize: maxHeaderBytes, connectionsCheckingInterval: connectionsCheckMs, requireHostHeader: false };
    const server = options.http2 === false
      ? createServer({ ...tls, ...limits })
      : createSecureServer({ ...tls, ...limits, allowHTTP1: true, settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024, maxHeaderListSize: maxHeaderBytes } });
    server.maxConnections = options.maxConnections ?? defaultMaxConnections;
    // Node's own 5 s would end connections under the hands of clients that pause for a moment.
    (server as HttpsServer).keepAliveTimeout = idleTimeoutMs;
    (server as HttpsServer).on('request', (incoming: Incoming, outgoing: Outgoing) => listener!.#serve(incoming, outgoing));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => listener!.#serveUpgrade(incoming, socket, head));
    server.on('secureConnection', (socket: Socket) => listener!.#connections.addSocket(socket));
    server.on('session', (session: ServerHttp2Session) => listener!.#connections.addSession(session));
    // A client that cannot shake hands, or hangs up in the middle, is no concern of ours.
    server.on('tlsClientError', () => parts.metrics.recordTlsError());
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => listener!.#unreadable.refuse(error, socket));
    (server as HttpsServer).headersTimeout = headersTimeoutMs;
    // What a body may take is ours to say: an upload through a proxy has no limit, others have that of their request.
    (server as HttpsServer).requestTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    listener = new Listener(server, parts, options);
    listener.#setNamed(options);
    return listener;
  }

  /** New connections are proven with this from now on; those that are open stay. Throws when it cannot be used. */
  identify(identity: TlsIdentity): void {
    const context = contextOptions(identity, this.#options.tls ?? {});
    // Whether key and certificate belong together shows here, before anything has changed.
    createSecureContext(context);
    this.#setNamed(identity);
    this.#server.setSecureContext(context);
  }

  #setNamed(identity: TlsIdentity): void {
    const make = (certificate: ServingCertificate): SecureContext => createSecureContext(contextOptions(certificate, this.#options.tls ?? {}));
    this.#named = identity.named === undefined || identity.named.length === 0 ? undefined : new NamedContexts(identity.named, make);
  }

  #serve(incoming: Incoming, outgoing: Outgoing): void {
    const { clock, metrics, negotiator } = this.#parts;
    const startedMs = clock.monotonicMs();
    outgoing.on('error', () => {});
    incoming.on('error', () => {});
    if (incoming.httpVersionMajor === 1) this.#unreadable.follow(incoming, outgoing);
    if (this.#closing && incoming.httpVersionMajor === 1) outgoing.setHeader('Connection', 'close');
    if (this.#options.strictTransportSecurity !== undefined) outgoing.setHeader('Strict-Transport-Security', this.#options.strictTransportSecurity);
    if (incoming.httpVersion === '1.1' && incoming.headers.host === undefined) {
      outgoing.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8', 'Connection': 'close' });
      outgoing.end('400 Bad Request: missing required Host header');
      return;
    }
    let request: HttpServerRequest;
    try {
      request = this.#requestOf(incoming, outgoing);
    } catch (error) {
      const { code, message } = apiErrorOf(error);
      outgoing.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff', 'Audit-Id': this.#parts.random.uuid(), 'Cache-Control': 'no-cache, private' });
      outgoing.end(`${message}\n`);
      return;
    }
    const longRunning = isLongRunning(request.info);
    this.#active += 1;
    if (longRunning) this.#longRunning += 1;
    const open = longRunning && request.info.verb !== 'watch' ? this.#parts.longRunning.begin(request.info) : undefined;
    let inTime: (() => void) | undefined;
    outgoing.once('close', () => {
      this.#active -= 1;
      if (longRunning) this.#longRunning -= 1;
      if (open !== undefined) open.count -= 1;
      inTime?.();
      // A body that nobody wanted is read to its end, but not for ever.
      if (!incoming.complete && incoming.httpVersionMajor === 1) this.#deadlines.add(leftoverBodyMs, () => { if (!incoming.complete) incoming.socket.destroy(); });
      if (request.deprecatedUntil !== undefined) metrics.recordDeprecated(request.info, request.deprecatedUntil);
      metrics.record(request, outgoing.statusCode, clock.monotonicMs() - startedMs);
      this.#onProgress?.();
    });
    const auditId = (request.auditId = request.header('audit-id') ?? this.#parts.random.uuid());
    const writing = { out: outgoing, request, clock, auditId, negotiator, watchMetrics: this.#parts.watchMetrics };
    let late = false;
    const refuse = (error: unknown): void => {
      if (late) return;
      if (!(error instanceof ApiError)) this.#parts.onUnexpected(error);
      if (outgoing.headersSent) outgoing.destroy();
      else if (!outgoing.destroyed) writeError(writing, apiErrorOf(error));
    };
    /** Only what is not answered at once has to be watched. */
    const watchTime = (): void => {
      if (longRunning || outgoing.destroyed) return;
      inTime = this.#deadlines.add(request.timeoutMs, () => {
        // What is left of its body is not waited for.
        if (!incoming.complete && incoming.httpVersionMajor === 1) outgoing.shouldKeepAlive = false;
        refuse(new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout', { details: {} }));
        late = true;
        request.giveUp();
      });
    };
    try {
      if (!longRunning) request.checkTimeout();
      const result = this.#parts.handle(request);
      if (result instanceof Promise) {
        watchTime();
        result.then((answer) => (late ? undefined : writeAnswer(writing, answer))).catch(refuse);
        return;
      }
      const written = writeAnswer(writing, result);
      if (written === undefined) return;
      watchTime();
      written.catch(refuse);
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
      refuseUpgrade(socket, apiErrorOf(error), { 'Audit-Id': this.#parts.random.uuid() });
    };
    try {
      const request = this.#requestOf(incoming, undefined, upgrade);
      if (request.info.verb !== 'watch' && isLongRunning(request.info)) {
        const open = this.#parts.longRunning.begin(request.info);
        socket.once('close', () => { open.count -= 1; });
      }
      const answer = (found: Answer): void => {
        if (found.kind === 'watch') this.#serveWatchSocket(upgrade, found, request).catch(refuse);
        else if (found.kind === 'raw' && found.code === 200) this.#serveRawSocket(upgrade, found).catch(refuse);
        else if (found.kind !== 'hijacked') refuse(new ApiError('BadRequest', 'unable to upgrade: this path does not serve connection upgrades'));
      };
      const result = this.#parts.handle(request);
      if (result instanceof Promise) result.then(answer).catch(refuse);
      else answer(result);
    } catch (error) {
      refuse(error);
    }
  }

  async #serveWatchSocket(upgrade: Upgrade, answer: WatchAnswer, request: HttpServerRequest): Promise<void> {
    const { serveWatchSocket } = await import('./watch-socket.ts');
    const { clock } = this.#parts;
    await serveWatchSocket(upgrade, answer, renderContextOf(request, clock), clock);
  }

  async #serveRawSocket(upgrade: Upgrade, answer: Extract<Answer, { kind: 'raw' }>): Promise<void> {
    const { serveRawSocket } = await import('./raw-socket.ts');
    await serveRawSocket(upgrade, answer);
  }

  /** Stops accepting, and lets the requests that are under way finish, for so long at most. Watches and streams go on. */
  async drain(atMostMs: number): Promise<void> {
    this.#closing = true;
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
    this.#connections.sayGoodbye();
    await this.#until(() => this.#active === this.#longRunning, atMostMs);
  }

  /** Lets watches that have been ended reach their clients, for so long at most, and cuts what is left. After `drain`. */
  async close(atMostMs: number): Promise<void> {
    await this.#until(() => this.#active === 0, atMostMs);
    this.#deadlines[Symbol.dispose]();
    this.#connections.cut();
    await this.#closed;
  }

  async #until(done: () => boolean, atMostMs: number): Promise<void> {
    if (done() || atMostMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.setTimer(atMostMs, resolve);
      this.#onProgress = () => {
        if (!done()) return;
        timer.cancel();
        resolve();
      };
    });
    this.#onProgress = undefined;
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
