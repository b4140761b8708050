import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { RealClock } from '../../base/real-clock.ts';
import type { ApiServerOptions } from '../options.ts';
import { testPki } from './serving-certificate.ts';
import { admin, TestServer } from './server.ts';

export interface Reply {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: { [key: string]: never } & { message: string; reason: string; kind: string; items: unknown[]; metadata: { name: string } };
}

/** A TestServer on real time behind HTTPS; the bearer token `secret` is the administrator's. */
export class HttpServer implements AsyncDisposable {
  readonly api: TestServer;
  readonly port: number;

  private constructor(api: TestServer, port: number) {
    this.api = api;
    this.port = port;
  }

  static async start(options: Partial<ApiServerOptions> = {}): Promise<HttpServer> {
    const api = await TestServer.start({ clock: new RealClock(), authenticators: [{ name: 'token', authenticate: ({ bearerToken }) => (bearerToken === 'secret' ? admin : undefined) }], ...options });
    const { apiServer } = await testPki();
    const { port } = await api.server.listen({ key: apiServer.key, cert: apiServer.certificate });
    return new HttpServer(api, port);
  }

  /** A request whose answer the caller reads. */
  open(method: string, path: string, headers: OutgoingHttpHeaders, onAnswer: (incoming: IncomingMessage) => void): ClientRequest {
    return httpsRequest({ host: '127.0.0.1', port: this.port, method, path, rejectUnauthorized: false, agent: false, headers: { authorization: 'Bearer secret', ...headers } }, onAnswer);
  }

  ask(method: string, path: string, body?: string | Buffer, headers: OutgoingHttpHeaders = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(method, path, body === undefined ? headers : { 'content-length': Buffer.byteLength(body), ...headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const json = (incoming.headers['content-type'] ?? '').includes('json') && incoming.headers['content-encoding'] === undefined && bytes.length > 0 ? JSON.parse(bytes.toString()) as Reply['json'] : undefined;
          resolve({ code: incoming.statusCode!, headers: incoming.headers, body: bytes, text: bytes.toString(), json: json! });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** The first bytes of a stream, cut off as soon as `enough` says so. */
  stream(path: string, headers: OutgoingHttpHeaders, enough: (bytes: Buffer) => boolean): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open('GET', path, headers, (incoming) => {
        let bytes = Buffer.alloc(0);
        const done = (): void => {
          outgoing.destroy();
          resolve({ code: incoming.statusCode!, headers: incoming.headers, body: bytes, text: bytes.toString(), json: undefined as never });
        };
        incoming.on('data', (chunk: Buffer) => {
          bytes = Buffer.concat([bytes, chunk]);
          if (enough(bytes)) done();
        });
        incoming.on('end', done);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
  }
}
