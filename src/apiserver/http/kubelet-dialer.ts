import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { ApiResponse, Upgrade } from '../request.ts';
import type { KubeletDialer, KubeletTarget } from '../subresources/kubelet-dialer.ts';

export interface TlsKubeletDialerOptions {
  readonly clock: Clock;
  /** PEM of the certificate and key with which the API server shows itself to kubelets. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** PEM of the authority that signs kubelets' serving certificates. Without it they are not verified, as upstream does by default. */
  readonly ca?: string | Uint8Array;
}

const connectTimeoutMs = 10_000;

/** What of a client's headers concerns the API server alone, and is not for kubelets to see. */
const withheld = new Set(['authorization', 'host', 'content-length', 'transfer-encoding', 'cookie', 'audit-id', 'accept-encoding']);
const isWithheld = (name: string): boolean => withheld.has(name) || name.startsWith('impersonate-') || name.startsWith('x-remote-');
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

const unreachable = ({ nodeName, address, port }: KubeletTarget, error: unknown): ApiError =>
  new ApiError('InternalError', `Internal error occurred: error dialing backend: dial tcp ${address}:${port}: ${error instanceof Error ? error.message : String(error)}`, { details: { causes: [{ message: `node ${nodeName}` }] }, cause: error });

/** Reaches kubelets by TLS at the address that their node tells. */
export class TlsKubeletDialer implements KubeletDialer, Disposable {
  readonly #options: TlsKubeletDialerOptions;
  readonly #agent: Agent;

  constructor(options: TlsKubeletDialerOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ...this.#tls() });
  }

  #tls(): Pick<ConnectionOptions, 'cert' | 'key' | 'ca' | 'rejectUnauthorized'> {
    const { cert, key, ca } = this.#options;
    return { cert: Buffer.from(cert), key: Buffer.from(key), ...(ca === undefined ? { rejectUnauthorized: false } : { ca: Buffer.from(ca) }) };
  }

  get(target: KubeletTarget, path: string, signal: AbortSignal): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest({ host: target.address, port: target.port, path, agent: this.#agent, signal }, (incoming: IncomingMessage) => {
        // Whoever reads the body learns of a broken connection by its end.
        incoming.on('error', () => {});
        resolve({ kind: 'raw', code: incoming.statusCode ?? 502, contentType: incoming.headers['content-type'] ?? 'text/plain', body: incoming });
      });
      outgoing.on('error', (error) => reject(unreachable(target, error)));
      outgoing.end();
    });
  }

  async upgrade(target: KubeletTarget, path: string, upgrade: Upgrade): Promise<void> {
    const kubelet = await this.#connect(target);
    if (upgrade.socket.destroyed) {
      kubelet.destroy();
      return;
    }
    kubelet.write(requestHead(target, path, upgrade));
    if (upgrade.head.length > 0) kubelet.write(upgrade.head);
    join(kubelet, upgrade.socket);
  }

  #connect(target: KubeletTarget): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.address, port: target.port, ALPNProtocols: ['http/1.1'], ...this.#tls() });
      const timer = this.#options.clock.setTimer(connectTimeoutMs, () => socket.destroy(new Error('i/o timeout')), { unref: true });
      socket.once('error', (error) => {
        timer.cancel();
        reject(unreachable(target, error));
      });
      socket.once('secureConnect', () => {
        timer.cancel();
        socket.setNoDelay(true);
        resolve(socket);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function requestHead(target: KubeletTarget, path: string, { method, headers }: Upgrade): string {
  const host = target.address.includes(':') ? `[${target.address}]` : target.address;
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${host}:${target.port}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (isWithheld(name)) continue;
    for (const one of typeof value === 'string' ? [value] : value) {
      const shown = name === 'sec-websocket-protocol' ? withoutToken(one) : one;
      if (shown !== '') head += `${name}: ${shown}\r\n`;
    }
  }
  if (method !== 'GET') head += 'Content-Length: 0\r\n';
  return `${head}\r\n`;
}

const withoutToken = (protocols: string): string => protocols.split(',').map((one) => one.trim()).filter((one) => !one.startsWith(bearerProtocol)).join(', ');

/** Bytes both ways; when one side ends or breaks, so does the other. */
function join(a: Duplex, b: Duplex): void {
  a.pipe(b);
  b.pipe(a);
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}
