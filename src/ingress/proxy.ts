import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import type { Backend } from './backends.ts';
import type { Incoming, Outgoing } from './exchange.ts';
import { answer, hostOf } from './exchange.ts';
import type { ForwardOptions } from './forward.ts';
import { forward } from './forward.ts';
import { hostName, normalPath } from './routes.ts';
import { forwardUpgrade, refuse } from './upgrade.ts';
import { Upstreams } from './upstream.ts';

export interface IngressProxyOptions {
  readonly logger: Logger;
  /** Where a request leads, as it is at that moment. */
  readonly find: (host: string, path: string) => Backend | undefined;
  /** The certificate for a server name; undefined refuses the connection. */
  readonly certificate: (serverName: string) => SecureContext | undefined;
  /** The ports by which clients know the proxy. Default 80 and 443. */
  readonly publicPorts?: { readonly http: number; readonly https: number };
  /** Where an endpoint really is. Default: where it says. */
  readonly locate?: ForwardOptions['locate'];
}

const idleClientMs = 75_000;
const maxHeaderBytes = 32 * 1024;
/** Requests at once on one connection of HTTP/2. */
const maxStreams = 256;

/** PEM. */
export interface KeyPair { readonly cert: Buffer; readonly key: Buffer; readonly minVersion: 'TLSv1.2' }

/** HTTP/2 without TLS is only offered by clients, which take an answer in HTTP/1.1 as well. */
const shouldUpgradeCallback = ({ headers }: IncomingMessage): boolean => !/^\s*(h2c|http\/2|tls\/)/i.test(headers.upgrade ?? '');

/**
 * The proxy itself, on Node's HTTP stack. What it does with a request is looked up when that comes: a change of the rules
 * takes effect with the next request and touches no connection.
 */
export class IngressProxy implements AsyncDisposable {
  readonly #options: IngressProxyOptions;
  readonly #upstreams = new Upstreams();
  readonly #servers: (Server | Http2SecureServer)[] = [];
  #shownByDefault: KeyPair | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #forwarding: ForwardOptions;

  constructor(options: IngressProxyOptions) {
    this.#options = options;
    this.#forwarding = {
      upstreams: this.#upstreams,
      publicPorts: options.publicPorts ?? { http: 80, https: 443 },
      locate: options.locate ?? ((address) => address),
      failed: (backend, { host, port }, error) => options.logger.debug('a backend did not answer', { backend: backend.name, host, port, error }),
    };
  }

  /** Resolves with the port. */
  listen(protocol: 'http' | 'https', address: string, port: number): Promise<number> {
    // A long upload takes what it takes; only its head is waited for with a limit.
    const settings: ServerOptions = { keepAliveTimeout: idleClientMs, requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize: maxHeaderBytes, noDelay: true, shouldUpgradeCallback };
    const server = protocol === 'http' ? createServer(settings) : createSecureServer({
      ...settings, ...this.#shownByDefault,
      allowHTTP1: true,
      settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeaderBytes },
      SNICallback: (serverName, done) => {
        const context = this.#options.certificate(serverName);
        if (context === undefined) done(new Error(`no certificate for ${serverName}`));
        else done(null, context);
      },
    });
    if ('setSecureContext' in server) {
      Object.assign(server, { shouldUpgradeCallback });
      // Graceful: what is still answered is answered.
      server.on('session', (session) => session.setTimeout(idleClientMs, () => session.close()));
    }
    const events: NodeJS.EventEmitter = server;
    events.on('request', (request: Incoming, response: Outgoing) => this.#serve(request, response));
    events.on('checkContinue', (request: Incoming, response: Outgoing) => {
      response.writeContinue();
      this.#serve(request, response);
    });
    events.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head));
    events.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    events.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      if (socket.writable && error.code !== 'ECONNRESET') refuse(socket, error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request');
      else socket.destroy();
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, backlog: 1024 }, () => {
        server.removeListener('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  /** The certificate for names that have none, and for clients that ask for no name; undefined refuses both. */
  showByDefault(pair: KeyPair | undefined): void {
    this.#shownByDefault = pair;
    for (const server of this.#servers) if ('setSecureContext' in server) server.setSecureContext({ ...pair });
  }

  /** Takes no new connections, and ends those that there are. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => { server.close(resolve); }));
    for (const socket of this.#sockets) socket.destroy();
    this.#upstreams[Symbol.dispose]();
    await Promise.all(closed);
  }

  #find(request: Incoming): Backend | 'bad-request' | undefined {
    const path = normalPath(request.url ?? '');
    const host = hostOf(request);
    if (path === undefined || host === undefined) return 'bad-request';
    return this.#options.find(hostName(host), path);
  }

  #serve(request: Incoming, response: Outgoing): void {
    const backend = this.#find(request);
    if (backend === 'bad-request') answer(response, 400, '400 Bad Request\n');
    else if (backend === undefined) answer(response, 404, 'default backend - 404');
    else forward(request, response, backend, this.#forwarding);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const backend = this.#find(request);
    socket.on('error', () => socket.destroy());
    if (backend === 'bad-request') refuse(socket, '400 Bad Request');
    else if (backend === undefined) refuse(socket, '404 Not Found');
    else forwardUpgrade(request, socket, head, backend, this.#forwarding);
  }
}
