import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { apiservices, configmaps, endpointslices, services } from '../../src/api/resources.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { createAuthority, issueCertificate } from '../../src/pki/certificate.ts';
import type { World } from './world.ts';

const hourMs = 3_600_000;
const group = 'wardle.example.com';

interface Flunder { apiVersion: string; kind: 'Flunder'; metadata: { name: string; namespace: string; uid: string; resourceVersion: string; labels?: Record<string, string> }; spec?: object }

/** Who asked, as the front proxy said it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly user: string | undefined;
  readonly groups: readonly string[];
  readonly extra: readonly string[];
  readonly authorization: string | undefined;
}

export interface SampleOptions {
  readonly version?: string;
  /** Answers discovery only version by version, as older servers do. */
  readonly plainDiscovery?: boolean;
  /** Its Swagger document is nonsense. */
  readonly brokenOpenApi?: boolean;
}

/**
 * The sample API server of upstream's conformance tests, in small: flunders in memory, over TLS, for whoever proves to be
 * the front proxy that `kube-system/extension-apiserver-authentication` names.
 */
export class SampleApiServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: SampleOptions;
  readonly #flunders = new Map<string, Flunder>();
  readonly #watchers = new Set<ServerResponse>();
  readonly ca: string;
  readonly asked: Asked[] = [];
  #revision = 0;
  /** What every answer is instead, while it is set. */
  failing: number | undefined;

  private constructor(server: Server, ca: string, options: SampleOptions) {
    this.#server = server;
    this.#options = options;
    this.ca = ca;
  }

  get version(): string { return this.#options.version ?? 'v1alpha1'; }
  get port(): number { return (this.#server.address() as AddressInfo).port; }
  get base(): string { return `/apis/${group}/${this.version}`; }

  static async start(world: World, namespace: string, options: SampleOptions = {}): Promise<SampleApiServer> {
    const published = (await world.client.get(configmaps, { namespace: 'kube-system', name: 'extension-apiserver-authentication' })).data!;
    const nowMs = new RealClock().now();
    const times = { notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + hourMs };
    const authority = await createAuthority({ commonName: 'sample', ...times });
    const serving = await issueCertificate(authority, { commonName: 'sample-api', names: [`sample-api.${namespace}.svc`], usages: ['server'], ...times });
    const allowed = JSON.parse(published['requestheader-allowed-names']!) as string[];
    const server = createServer({ key: serving.key, cert: serving.certificate, ca: published['requestheader-client-ca-file'], requestCert: true, rejectUnauthorized: true });
    const sample = new SampleApiServer(server, authority.certificate, options);
    const isProxy = (socket: Duplex): boolean => allowed.includes(String((socket as TLSSocket).getPeerCertificate().subject.CN));
    server.on('request', (incoming, outgoing) => {
      if (!isProxy(incoming.socket)) outgoing.writeHead(401).end();
      else sample.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      sample.#note(incoming);
      socket.on('error', () => {});
      if (!isProxy(socket)) socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      else socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${incoming.headers.upgrade ?? ''}\r\nX-User: ${String(incoming.headers['x-remote-user'])}\r\n\r\n`, () => socket.pipe(socket));
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return sample;
  }

  /** Puts a Service, its endpoints and an API service before it. */
  async register(world: World, namespace: string): Promise<string> {
    const address = '10.244.9.9';
    world.backends.set(`${address}:443`, { host: '127.0.0.1', port: this.port });
    await world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: 'sample-api' }, spec: { ports: [{ protocol: 'TCP', port: 7443, targetPort: 443 }] } });
    await world.client.create(endpointslices, { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { namespace, name: 'sample-api-1', labels: { 'kubernetes.io/service-name': 'sample-api' } }, addressType: 'IPv4', endpoints: [{ addresses: [address], conditions: { ready: true } }], ports: [{ name: '', port: 443, protocol: 'TCP' }] });
    const name = `${this.version}.${group}`;
    await world.client.create(apiservices, { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name }, spec: { group, version: this.version, service: { namespace, name: 'sample-api', port: 7443 }, caBundle: btoa(this.ca), groupPriorityMinimum: 2000, versionPriority: 200 } });
    return name;
  }

  #note(incoming: IncomingMessage): void {
    const { headers } = incoming;
    this.asked.push({ method: incoming.method!, path: incoming.url!, user: headers['x-remote-user'] as string | undefined, groups: incoming.headersDistinct['x-remote-group'] ?? [], extra: incoming.headersDistinct['x-remote-extra-%52eason%2fwhy'] ?? [], authorization: headers.authorization });
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#note(incoming);
    if (this.failing !== undefined) {
      outgoing.writeHead(this.failing).end();
      return;
    }
    const url = new URL(incoming.url!, 'https://x');
    const json = (code: number, value: unknown, type = 'application/json'): void => void outgoing.writeHead(code, { 'content-type': type }).end(JSON.stringify(value));
    const document = this.#document(url.pathname, incoming.headers.accept ?? '');
    if (document !== undefined) return json(200, document.value, document.type);
    const match = /^\/namespaces\/([^/]+)\/flunders(?:\/([^/]+))?$/.exec(url.pathname.startsWith(this.base) ? url.pathname.slice(this.base.length) : '');
    if (match === null) return json(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: 'the server could not find the requested resource' });
    if (url.searchParams.get('watch') !== null) {
      outgoing.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      this.#watchers.add(outgoing);
      outgoing.once('close', () => this.#watchers.delete(outgoing));
      return undefined;
    }
    const [, namespace = '', name] = match;
    if (name === 'away') {
      outgoing.writeHead(301, { location: 'https://example.com/' }).end();
      return undefined;
    }
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    return this.#flunder(incoming.method!, { namespace, name, body: text === '' ? undefined : JSON.parse(text) as Flunder }, json);
  }

  #flunder(method: string, { namespace, name, body }: { readonly namespace: string; readonly name: string | undefined; readonly body: Flunder | undefined }, json: (code: number, value: unknown) => void): void {
    const apiVersion = `${group}/${this.version}`;
    if (name === undefined && method === 'GET') return json(200, { apiVersion, kind: 'FlunderList', metadata: { resourceVersion: String(this.#revision) }, items: [...this.#flunders.values()].filter(({ metadata }) => metadata.namespace === namespace) });
    if (method === 'POST') {
      const made: Flunder = { ...body!, apiVersion, kind: 'Flunder', metadata: { ...body!.metadata, namespace, uid: `u-${++this.#revision}`, resourceVersion: String(this.#revision) } };
      this.#flunders.set(`${namespace}/${made.metadata.name}`, made);
      this.#tell('ADDED', made);
      return json(201, made);
    }
    const found = this.#flunders.get(`${namespace}/${name}`);
    if (found === undefined) return json(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: `flunders.${group} "${name}" not found`, details: { name, group, kind: 'flunders' } });
    if (method !== 'DELETE') return json(200, found);
    this.#flunders.delete(`${namespace}/${name}`);
    this.#tell('DELETED', found);
    return json(200, found);
  }

  #tell(type: string, object: Flunder): void {
    for (const watcher of this.#watchers) watcher.write(`${JSON.stringify({ type, object })}\n`);
  }

  #document(path: string, accept: string): { readonly value: unknown; readonly type: string } | undefined {
    const type = 'application/json';
    const verbs = ['create', 'delete', 'get', 'list', 'watch'];
    if (path === '/apis' && accept.includes('as=APIGroupDiscoveryList') && this.#options.plainDiscovery !== true) {
      const resources = [{ resource: 'flunders', responseKind: { group, version: this.version, kind: 'Flunder' }, scope: 'Namespaced', singularResource: 'flunder', verbs, subresources: [{ subresource: 'status', verbs: ['get'] }] }];
      return { type: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', value: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items: [{ metadata: { name: group }, versions: [{ version: this.version, resources, freshness: 'Current' }] }] } };
    }
    if (path === this.base) return { type, value: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${this.version}`, resources: [{ name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs }, { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] }] } };
    if (path === '/openapi/v3') return { type, value: { paths: { [this.base.slice(1)]: { serverRelativeURL: `/openapi/v3${this.base}?hash=ABC` }, 'apis/else/v1': { serverRelativeURL: '/openapi/v3/apis/else/v1?hash=1' } } } };
    if (path === `/openapi/v3${this.base}`) return { type, value: { openapi: '3.0.0', info: { title: 'sample', version: '1' }, paths: { [`${this.base}/namespaces/{namespace}/flunders`]: {} }, components: { schemas: { 'example.wardle.Flunder': { type: 'object' } } } } };
    if (path !== '/openapi/v2') return undefined;
    if (this.#options.brokenOpenApi === true) return { type, value: { swagger: '2.0', paths: { [`${this.base}/x`]: { get: { responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/nowhere' } } } } } }, definitions: {} } };
    const reference = { $ref: '#/definitions/example.wardle.Flunder' };
    return {
      type,
      value: {
        swagger: '2.0', info: { title: 'sample', version: '1' },
        paths: { [`${this.base}/namespaces/{namespace}/flunders`]: { get: { operationId: 'listFlunder', tags: ['wardle'], schemes: ['https'], consumes: ['*/*'], produces: ['application/json'], responses: { 200: { description: 'OK', schema: reference } } } }, '/api/v1/pods': { get: { operationId: 'stolen', responses: {} } } },
        definitions: { 'example.wardle.Flunder': { type: 'object', properties: { metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' } } }, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': { type: 'object', description: 'as the sample knows it' }, 'unused': { type: 'string' } },
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
  }
}
