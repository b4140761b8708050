import { Agent as TlsAgent } from 'node:https';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Upgrade } from '../request.ts';
import type { Backend, ForwardedAnswer, ForwardedRequest, Forwarder } from '../subresources/proxy/forwarder.ts';
import { connected, exchange, hostAndPort, passUpgradeOn, upgradeHead } from './exchange.ts';
import { connectionErrorText } from './go-errors.ts';

const connectTimeoutMs = 30_000;
/** Connections to all backends together that are kept for the next request. */
const maxIdleConnections = 64;

function unreachable(backend: Backend, error: unknown): ApiError {
  return new ApiError('ServiceUnavailable', `error trying to reach service: dial tcp ${hostAndPort(backend.host, backend.port)}: ${connectionErrorText(error)}`, { cause: error });
}

/** Reaches pods, services and nodes over TCP, from the machine that the API server runs on. */
export class HttpForwarder implements Forwarder, Disposable {
  readonly #clock: Clock;
  readonly #agents = { http: new (process.getBuiltinModule('node:http').Agent)({ keepAlive: true, maxFreeSockets: maxIdleConnections }), https: new TlsAgent({ keepAlive: true, maxFreeSockets: maxIdleConnections, rejectUnauthorized: false }) };

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  async forward(backend: Backend, request: ForwardedRequest): Promise<ForwardedAnswer> {
    return exchange(backend.scheme, { host: backend.host, port: backend.port, agent: this.#agents[backend.scheme] }, request)
      .catch((error: unknown) => { throw unreachable(backend, error); });
  }

  async upgrade(backend: Backend, path: string, upgrade: Upgrade): Promise<void> {
    const host = String(upgrade.headers['host'] ?? hostAndPort(backend.host, backend.port));
    passUpgradeOn(await this.#connect(backend), upgradeHead(host, path, upgrade), upgrade);
  }

  #connect(backend: Backend): Promise<Socket> {
    const { host, port, scheme } = backend;
    const options = { clock: this.#clock, timeoutMs: connectTimeoutMs };
    const connecting: Promise<Socket> = scheme === 'https'
      ? connected(connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }), 'secureConnect', options)
      : connected(connect({ host, port }), 'connect', options);
    return connecting.catch((error: unknown) => { throw unreachable(backend, error); });
  }

  [Symbol.dispose](): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}
