import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsText } from '../base/metrics-text.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { ProxyHealth } from './proxy-health.ts';

/** Where the proxy tells how it is. Port 0 takes a free one. */
export interface StatusAddresses {
  /** Asked by load balancers whether the node can be used; upstream's is 0.0.0.0:10256. */
  readonly healthz: { readonly address: string; readonly port: number };
  /** Upstream's is 127.0.0.1:10249. */
  readonly metrics: { readonly address: string; readonly port: number };
}

/** kube-proxy's ports. */
export const statusAddresses = (healthzAddress: string): StatusAddresses => ({ healthz: { address: healthzAddress, port: 10_256 }, metrics: { address: '127.0.0.1', port: 10_249 } });

const plain = 'text/plain; charset=utf-8';

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body);
}

/** kube-proxy's health check, and beside it its metrics and its mode. */
export class StatusServers implements AsyncDisposable {
  readonly #servers: Server[] = [];

  /** `failed` is told of an address that cannot be listened on: the proxy works without. Resolves with the ports that are. */
  async start({ health, metrics, mode, addresses, failed }: { readonly health: ProxyHealth; readonly metrics: ProxyMetrics; readonly mode: string; readonly addresses: StatusAddresses; readonly failed: (where: string, error: Error) => void }): Promise<{ readonly healthz: number | undefined; readonly metrics: number | undefined }> {
    const checks: Record<string, (response: ServerResponse) => void> = Object.fromEntries((['healthz', 'livez'] as const).map((path) => [`/${path}`, (response: ServerResponse) => {
      const { status, body } = health.answer(path);
      send(response, status, 'application/json', JSON.stringify(body));
    }]));
    const numbers: Record<string, (response: ServerResponse) => void> = {
      '/healthz': (response) => send(response, 200, plain, 'ok'),
      '/proxyMode': (response) => send(response, 200, plain, mode),
      '/metrics': (response) => send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(metrics.gauges(health))),
    };
    const serve = (paths: typeof checks, { address, port }: StatusAddresses['healthz']): Promise<number | undefined> => this.#serve(paths, address, port).catch((error: unknown) => {
      failed(`${address}:${port}`, error as Error);
      return undefined;
    });
    return { healthz: await serve(checks, addresses.healthz), metrics: await serve(numbers, addresses.metrics) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(resolve); });
    }));
  }

  #serve(paths: Readonly<Record<string, (response: ServerResponse) => void>>, address: string, port: number): Promise<number> {
    const server = createServer(({ url = '' }, response) => {
      const path = url.split('?')[0]!;
      if (Object.hasOwn(paths, path)) paths[path]!(response);
      else send(response, 404, plain, '404 page not found\n');
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject).listen(port, address, () => {
        this.#servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }
}
