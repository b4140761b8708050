import { Agent } from 'node:https';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { RealClock } from '../../base/real-clock.ts';
import type { ExtensionServer, ExtensionTransport, IdentityHeaders } from '../aggregation/extension-transport.ts';
import type { Upgrade } from '../request.ts';
import type { ForwardedAnswer, ForwardedRequest } from '../subresources/proxy/forwarder.ts';
import { connected, exchange, hostAndPort, passUpgradeOn, upgradeHead } from './exchange.ts';
import { connectionText, identityError } from './webhook-transport.ts';

const connectTimeoutMs = 30_000;
/** Connections to all extension API servers together that are kept for the next request. */
const maxIdleConnections = 64;

export interface TlsExtensionTransportOptions {
  /** The front proxy's certificate and key, PEM. */
  readonly client: { readonly certificate: string; readonly key: string };
  /** Default the real one: sockets live in real time. */
  readonly clock?: Clock;
  /** Where an address really is; for processes whose pods and services are not on the network. Default where it says. */
  readonly locate?: (where: { readonly host: string; readonly port: number }) => { readonly host: string; readonly port: number };
}

/** Reaches extension API servers by TLS, as the front proxy. */
export class TlsExtensionTransport implements ExtensionTransport, Disposable {
  #client: TlsExtensionTransportOptions['client'];
  readonly #clock: Clock;
  readonly #locate: NonNullable<TlsExtensionTransportOptions['locate']>;
  #agent: Agent | undefined;

  constructor({ client, clock = new RealClock(), locate = (where) => where }: TlsExtensionTransportOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#locate = locate;
  }

  /** New connections prove this from now on. */
  identify(client: TlsExtensionTransportOptions['client']): void {
    this.#client = client;
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #tls({ serverName, ca, insecure }: ExtensionServer): ConnectionOptions {
    return {
      servername: isIP(serverName) === 0 ? serverName : '', cert: this.#client.certificate, key: this.#client.key,
      rejectUnauthorized: !insecure, allowPartialTrustChain: true, checkServerIdentity: (_host, certificate) => identityError(serverName, certificate),
      ...(ca !== undefined && { ca }),
    };
  }

  async forward(server: ExtensionServer, request: ForwardedRequest): Promise<ForwardedAnswer> {
    const send = (agent: Agent | false): Promise<ForwardedAnswer> => exchange('https', { ...this.#locate(server), ...this.#tls(server), agent }, { ...request, headers: { ...request.headers, host: hostAndPort(server.host, server.port) } });
    try {
      try {
        return await send(this.#agent ??= new Agent({ keepAlive: true, maxFreeSockets: maxIdleConnections, scheduling: 'lifo' }));
      } catch (error) {
        // A connection that rested may have been closed meanwhile: what can be asked twice is.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || request.body !== undefined || request.method !== 'GET' || request.signal.aborted) throw error;
        return await send(false);
      }
    } catch (error) {
      throw request.signal.aborted ? error : new Error(connectionText(error as Error, server), { cause: error });
    }
  }

  async upgrade(server: ExtensionServer, path: string, upgrade: Upgrade, headers: IdentityHeaders): Promise<void> {
    const socket = await connected(connect({ ...this.#locate(server), ...this.#tls(server), ALPNProtocols: ['http/1.1'] }), 'secureConnect', { clock: this.#clock, timeoutMs: connectTimeoutMs })
      .catch((error: unknown) => { throw new Error(connectionText(error as Error, server), { cause: error }); });
    passUpgradeOn(socket, upgradeHead(hostAndPort(server.host, server.port), path, upgrade, headers), upgrade);
  }

  [Symbol.dispose](): void {
    this.#agent?.destroy();
  }
}
