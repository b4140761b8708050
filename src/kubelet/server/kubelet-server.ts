import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../../base/logger.ts';
import type { Access, KubeletAccess, KubeletUser } from './access.ts';
import type { KubeletHandler } from './handler.ts';

export interface KubeletServerOptions {
  readonly handler: KubeletHandler;
  readonly logger: Logger;
  /** Default: all addresses. */
  readonly address?: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM. Without a key and its certificate nobody gets through until `identify` gives them. */
  readonly tls: { readonly key?: string; readonly cert?: string; readonly clientCa: string };
  /** Who may ask for what; undefined while that cannot be said: then nobody may. */
  readonly access: () => KubeletAccess | undefined;
}

/** The kubelet's API over TLS. Clients need a certificate of the cluster's CA or a token, and leave to ask. */
export class KubeletServer implements AsyncDisposable {
  readonly #options: KubeletServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(options: KubeletServerOptions) {
    this.#options = options;
    const { clientCa, ...pair } = options.tls;
    this.#server = createServer({ ...pair, ca: clientCa, requestCert: true, rejectUnauthorized: false }, (request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#server.on('secureConnection', (socket) => this.#track(socket));
    // Long logs and terminals have no limit of time.
    this.#server.requestTimeout = 0;
  }

  /** Resolves when it listens; rejects when the address cannot be had. */
  static async start(options: KubeletServerOptions): Promise<KubeletServer> {
    const server = new KubeletServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(options.port, options.address, () => resolve());
    });
    server.#server.on('error', (error) => options.logger.error('kubelet server failed', { error }));
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** New connections are proven with this pair from now on; those that are open stay. */
  identify({ key, cert }: { readonly key: string; readonly cert: string }): void {
    this.#server.setSecureContext({ key, cert, ca: this.#options.tls.clientCa });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  async #access(request: IncomingMessage): Promise<Access> {
    const { method = 'GET', url: path = '/', headers: { authorization } } = request;
    return await this.#options.access()?.check(certifiedUser(request.socket as TLSSocket), authorization, { method, path }) ?? { status: 401, message: 'Unauthorized' };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      const access = await this.#access(request);
      if (access.status !== 200) {
        response.writeHead(access.status, { 'content-type': 'text/plain; charset=utf-8' }).end(access.message);
        return;
      }
      const { status, contentType, body } = await this.#options.handler.handle(request.method ?? 'GET', request.url ?? '/', gone.signal);
      response.writeHead(status, { 'content-type': contentType });
      if (typeof body === 'string') {
        response.end(body);
        return;
      }
      // Whoever follows a quiet log must hear at once that there is one.
      response.flushHeaders();
      await pipeline(Readable.from(body, { objectMode: false }), response);
    } catch (error) {
      if (!gone.signal.aborted) this.#options.logger.warn('kubelet request failed', { path: request.url?.split('?')[0], error });
      response.destroy();
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#track(socket);
    try {
      const access = await this.#access(request);
      if (access.status !== 200) {
        socket.end(`HTTP/1.1 ${access.status} ${STATUS_CODES[access.status]}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(access.message)}\r\n\r\n${access.message}`);
        return;
      }
      await this.#options.handler.upgrade({ method: request.method ?? 'GET', url: request.url ?? '/', headers: request.headers, socket, head });
    } catch (error) {
      this.#options.logger.warn('kubelet stream failed', { path: request.url?.split('?')[0], error });
      socket.destroy();
    }
  }
}

/** Who a client is by the certificate that the cluster's authority has signed: its common name and organizations. */
function certifiedUser(socket: TLSSocket): KubeletUser | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const organizations: unknown = subject?.O;
  return { username: String(subject?.CN ?? ''), groups: Array.isArray(organizations) ? organizations.map(String) : organizations === undefined ? [] : [String(organizations)] };
}
