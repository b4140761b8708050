import { once } from 'node:events';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { RealClock } from '../../base/real-clock.ts';
import type { KeyPair } from '../../pki/key-pair.ts';
import { createAuthority, issueCertificate } from '../../pki/certificate.ts';

/** What came, as tests look at it. */
export interface LoopbackRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Decoded from JSON; undefined when there was none. */
  readonly body: unknown;
  /** The common name in the client's certificate. */
  readonly clientName: string | undefined;
}

/** What is answered: an object goes as JSON. `hang up` closes the connection instead. */
export type LoopbackAnswer = { readonly code?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: object | string } | 'hang up';

const hourMs = 3_600_000;
let shared: Promise<KeyPair> | undefined;

/** An authority that signs for tests; its certificates hold at the real time, by which TLS goes. */
export function loopbackAuthority(): Promise<KeyPair> {
  const nowMs = new RealClock().now();
  return (shared ??= createAuthority({ commonName: 'loopback', notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + 24 * hourMs }));
}

/** A client certificate of that authority. */
export async function loopbackClient(commonName: string): Promise<KeyPair> {
  const nowMs = new RealClock().now();
  return issueCertificate(await loopbackAuthority(), { commonName, usages: ['client'], notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + hourMs });
}

/** A server of somebody else's on 127.0.0.1 over TLS: an issuer, a webhook. */
export class LoopbackServer implements AsyncDisposable {
  readonly url: string;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  readonly requests: LoopbackRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server, ca: string) {
    this.#server = server;
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.ca = ca;
  }

  /** `names`: what its certificate is for. */
  static async start(answer: (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>, { names = ['127.0.0.1'] }: { readonly names?: readonly string[] } = {}): Promise<LoopbackServer> {
    const authority = await loopbackAuthority();
    const nowMs = new RealClock().now();
    const serving = await issueCertificate(authority, { commonName: 'loopback server', names, usages: ['server'], notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + hourMs });
    const server = createServer({ key: serving.key, cert: serving.certificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: false }, (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const name = (incoming.socket as TLSSocket).getPeerCertificate().subject?.CN;
        const request: LoopbackRequest = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body: text === '' ? undefined : JSON.parse(text) as unknown, clientName: Array.isArray(name) ? name[0] : name };
        started.requests.push(request);
        void Promise.resolve(answer(request)).then((answered) => {
          if (answered === 'hang up') {
            incoming.socket.destroy();
            return;
          }
          const { code = 200, headers = {}, body = '' } = answered;
          outgoing.writeHead(code, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...headers });
          outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const started = new LoopbackServer(server, authority.certificate);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
