import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { checkServerIdentity } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { timeoutSignal } from '../../base/clock.ts';
import { RealClock } from '../../base/real-clock.ts';
import type { WebhookAnswer, WebhookPost, WebhookTransport } from '../webhooks/webhook-transport.ts';
import { hostAndPort } from './exchange.ts';
import { connectionErrorText, tlsErrorText } from './go-errors.ts';

/** Connections to all webhooks together that are kept for the next call. */
const maxIdleConnections = 64;
/** How often a webhook that asks for it is asked again, as client-go does it. */
const maxRetries = 10;
/** What upstream's API server calls itself there. */
const userAgent = 'kube-apiserver-admission';

export interface TlsWebhookTransportOptions {
  /** Default the real one: sockets and their deadlines live in real time, whatever time the cluster lives in. */
  readonly clock?: Clock;
  /** Where an address really is; for processes whose pods and services are not on the network. Default where it says. */
  readonly locate?: (where: { readonly host: string; readonly port: number }) => { readonly host: string; readonly port: number };
}

/** Reaches webhooks by TLS. Connections are kept alive, by address, name, authority and client certificate. */
export class TlsWebhookTransport implements WebhookTransport, Disposable {
  readonly #clock: Clock;
  readonly #locate: NonNullable<TlsWebhookTransportOptions['locate']>;
  #agent: Agent | undefined;

  constructor({ clock = new RealClock(), locate = (where) => where }: TlsWebhookTransportOptions = {}) {
    this.#clock = clock;
    this.#locate = locate;
  }

  async post(post: WebhookPost): Promise<WebhookAnswer> {
    const { signal, cancel } = timeoutSignal(this.#clock, post.timeoutMs, post.signal);
    try {
      const incoming = await this.#sendUntilTaken(post, signal);
      return { code: incoming.statusCode ?? 0, contentType: incoming.headers['content-type'] ?? '', body: await readAll(incoming, post.maxAnswerBytes) };
    } catch (error) {
      if (signal.aborted) throw new Error(post.signal?.aborted === true ? 'context canceled' : 'context deadline exceeded', { cause: error });
      throw error;
    } finally {
      cancel();
    }
  }

  /** A webhook that has too much to do says when to ask again. */
  async #sendUntilTaken(post: WebhookPost, signal: AbortSignal): Promise<IncomingMessage> {
    for (let retries = 0; ; retries++) {
      const incoming = await this.#send(post, signal);
      const waitMs = retryAfterMs(incoming);
      if (waitMs === undefined || retries === maxRetries) return incoming;
      incoming.resume();
      await this.#clock.sleep(waitMs, signal);
    }
  }

  async #send(post: WebhookPost, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#attempt(post, signal, false);
    } catch (error) {
      // A connection that rested may have been closed meanwhile: that is no failure of the webhook.
      if (!(error instanceof StaleConnection)) throw error;
      return this.#attempt(post, signal, true);
    }
  }

  #attempt(post: WebhookPost, signal: AbortSignal, fresh: boolean): Promise<IncomingMessage> {
    const { host, port } = this.#locate(post);
    const { serverName, credentials = {} } = post;
    const { clientCertificate: cert, clientKey: key } = credentials;
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host, port, method: 'POST', path: post.path, signal,
        agent: fresh ? false : (this.#agent ??= new Agent({ keepAlive: true, maxFreeSockets: maxIdleConnections, scheduling: 'lifo' })),
        servername: isIP(serverName) === 0 ? serverName : '',
        ...(post.ca !== undefined && { ca: post.ca }),
        ...(cert !== undefined && { cert, key }),
        allowPartialTrustChain: true,
        checkServerIdentity: (_host, certificate) => identityError(serverName, certificate),
        headers: { ...credentials.headers, host: post.authority, 'user-agent': userAgent, accept: 'application/json, */*', 'content-type': 'application/json', 'content-length': post.body.length },
      }, resolve);
      outgoing.on('error', (error) => {
        const stale = outgoing.reusedSocket && ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
        reject(stale && !signal.aborted ? new StaleConnection() : new Error(connectionText(error, post), { cause: error }));
      });
      outgoing.end(post.body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent?.destroy();
  }
}

/** As client-go reads it: whole seconds, of an answer that says no more than that it could not be. */
function retryAfterMs({ statusCode = 0, headers }: IncomingMessage): number | undefined {
  const after = headers['retry-after'] ?? '';
  return (statusCode === 429 || statusCode >= 500) && /^\d{1,6}$/.test(after) ? Number(after) * 1000 : undefined;
}

class StaleConnection extends Error {}

/** What Go says when a server cannot be reached by TLS. */
export function connectionText(error: NodeJS.ErrnoException & { readonly syscall?: string }, { host, port }: { readonly host: string; readonly port: number }): string {
  if (error instanceof IdentityError) return error.message;
  if (error.message === 'socket hang up') return 'EOF';
  const tls = tlsErrorText(error);
  if (tls !== undefined) return tls;
  if (error.syscall === 'getaddrinfo') return `dial tcp: lookup ${host}: no such host`;
  const text = connectionErrorText(error);
  return error.code === 'ECONNRESET' ? text : `dial tcp ${hostAndPort(host, port)}: ${text}`;
}

class IdentityError extends Error {}

/** Is the certificate for that name? Names in its subject count for nothing, as in Go. Undefined: it is. */
export function identityError(name: string, certificate: PeerCertificate): Error | undefined {
  const alternatives = (certificate.subjectaltname ?? '').split(', ');
  const of = (kind: string): string[] => alternatives.filter((one) => one.startsWith(`${kind}:`)).map((one) => one.slice(kind.length + 1));
  const [names, addresses] = [of('DNS'), of('IP Address')];
  const refuse = (detail: string): Error => new IdentityError(`tls: failed to verify certificate: x509: ${detail}`);
  if (isIP(name) !== 0) {
    if (addresses.length === 0) return refuse(`cannot validate certificate for ${name} because it doesn't contain any IP SANs`);
    return checkServerIdentity(name, certificate) === undefined ? undefined : refuse(`certificate is valid for ${addresses.join(', ')}, not ${name}`);
  }
  if (names.length === 0) {
    const common = certificate.subject?.CN;
    return refuse(addresses.length === 0 && typeof common === 'string' && common.includes('.') ? 'certificate relies on legacy Common Name field, use SANs instead' : `certificate is not valid for any names, but wanted to match ${name}`);
  }
  return checkServerIdentity(name, certificate) === undefined ? undefined : refuse(`certificate is valid for ${names.join(', ')}, not ${name}`);
}

/** The whole answer, unless it is too long. */
async function readAll(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    incoming.destroy();
    throw (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? new Error('unexpected EOF', { cause: error }) : error;
  }
  return Buffer.concat(chunks);
}
