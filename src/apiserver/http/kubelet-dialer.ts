import { Agent } from 'node:https';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { ApiResponse, Upgrade } from '../request.ts';
import type { KubeletDialer, KubeletTarget } from '../subresources/kubelet-dialer.ts';
import type { ForwardedAnswer, ForwardedRequest } from '../subresources/proxy/forwarder.ts';
import { connected, exchange, hostAndPort, passUpgradeOn, upgradeHead } from './exchange.ts';

export interface TlsKubeletDialerOptions {
  readonly clock: Clock;
  /** PEM of the certificate and key with which the API server shows itself to kubelets. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** PEM of the authority that signs kubelets' serving certificates. Without it they are not verified, as upstream does by default. */
  readonly ca?: string | Uint8Array;
}

const connectTimeoutMs = 10_000;

const unreachable = ({ nodeName, address, port }: KubeletTarget, error: unknown): ApiError =>
  new ApiError('InternalError', `Internal error occurred: error dialing backend: dial tcp ${address}:${port}: ${error instanceof Error ? error.message : String(error)}`, { details: { causes: [{ message: `node ${nodeName}` }] }, cause: error });

/** Reaches kubelets by TLS at the address that their node tells. */
export class TlsKubeletDialer implements KubeletDialer, Disposable {
  readonly #options: TlsKubeletDialerOptions;
  #pair: Pick<TlsKubeletDialerOptions, 'cert' | 'key'>;
  #agent: Agent;

  constructor(options: TlsKubeletDialerOptions) {
    this.#options = options;
    this.#pair = options;
    this.#agent = new Agent({ keepAlive: true, ...this.#tls() });
  }

  /** New connections show this certificate from now on. */
  identify(pair: Pick<TlsKubeletDialerOptions, 'cert' | 'key'>): void {
    if (pair.cert === this.#pair.cert) return;
    this.#pair = pair;
    // What is under way goes on; connections that rest are not used again.
    this.#agent = new Agent({ keepAlive: true, ...this.#tls() });
  }

  #tls(): Pick<ConnectionOptions, 'cert' | 'key' | 'ca' | 'rejectUnauthorized'> {
    const { ca } = this.#options;
    const { cert, key } = this.#pair;
    return { cert: Buffer.from(cert), key: Buffer.from(key), ...(ca === undefined ? { rejectUnauthorized: false } : { ca: Buffer.from(ca) }) };
  }

  async get(target: KubeletTarget, path: string, { signal, insecure = false }: { readonly signal: AbortSignal; readonly insecure?: boolean }): Promise<ApiResponse> {
    // Connections that were made without looking are not kept: others want to know whom they talk to.
    const agent = insecure ? new Agent({ ...this.#tls(), rejectUnauthorized: false }) : this.#agent;
    const { code, headers, body } = await this.#send(target, { method: 'GET', path, headers: {}, body: undefined, signal }, agent);
    return { kind: 'raw', code, contentType: String(headers['content-type'] ?? 'text/plain'), body };
  }

  forward(target: KubeletTarget, request: ForwardedRequest): Promise<ForwardedAnswer> {
    return this.#send(target, request, this.#agent);
  }

  #send(target: KubeletTarget, request: ForwardedRequest, agent: Agent): Promise<ForwardedAnswer> {
    const headers = { ...request.headers, host: hostAndPort(target.address, target.port) };
    return exchange('https', { host: target.address, port: target.port, agent }, { ...request, headers }).catch((error: unknown) => { throw unreachable(target, error); });
  }

  async upgrade(target: KubeletTarget, path: string, upgrade: Upgrade): Promise<void> {
    passUpgradeOn(await this.#connect(target), upgradeHead(hostAndPort(target.address, target.port), path, upgrade), upgrade);
  }

  #connect(target: KubeletTarget): Promise<TLSSocket> {
    const socket = connect({ host: target.address, port: target.port, ALPNProtocols: ['http/1.1'], ...this.#tls() });
    return connected(socket, 'secureConnect', { clock: this.#options.clock, timeoutMs: connectTimeoutMs }).catch((error: unknown) => { throw unreachable(target, error); });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
