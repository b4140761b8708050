import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DnsMetrics } from './metrics.ts';

/** Serves what the name server counts at /metrics. */
export class MetricsServer implements AsyncDisposable {
  readonly #server: Server;

  constructor(metrics: DnsMetrics) {
    this.#server = createServer((request, response) => {
      const found = request.url?.split('?')[0] === '/metrics';
      response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(found ? metrics.text() : '404 page not found\n');
    });
  }

  /** Port 0 takes a free one. Resolves with the port. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, address, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}
