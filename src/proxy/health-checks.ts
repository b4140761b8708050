import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { joinKey, nameOf, namespaceOf } from '../api/meta/object.ts';
import type { Service } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';

/** What a load balancer may ask this node about one Service: whether it has backends here. */
export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly localEndpoints: number;
}

/** Those of type LoadBalancer whose traffic from outside stays on the node it arrives at. */
export function healthChecksOf(services: readonly Service[], slicesOf: (key: string) => readonly EndpointSlice[], nodeName: string): HealthCheck[] {
  return services.flatMap((service) => {
    const { spec } = service;
    const port = spec?.healthCheckNodePort;
    if (spec?.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local' || port === undefined || port === 0) return [];
    const [namespace, name] = [namespaceOf(service), nameOf(service)];
    const local = slicesOf(joinKey(namespace, name)).flatMap(({ endpoints = [] }) => endpoints.filter(({ nodeName: on, conditions }) => on === nodeName && conditions?.ready !== false));
    return [{ namespace, name, port, localEndpoints: new Set(local.map(({ addresses }) => addresses[0])).size }];
  });
}

interface Listening { readonly server: Server; check: HealthCheck }

/** Answers load balancers on the health-check node ports, on all addresses of the node. */
export class HealthCheckServers implements AsyncDisposable {
  readonly #listening = new Map<string, Listening>();
  readonly #failed: (check: HealthCheck, error: Error) => void;
  readonly #isProxyHealthy: () => boolean;

  /** `failed` is told of a port that cannot be listened on, once for each time that it is tried. A proxy that is behind leads nobody to its backends. */
  constructor({ failed, isProxyHealthy }: { readonly failed: (check: HealthCheck, error: Error) => void; readonly isProxyHealthy: () => boolean }) {
    this.#failed = failed;
    this.#isProxyHealthy = isProxyHealthy;
  }

  /** Opens, closes and updates what has changed. */
  sync(checks: readonly HealthCheck[]): void {
    const wanted = new Map(checks.map((check) => [`${joinKey(check.namespace, check.name)}:${check.port}`, check]));
    for (const [key, { server }] of this.#listening) {
      if (wanted.has(key)) continue;
      server.close();
      server.closeAllConnections();
      this.#listening.delete(key);
    }
    for (const [key, check] of wanted) {
      const there = this.#listening.get(key);
      if (there === undefined) this.#listening.set(key, this.#listen(key, check));
      else there.check = check;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sync([]);
    await Promise.resolve();
  }

  #listen(key: string, first: HealthCheck): Listening {
    const server = createServer((_, response) => {
      const { namespace, name, localEndpoints } = listening.check;
      const serviceProxyHealthy = this.#isProxyHealthy();
      response.writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff', 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) });
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy }, undefined, '\t'));
    });
    const listening: Listening = { server, check: first };
    server.on('error', (error) => {
      // Forgotten, so that the next sync tries again.
      if (this.#listening.get(key) === listening) this.#listening.delete(key);
      this.#failed(listening.check, error);
    });
    server.listen(first.port);
    return listening;
  }
}
