import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { endpointslices, ingressclasses, ingresses, services } from '../../src/api/resources.ts';
import type { Ingress, IngressSpec, HTTPIngressPath } from '../../src/api/types/networking/v1.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { IngressController } from '../../src/ingress/controller.ts';
import { controllerName } from '../../src/ingress/model.ts';
import { drive } from '../../src/testing/drive.ts';
import { World } from '../conformance/world.ts';

/** What a client got. */
export interface Got { readonly status: number; readonly body: string; readonly headers: IncomingHttpHeaders; readonly secureName: string | undefined }
export interface Asked { readonly method?: string; readonly path?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly ca?: string }

/** A path of a rule, to port `http` of a Service. */
export const path = (where: string, service: string, pathType = 'Prefix'): HTTPIngressPath => ({ path: where, pathType, backend: { service: { name: service, port: { name: 'http' } } } });

/** The real ingress controller in this process, against a real API server on virtual time and real backends on loopback. */
export class IngressScene implements AsyncDisposable {
  readonly world: World;
  readonly controller: IngressController;
  readonly port: number;
  readonly securePort: number;
  readonly #servers: NetServer[];
  readonly #sockets = new Set<Socket>();

  private constructor(parts: Pick<IngressScene, 'world' | 'controller' | 'port' | 'securePort'>, servers: NetServer[]) {
    this.world = parts.world;
    this.controller = parts.controller;
    this.port = parts.port;
    this.securePort = parts.securePort;
    this.#servers = servers;
  }

  static async start(published: readonly string[] | { namespace: string; name: string } = ['192.0.2.80']): Promise<IngressScene> {
    const world = await World.start({ controllers: false });
    await world.client.create(ingressclasses, { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'coxswain' }, spec: { controller: controllerName } });
    await world.client.create(ingressclasses, { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'other' }, spec: { controller: 'example.com/other' } });
    const controller = await drive(world.clock, IngressController.start({
      client: world.as('ingress', ['system:masters']), clock: world.clock, random: new SeededRandom(5), logger: silentLogger, published,
      // Endpoints may not be on loopback: they say where the test's server is in their port alone.
      locate: ({ port }) => ({ host: '127.0.0.1', port }),
    }));
    const [port, securePort] = [await controller.proxy.listen('http', '127.0.0.1', 0), await controller.proxy.listen('https', '127.0.0.1', 0)];
    return new IngressScene({ world, controller, port, securePort }, []);
  }

  /** A server that answers with its name and path, or as it is told. Resolves with its port. */
  async serve(name: string, listener: RequestListener = (_request, response) => void response.end(name)): Promise<{ readonly port: number; readonly server: Server }> {
    const server = createServer(listener);
    return { port: await this.listen(server), server };
  }

  /** Closes it with the scene. Resolves with its port. */
  async listen(server: NetServer): Promise<number> {
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    // Those that changed their protocol are none of the server's any more.
    (server as NodeJS.EventEmitter).on('connection', (socket: Socket) => this.#sockets.add(socket));
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** A Service with these servers behind its port `http` (80). */
  async service(name: string, ports: readonly number[], conditions: readonly { readonly ready: boolean; readonly serving?: boolean; readonly terminating?: boolean }[] = [], appProtocol?: string): Promise<void> {
    const { client } = this.world;
    await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', ...(appProtocol !== undefined && { appProtocol }) }] } });
    for (const [index, port] of ports.entries()) {
      await client.create(endpointslices, {
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { namespace: 'default', name: `${name}-${index}`, labels: { 'kubernetes.io/service-name': name } }, addressType: 'IPv4',
        endpoints: [{ addresses: [`10.244.0.${index + 2}`], conditions: conditions[index] ?? { ready: true } }], ports: [{ name: 'http', port, protocol: 'TCP' }],
      });
    }
  }

  async ingress(name: string, spec: IngressSpec, className: string | undefined = 'coxswain'): Promise<Ingress> {
    const ingress = await this.world.client.create(ingresses, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { namespace: 'default', name }, spec: { ...(className !== undefined && { ingressClassName: className }), ...spec } });
    await this.settle();
    return ingress;
  }

  /** Lets the proxy see what has been written. */
  async settle(): Promise<void> {
    await this.world.clock.advance(50);
  }

  async addresses(name: string): Promise<readonly unknown[]> {
    await this.settle();
    return (await this.world.client.get(ingresses, { namespace: 'default', name })).status?.loadBalancer?.ingress ?? [];
  }

  /** Asks for `HOST/PATH`. */
  ask(url: string, asked: Asked = {}): Promise<Got> {
    const { host, pathname, search, protocol } = new URL(url.includes('://') ? url : `http://${url}`);
    const { method = 'GET', headers = {}, body, ca } = asked;
    const options = { host: '127.0.0.1', path: asked.path ?? `${pathname}${search}`, method, headers: { host, ...headers }, agent: false } as const;
    return new Promise((resolve, reject) => {
      let secureName: string | undefined;
      const take = (response: IncomingMessage): void => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers, secureName })).on('error', reject);
      };
      const outgoing = protocol === 'https:' ? requestSecurely({ ...options, port: this.securePort, servername: host, ca, checkServerIdentity: (_name, certificate) => { secureName = certificate.subjectaltname; return undefined; } }, take) : request({ ...options, port: this.port }, take);
      outgoing.on('error', reject).end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller[Symbol.asyncDispose]();
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.world[Symbol.asyncDispose]();
  }
}
