import assert from 'node:assert/strict';
import { request } from 'node:https';
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { apiVersionOf } from '../../src/api/resource-type.ts';
import { namespaces, nodes, pods, serviceaccounts } from '../../src/api/resources.ts';
import type { ApiError } from '../../src/api/status.ts';
import { isReason } from '../../src/api/status.ts';
import type { Container, Node, Pod, PodSpec } from '../../src/api/types/core/v1.ts';
import type { ObjectMeta } from '../../src/api/types/meta/v1.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client, ObjectRef, Scope, Selectors, WatchOptions } from '../../src/client/client.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import { TlsExtensionTransport } from '../../src/apiserver/http/extension-transport.ts';
import { TlsWebhookTransport } from '../../src/apiserver/http/webhook-transport.ts';
import type { ApiServer } from '../../src/apiserver/api-server.ts';
import type { LocalClients } from '../../src/cluster/identities.ts';
import type { Pki } from '../../src/pki/pki.ts';
import { createMemoryPki } from '../../src/pki/pki.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';
import type { CompositionState } from '../../src/testing/composition.ts';
import { Composition } from '../../src/testing/composition.ts';
import { drive, end } from '../../src/testing/drive.ts';

export interface WorldOptions {
  /** Simulated nodes `node-1`, `node-2` …: the real kubelet on the simulated runtime. Default 2. */
  readonly nodes?: number;
  /** What each node has, instead of the simulated machine's. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** False: the API server alone. Default true. */
  readonly controllers?: boolean;
  /** API versions beside upstream's usual ones. */
  readonly runtimeConfig?: Readonly<Record<string, string>>;
  /** Features other than upstream's usual ones. */
  readonly featureGates?: Readonly<Record<string, string>>;
  /** Ranges of pods and of Services, of which the first family is everybody's. */
  readonly ranges?: { readonly clusterCidr: string; readonly serviceCidr: string };
  /** Nodes say a day before that they live: for tests of weeks and months. */
  readonly calm?: boolean;
}

/** What a client sees of a watch. */
export interface Seen<T> { readonly type: string; readonly object: T }

let sharedPki: Promise<Pki> | undefined;
/** What worlds of like settings have after the API server's first start, which the second is a copy of (docs/decisions/0024). */
const beginnings = new Map<string, { readonly store: MemoryStore; readonly state: CompositionState }>();
const adminToken = 'conformance-admin';
const calmMs = 48 * 3_600_000;

/**
 * A whole cluster in this process, as `coxswain up --runtime simulated` composes it, on virtual time and without
 * sockets: API server with its admission and RBAC, scheduler, controllers and simulated nodes.
 */
export class World implements AsyncDisposable {
  readonly clock: VirtualClock;
  /** Acts as an administrator. */
  readonly client: Client;
  readonly plane: { readonly server: ApiServer; readonly clients: LocalClients };
  readonly parts: Composition;
  /** Servers of the test that stand behind addresses of the cluster, for whoever the API server calls: by `host:port`. */
  readonly backends: Map<string, { readonly host: string; readonly port: number }>;
  readonly #pki: Pki;
  readonly #stop = new AbortController();
  readonly #undo = new AsyncDisposableStack();
  #port: number | undefined;

  private constructor({ clock, parts, server, backends }: Pick<World, 'clock' | 'parts' | 'backends'> & { readonly server: ApiServer }, pki: Pki) {
    this.clock = clock;
    this.parts = parts;
    this.plane = { server, clients: parts.clients };
    this.backends = backends;
    this.#pki = pki;
    this.client = this.as('conformance', ['system:masters']);
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const clock = new VirtualClock();
    // Certificates are for real TLS clients, who look at the real time.
    const pki = await (sharedPki ??= createMemoryPki({ clock: new RealClock(), apiServerNames: ['127.0.0.1'] }));
    const backends: World['backends'] = new Map();
    const locate = (where: { readonly host: string; readonly port: number }): { readonly host: string; readonly port: number } => backends.get(`${where.host}:${where.port}`) ?? where;
    const webhookTransport = new TlsWebhookTransport({ locate });
    const extensions = new TlsExtensionTransport({ client: pki.frontProxyClient, locate });
    const { capacity, calm = false, runtimeConfig, featureGates, ranges } = options;
    const settings = JSON.stringify([runtimeConfig, featureGates, ranges]);
    const beginning = beginnings.get(settings);
    const store = beginning?.store.fork() ?? MemoryStore.open();
    const parts = new Composition({
      clock, pki, seed: 7, store, ...(beginning !== undefined && { state: beginning.state }),
      apiServer: { ...ranges, runtimeConfig, featureGates, tokenFile: `${adminToken},conformance,1,system:masters\n`, webhookTransport, extensions },
      kubelet: { ...(capacity !== undefined && { capacity }), ...(calm && { foresightMs: calmMs }) },
    });
    const world = new World({ clock, parts, server: await parts.startApiServer(), backends }, pki);
    if (beginning === undefined) beginnings.set(settings, { store: store.fork(), state: parts.capture() });
    else parts.resumeChance(beginning.state.chance);
    world.#undo.use(webhookTransport);
    world.#undo.use(extensions);
    if (options.controllers === false) return world;
    await drive(clock, Promise.all([parts.startScheduler(), parts.startControllers()]));
    for (let number = 1; number <= (options.nodes ?? 2); number++) await drive(clock, parts.addNode({ name: `node-${number}` }));
    if (options.nodes !== 0) await world.until('nodes to be ready', async () => (await world.client.list(nodes)).items.every(isReady));
    await world.until('the default service account', async () => found(world.client.get(serviceaccounts, { namespace: 'default', name: 'default' })));
    return world;
  }

  /** A client of somebody else. */
  as(name: string, groups: readonly string[] = []): Client {
    return createLocalClient(this.plane.server.local, { user: { name, groups: [...groups, 'system:authenticated'] }, userAgent: 'e2e.test/v1.36.0', clock: this.clock });
  }

  /** Lets time pass until the probe finds something, and returns that. Throws when it does not within `withinMs`. */
  async until<T>(what: string, probe: () => T | Promise<T>, withinMs = 120_000): Promise<Exclude<NonNullable<T>, false>> {
    const deadlineMs = this.clock.now() + withinMs;
    for (;;) {
      await this.clock.settle();
      const got = await probe();
      if (got !== false && got !== undefined && got !== null) return got as Exclude<NonNullable<T>, false>;
      if (this.clock.now() >= deadlineMs) throw new Error(`timed out waiting for ${what}`);
      await this.clock.advance(500);
    }
  }

  /** A new namespace with its service account. */
  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    await this.until('its service account', () => found(this.client.get(serviceaccounts, { namespace: name, name: 'default' })));
    return name;
  }

  /** Gathers the events of a watch. Without a resource version: from now on, nothing of the past. */
  async watch<T extends KubeObject>(type: ResourceType<T>, scope: Scope = {}, options: Omit<WatchOptions, 'signal'> = {}, client = this.client): Promise<Watched<T>> {
    const resourceVersion = options.resourceVersion ?? (await client.list(type, scope)).resourceVersion;
    const events: Seen<T>[] = [];
    const stop = new AbortController();
    const ended = (async () => {
      for await (const event of client.watch(type, scope, { ...options, resourceVersion, signal: AbortSignal.any([stop.signal, this.#stop.signal]) })) events.push(event);
    })();
    ended.catch(() => {});
    await this.clock.settle();
    return { events, ended, stop: () => stop.abort() };
  }

  /** Reads, changes and writes until nobody else wrote in between. */
  async retry<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, change: (object: T) => T, subresource?: string): Promise<T> {
    for (;;) {
      const current = structuredClone(await this.client.get(type, ref));
      try {
        return await this.client.update(type, change(current), subresource === undefined ? {} : { subresource });
      } catch (error) {
        if (!isReason(error, 'Conflict')) throw error;
      }
    }
  }

  async podsOf(namespace: string, selectors: Selectors = {}): Promise<readonly Pod[]> {
    return (await this.client.list(pods, { namespace }, selectors)).items;
  }

  /** A pod that runs. */
  async runningPod(pod: Pod): Promise<Pod> {
    const created = await this.client.create(pods, pod);
    return this.untilPod(created.metadata.namespace!, created.metadata.name!, (now) => now.status?.phase === 'Running' && isReady(now));
  }

  untilPod(namespace: string, name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
    return this.until(`pod ${name}`, async () => {
      const now = await this.client.get(pods, { namespace, name });
      return holds(now) ? now : undefined;
    });
  }

  async untilGone<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, withinMs?: number): Promise<void> {
    await this.until(`${type.resource} ${ref.name} to be gone`, async () => (await found(this.client.get(type, ref))) === undefined, withinMs);
  }

  /** The same API over a real TLS connection, for what only HTTP has: Accept headers, status codes. */
  async http(method: string, path: string, options: { readonly accept?: string; readonly body?: unknown; readonly contentType?: string } = {}): Promise<{ readonly status: number; readonly contentType: string; readonly text: string; readonly json: Field }> {
    this.#port ??= (await this.plane.server.listen({ host: '127.0.0.1', port: 0, key: this.#pki.apiServer.key, cert: this.#pki.apiServer.certificate })).port;
    const body = options.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: '127.0.0.1', port: this.#port, method, path, ca: this.#pki.ca.certificate, agent: false,
        headers: { authorization: `Bearer ${adminToken}`, ...(options.accept !== undefined && { accept: options.accept }), ...(body !== undefined && { 'content-type': options.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }) },
      }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => {
          const contentType = response.headers['content-type'] ?? '';
          resolve({ status: response.statusCode ?? 0, contentType, text, json: (contentType.includes('json') ? JSON.parse(text) : {}) as Field });
        });
      });
      outgoing.on('error', reject).end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await end(this.clock, this.parts);
    await this.#undo.disposeAsync();
  }
}

export interface Watched<T> {
  readonly events: Seen<T>[];
  readonly ended: Promise<void>;
  stop(): void;
}

/** Any field below another: tests compare what is there. */
export interface Field { readonly [key: string]: Field }

/** What a request yields, or undefined when there is no such object. */
export async function found<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

export function isReady(object: Pod | Node): boolean {
  return ((object.status?.conditions ?? []) as readonly { readonly type: string; readonly status: string }[]).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** For assert.rejects: an ApiError of this reason whose message matches. */
export function refusal(reason: Parameters<typeof isReason>[1], message?: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!isReason(error, reason)) throw new Error(`expected ${reason}, got ${String(error)}`, { cause: error });
    const { message: text } = error as ApiError;
    if (message === undefined || (typeof message === 'string' ? text.includes(message) : message.test(text))) return true;
    throw new Error(`unexpected message: ${text}`);
  };
}

export const container = (more: Partial<Container> = {}): Container => ({ name: 'agnhost-container', image: 'registry.k8s.io/e2e-test-images/agnhost:2.59', ...more });

/** A pod that runs for ever and goes at once when deleted. */
export function podOf(namespace: string, name: string, more: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string>; readonly spec?: Partial<PodSpec>; readonly metadata?: ObjectMeta } = {}): Pod {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { namespace, name, ...(more.labels !== undefined && { labels: more.labels }), ...(more.annotations !== undefined && { annotations: more.annotations }), ...more.metadata },
    spec: { containers: [container()], terminationGracePeriodSeconds: 1, ...more.spec },
  };
}

/**
 * The sequence that most "should support … API operations" tests go through, for one kind. `statusKeepsMetadata`: a
 * write of the kind's status leaves annotations as they were.
 */
export async function apiOperations<T extends KubeObject & { readonly metadata: ObjectMeta }>(world: World, type: ResourceType<T>, make: (name: string) => T, options: { readonly namespace?: string; readonly status?: boolean; readonly statusPatch?: unknown; readonly statusKeepsMetadata?: boolean; readonly nameOf?: (short: string) => string } = {}): Promise<void> {
  const { client } = world;
  const scope = options.namespace === undefined ? {} : { namespace: options.namespace };
  const label = 'special-label=api-operations';
  const of = (short: string): T => {
    const name = options.nameOf?.(short) ?? short;
    const object = make(name);
    return { ...object, apiVersion: apiVersionOf(type), kind: type.kind, metadata: { ...object.metadata, ...scope, name, labels: { 'special-label': 'api-operations' } } };
  };
  await inDiscovery(world, type);

  const created = await client.create(type, of('op-a'));
  const second = await client.create(type, of('op-b'));
  await client.create(type, of('op-c'));
  const name = nameIn(created);
  assert.ok(created.metadata.uid !== undefined && created.metadata.resourceVersion !== undefined && created.metadata.creationTimestamp !== undefined);
  assert.equal((await client.get(type, { ...scope, name })).metadata.uid, created.metadata.uid);
  assert.equal((await client.list(type, scope, { labelSelector: label })).items.length, 3);
  if (options.namespace !== undefined) assert.equal((await client.list(type, {}, { labelSelector: label })).items.length, 3);

  const watched = await world.watch(type, scope, { resourceVersion: created.metadata.resourceVersion!, labelSelector: label });
  const patched = await client.patch(type, { ...scope, name }, { type: 'merge', value: { metadata: { annotations: { patched: 'true' } } } });
  assert.equal(patched.metadata.annotations?.['patched'], 'true');
  const updated = await client.update(type, { ...patched, metadata: { ...patched.metadata, annotations: { ...patched.metadata.annotations, updated: 'true' } } });
  assert.partialDeepStrictEqual(updated.metadata.annotations, { patched: 'true', updated: 'true' });
  await world.until('the update to be seen', () => watched.events.some((event) => event.type === 'MODIFIED' && event.object.metadata.annotations?.['updated'] === 'true'));

  if (options.status === true) {
    const statusPath = 'status';
    const before = await client.getSubresource<T>(type, { ...scope, name }, statusPath);
    assert.equal(before.metadata.uid, created.metadata.uid);
    const told = await client.patch(type, { ...scope, name }, { type: 'merge', value: { metadata: { annotations: { patchedstatus: 'true' } }, ...(options.statusPatch as object) } }, { subresource: statusPath });
    const changed = options.statusKeepsMetadata === true ? undefined : 'true';
    assert.equal(told.metadata.annotations?.['patchedstatus'], changed);
    assert.partialDeepStrictEqual(told, options.statusPatch as Partial<T>);
    const read = await client.get(type, { ...scope, name });
    const replaced = await client.update(type, { ...read, metadata: { ...read.metadata, annotations: { ...read.metadata.annotations, updatedstatus: 'true' } } }, { subresource: statusPath });
    assert.equal(replaced.metadata.annotations?.['updatedstatus'], changed);
  }

  await client.delete(type, { ...scope, name });
  await world.untilGone(type, { ...scope, name });
  await world.until('the deletion to be seen', () => watched.events.some((event) => event.type === 'DELETED' && event.object.metadata.uid === created.metadata.uid));
  assert.equal((await client.list(type, scope, { labelSelector: label })).items.length, 2);
  await client.deleteCollection(type, scope, { labelSelector: label });
  await world.untilGone(type, { ...scope, name: nameIn(second) });
  assert.equal((await client.list(type, scope, { labelSelector: label })).items.length, 0);
  watched.stop();
}

/** The kind is found by a client that walks discovery: groups, then the group, then the version. */
export async function inDiscovery(world: World, type: ResourceType<KubeObject>): Promise<void> {
  interface Groups { readonly groups: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[] }[] }
  if (type.group !== '') {
    const all = (await world.client.raw('GET', '/apis')) as Groups;
    assert.ok(all.groups.some(({ name, versions }) => name === type.group && versions.some(({ version }) => version === type.version)), `${type.group}/${type.version} in /apis`);
    const group = (await world.client.raw('GET', `/apis/${type.group}`)) as Groups['groups'][number];
    assert.ok(group.versions.some(({ version }) => version === type.version), `${type.version} in /apis/${type.group}`);
  }
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const resources = (await world.client.raw('GET', root)) as { readonly resources: readonly { readonly name: string; readonly kind: string }[] };
  assert.ok(resources.resources.some(({ name, kind }) => name === type.resource && kind === type.kind), `${type.resource} in ${root}`);
}

const nameIn = ({ metadata }: { readonly metadata: ObjectMeta }): string => metadata.name!;
