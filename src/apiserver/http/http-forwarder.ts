import { Agent as TlsAgent } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { Upgrade } from '../request.ts';
import type { Backend, ForwardedAnswer, ForwardedRequest, Forwarder } from '../subresources/proxy/forwarder.ts';
import { exchange, passUpgradeOn, upgradeHead } from './exchange.ts';

const connectTimeoutMs = 30_000;
/** Connections to all backends together that are kept for the next request. */
const maxIdleConnections = 64;

/** What Go says of an error that Node names. */
const goWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused', ECONNRESET: 'read: connection reset by peer', EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable', ETIMEDOUT: 'i/o timeout', EPIPE: 'write: broken pipe',
};

const hostOf = ({ host, port }: Backend): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function unreachable(backend: Backend, error: unknown): ApiError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new ApiError('ServiceUnavailable', `error trying to reach service: dial tcp ${hostOf(backend)}: ${goWords[code] ?? message}`, { cause: error });
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
    const host = String(upgrade.headers['host'] ?? hostOf(backend));
    passUpgradeOn(await this.#connect(backend), upgradeHead(host, path, upgrade), upgrade);
  }

  #connect(backend: Backend): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const { host, port, scheme } = backend;
      const socket = scheme === 'https' ? connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }) : connect({ host, port });
      const timer = this.#clock.setTimer(connectTimeoutMs, () => socket.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })), { unref: true });
      socket.once('error', (error) => {
        timer.cancel();
        reject(unreachable(backend, error));
      });
      socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => {
        timer.cancel();
        socket.setNoDelay(true);
        resolve(socket);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}
