import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { TlsWebhookTransport } from '../../src/apiserver/http/webhook-transport.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { ControlPlane } from '../../src/cluster/control-plane.ts';
import { startControlPlane } from '../../src/cluster/control-plane.ts';
import type { Pki } from '../../src/pki/pki.ts';
import { createMemoryPki } from '../../src/pki/pki.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';

export interface Reply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, when it is JSON. */
  readonly json: Readonly<Record<string, unknown>> & { readonly message?: string; readonly reason?: string; readonly code?: number; readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]; readonly retryAfterSeconds?: number } };
}

export interface Ask {
  readonly body?: string | Buffer;
  readonly headers?: OutgoingHttpHeaders;
  /** Default: the administrator's. Empty: none. */
  readonly token?: string;
  /** Sends the body without saying its length. */
  readonly chunked?: boolean;
}

export const json = { 'content-type': 'application/json' };
export const yaml = { 'content-type': 'application/yaml' };
export const configMaps = '/api/v1/namespaces/default/configmaps';

/** A whole API server behind TLS on the memory store, and clients that do not behave. */
export class BadInputServer implements AsyncDisposable {
  readonly port: number;
  readonly pki: Pki;
  readonly control: ControlPlane;
  readonly #webhooks: TlsWebhookTransport;
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

  private constructor(port: number, { pki, control }: Pick<BadInputServer, 'pki' | 'control'>, webhooks: TlsWebhookTransport) {
    this.port = port;
    this.#webhooks = webhooks;
    this.pki = pki;
    this.control = control;
  }

  static async start(): Promise<BadInputServer> {
    const clock = new RealClock();
    const pki = await createMemoryPki({ clock, apiServerNames: ['127.0.0.1'] });
    const webhookTransport = new TlsWebhookTransport();
    const control = await startControlPlane({
      webhookTransport,
      store: MemoryStore.open(), pki, clock, random: new SystemRandom(), logger: silentLogger, serviceCidr: '10.96.0.0/12', clusterCidr: '10.244.0.0/16',
      tokenFile: 'admin-token,admin,1,"system:masters"\nweak-token,weak,2,\n',
    });
    const { port } = await control.server.listen({ key: pki.apiServer.key, cert: pki.apiServer.certificate });
    return new BadInputServer(port, { pki, control }, webhookTransport);
  }

  ask(method: string, path: string, { body, headers = {}, token = 'admin-token', chunked = false }: Ask = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const length = body === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(body) };
      const outgoing = request({ host: '127.0.0.1', port: this.port, method, path, agent: this.#agent, headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...length, ...headers } }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          // Watches are JSON too, but a value a line.
          const isJson = (incoming.headers['content-type'] ?? '').startsWith('application/json') && text !== '' && !text.startsWith('{"type":');
          resolve({ code: incoming.statusCode!, headers: incoming.headers, text, json: isJson ? JSON.parse(text) as Reply['json'] : {} });
        });
      });
      outgoing.on('error', reject);
      // What is refused before it was read to its end may be cut off while we still write.
      if (body !== undefined && chunked) {
        const bytes = Buffer.from(body);
        for (let at = 0; at < bytes.length; at += 65_536) outgoing.write(bytes.subarray(at, at + 65_536));
      } else if (body !== undefined) outgoing.write(body);
      outgoing.end();
    });
  }

  /** A refusal: its code, reason and message, and that it is a Status that agrees with the HTTP code. */
  async refuses(method: string, path: string, ask: Ask, expected: { readonly code: number; readonly reason: string; readonly message: string | RegExp }): Promise<Reply> {
    const reply = await this.ask(method, path, ask);
    const what = `${method} ${path.slice(0, 200)}: ${reply.code} ${reply.text.slice(0, 500)}`;
    assert.equal(reply.json['kind'], 'Status', what);
    assert.equal(reply.json['status'], 'Failure', what);
    if (typeof expected.message === 'string') assert.equal(reply.json.message, expected.message, what);
    else assert.match(reply.json.message ?? '', expected.message, what);
    assert.equal(reply.json.reason, expected.reason, what);
    assert.equal(reply.code, expected.code, what);
    assert.equal(reply.json.code, expected.code, what);
    return reply;
  }

  /** Everything works as ever. */
  async isWell(): Promise<void> {
    const reply = await this.ask('GET', '/readyz');
    assert.equal(reply.code, 200);
    const written = await this.ask('POST', `${configMaps}?dryRun=All`, { headers: json, body: JSON.stringify({ metadata: { generateName: 'well-' } }) });
    assert.equal(written.code, 201, written.text);
  }

  /** A connection to write anything on. */
  async raw(options: { readonly alpn?: string[] } = {}): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port: this.port, rejectUnauthorized: false, ...(options.alpn !== undefined && { ALPNProtocols: options.alpn }) });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => {});
    return socket;
  }

  /** Writes bytes on a connection of their own and gives what comes back until the server closes it. */
  async exchange(bytes: string | Buffer): Promise<string> {
    const socket = await this.raw();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise<void>((resolve) => { socket.once('close', () => resolve()); });
    socket.write(bytes);
    await closed;
    return Buffer.concat(chunks).toString('latin1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.control[Symbol.asyncDispose]();
    this.#webhooks[Symbol.dispose]();
  }
}
