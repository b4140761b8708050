import type { KubeObject } from '../api/meta/object.ts';
import { apiservices } from '../api/resources.ts';
import { ApiError } from '../api/status.ts';
import type { LocalEndpoint } from '../client/transports/local-endpoint.ts';
import type { AdmissionPlugin } from './admission/admission.ts';
import { Aggregation } from './aggregation/aggregation.ts';
import { noForeignApis } from './aggregation/foreign-apis.ts';
import { AdmissionChain } from './admission/chain.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import { advertise, bootstrap, ensureObjects } from './bootstrap/bootstrap.ts';
import { CacheReader } from './cache/cache-reader.ts';
import type { ObjectReader } from './cache/reader.ts';
import { WatchCache } from './cache/watch-cache.ts';
import { certificateHooks } from './certificates/certificate-hooks.ts';
import { CertificateMetrics } from './certificates/certificate-metrics.ts';
import { startCustomResources } from './custom-resources/start.ts';
import { deviceClaimHooks } from './device-claims/hooks.ts';
import type { Core, StorageHook } from './core.ts';
import { loadCbor } from './encoding/cbor.ts';
import { Negotiator } from './encoding/negotiate.ts';
import type { RevisionTimes } from './revision-times.ts';
import { followRevisions, revisionAt } from './revision-times.ts';
import { startUpkeep } from './upkeep.ts';
import type { ListenOptions, Listener } from './http/listener.ts';
import type { TlsIdentity } from './http/tls-settings.ts';
import { InProcessEndpoint } from './local-endpoint.ts';
import { AccessCounts } from './metrics/access.ts';
import { AdmissionMetrics } from './metrics/admission.ts';
import { buildMetrics } from '../base/build-metrics.ts';
import { HealthResults } from '../base/health-results.ts';
import { ConversionMetrics } from './metrics/conversions.ts';
import { InFlight } from './metrics/in-flight.ts';
import { LongRunning } from './metrics/long-running.ts';
import { MetricsRegistry } from './metrics/registry.ts';
import { RequestMetrics } from './metrics/requests.ts';
import { RuleMetrics } from './metrics/rules.ts';
import { cacheMetrics, MeasuredStore } from './metrics/storage.ts';
import { WatchMetrics } from './metrics/watches.ts';
import type { HealthCheck } from './health-check.ts';
import { startChecks } from './start-checks.ts';
import type { ApiServerOptions, Factory, MaybeFactory, PathHandler, ServerContents, ServerParts } from './options.ts';
import { keepFlowControl } from './flow-control/bootstrap.ts';
import { flowDebugPaths } from './flow-control/debug-paths.ts';
import { FlowControl } from './flow-control/flow-control.ts';
import { flowMetrics } from './flow-control/metrics.ts';
import { audit, auditUnauthenticated } from './pipeline/audit.ts';
import { authenticate } from './pipeline/authenticate.ts';
import { authorize, authorizeWith } from './pipeline/authorize.ts';
import { dispatch } from './pipeline/dispatch.ts';
import { healthPaths } from './pipeline/health.ts';
import { flagz, statusz } from './pipeline/z-pages.ts';
import { impersonate } from './pipeline/impersonate.ts';
import { limitInFlight } from './pipeline/limit-in-flight.ts';
import { steps } from './pipeline/order.ts';
import { traceHandler, traceRequests } from './pipeline/trace.ts';
import { PathRouter } from './pipeline/paths.ts';
import type { Handler } from './pipeline/step.ts';
import { compose } from './pipeline/step.ts';
import { ProvenanceLog } from './provenance/provenance.ts';
import { ServedResources } from './served-resources.ts';
import type { RequestInfo } from './request.ts';
import type { ChosenResources } from './serving/choose-resources.ts';
import { chooseResources } from './serving/choose-resources.ts';
import { featureFamilies } from './serving/feature-gates.ts';
import type { ServiceHook } from './services/service-hook.ts';
import { serviceHook } from './services/service-hook.ts';
import { startServiceNetwork } from './services/start.ts';
import { ownEndpoints } from './subresources/registry.ts';
import { EncryptedStore } from './encryption/encrypted-store.ts';
import { BookmarkTicker } from './verbs/bookmarks.ts';
import { StoredWriter } from './verbs/stored-writer.ts';
import { versionInfo } from '../base/version-info.ts';
import { WebhookClient } from './webhooks/webhook-client.ts';

export type { ApiServerOptions } from './options.ts';
export type { ListenOptions } from './http/listener.ts';

/**
 * The API server. It runs without a socket: `local` is the whole API for components in the same process; `listen`
 * opens HTTPS beside it. Disposing ends every watch and connection; the store stays open, it is its owner's.
 */
export class ApiServer implements AsyncDisposable {
  readonly local: LocalEndpoint;
  readonly reader: ObjectReader;
  readonly metrics = new MetricsRegistry();
  /** What the scheduler of this process says of each pod, at a path of its own: there may be a lot of it. */
  readonly resourceMetrics = new MetricsRegistry({ alone: true });
  readonly #requestMetrics: RequestMetrics;
  readonly #watchMetrics = new WatchMetrics();
  readonly #options: ApiServerOptions;
  readonly #core: Core;
  readonly #handle: Handler;
  readonly #negotiator: Negotiator;
  readonly #longRunning: LongRunning;
  readonly #cleanUp: (() => void)[] = [];
  readonly #listeners: Listener[] = [];
  readonly #services: ServiceHook;
  readonly #revisionTimes: RevisionTimes;
  readonly #flowControl: FlowControl | undefined;
  readonly #aggregation: Aggregation | undefined;
  readonly #bootstrapObjects: readonly KubeObject[];
  #started = false;
  #stopping = false;
  #disposed = false;

  private constructor(options: ApiServerOptions, cache: WatchCache, { chosen, measured }: { readonly chosen: ChosenResources; readonly measured: MeasuredStore }) {
    const counts = new AccessCounts();
    const { clock, random, logger, store } = options;
    this.#options = options;
    const resources = new ServedResources({ ...chosen, cache });
    this.#negotiator = new Negotiator({ cbor: chosen.gates('CBORServingAndStorage') });
    this.reader = new CacheReader(resources);
    const serves = (info: RequestInfo): boolean => {
      if (this.#aggregation?.describes(info) === true) return true;
      const served = resources.find(info.apiGroup, info.apiVersion, info.resource)?.schema;
      return (info.subresource === '' ? served : served?.subresources.find(({ name }) => name === info.subresource))?.verbs.includes(info.verb) === true;
    };
    this.#requestMetrics = new RequestMetrics(serves);
    this.#longRunning = new LongRunning(serves);
    const ruleMetrics = new RuleMetrics(clock);
    this.metrics.add([...buildMetrics(), ...featureFamilies(chosen.gates), ...this.#requestMetrics.families, ...this.#longRunning.families, ...ruleMetrics.families, ...this.#watchMetrics.families, ...cacheMetrics(resources), ...measured.families, ...counts.families, ...(options.metrics ?? [])]);

    const authorizers: Authorizer[] = [];
    const admission: AdmissionPlugin[] = [];
    const admissionMetrics = new AdmissionMetrics();
    const conversionMetrics = new ConversionMetrics();
    const certificateMetrics = new CertificateMetrics();
    this.metrics.add([...admissionMetrics.families, ...conversionMetrics.families, ...certificateMetrics.families]);
    this.#services = serviceHook(this.reader, options, () => this.#core);
    const hooks = new Map<string, StorageHook>([['/services', this.#services], ...certificateHooks(certificateMetrics), ...deviceClaimHooks({ reader: this.reader, authorize: (attributes) => authorizeWith(authorizers, attributes) })]);
    this.#core = { store, cache, resources, clock, random, logger, admission: new AdmissionChain(admission, { metrics: admissionMetrics, clock }), hooks, bookmarks: new BookmarkTicker(clock), conversionMetrics, ruleMetrics, watchMetrics: this.#watchMetrics, longRunning: this.#longRunning, webhooks: new WebhookClient({ transport: options.webhookTransport, reader: this.reader, random }), provenance: new ProvenanceLog(clock, options.contents?.provenance), podGroups: chosen.gates('GenericWorkload'), isStale: store instanceof EncryptedStore ? (key) => store.isStale(key) : () => false, authorize: (attributes) => authorizeWith(authorizers, attributes) };

    this.local = new InProcessEndpoint((request) => this.#handle(request), (error) => this.#unexpected(error));
    const parts: ServerParts = {
      reader: this.reader, writer: new StoredWriter(this.#core), clock, random, logger, local: this.local, webhooks: this.#core.webhooks, provenance: this.#core.provenance, resources, admissionMetrics,
      resourcesOf: (group, version, kind) => [resources.byKind(group, version, kind)?.schema ?? []].flat(),
      authorize: (attributes) => authorizeWith(authorizers, attributes),
    };
    const plugged = options.plugged?.(parts) ?? {};
    if (plugged.dispose !== undefined) this.#cleanUp.push(plugged.dispose);
    this.#bootstrapObjects = replaced(options.bootstrapObjects ?? [], plugged.bootstrapObjects ?? []);
    authorizers.push(...made(options.authorizers, parts), ...(plugged.authorizers ?? []));
    admission.push(...made(options.admission, parts), ...(plugged.admission ?? []));
    const authenticators = [...made(options.authenticators, parts), ...(plugged.authenticators ?? [])];
    const maxInFlight = options.maxInFlight ?? { reading: 400, writing: 200 };
    // With priority and fairness both kinds share the sum, as in upstream.
    const sum = maxInFlight.reading + maxInFlight.writing;
    const inFlight = new InFlight(clock, options.flowControl === true ? { readOnly: sum, mutating: sum } : { readOnly: maxInFlight.reading, mutating: maxInFlight.writing });
    this.metrics.add(inFlight.families);
    if (options.flowControl === true) {
      this.#flowControl = new FlowControl({
        reader: this.reader, resources, clock, logger, local: this.local, inFlight, serverSeats: sum, requestTimeoutMs: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
      });
      this.metrics.add(flowMetrics(this.#flowControl.configuration));
    }
    const aggregation = options.extensions === undefined || this.#core.resources.stored(apiservices.group, apiservices.resource) === undefined ? undefined : new Aggregation({ reader: this.reader, local: this.local, clock, random, logger, transport: options.extensions, served: chosen.served });
    this.#aggregation = aggregation;
    if (aggregation !== undefined) this.metrics.add(aggregation.metrics);
    const documents = (options.documents ?? []).map((source) => source(() => resources.schemas, aggregation?.foreign ?? noForeignApis));
    const debug = this.#flowControl === undefined || options.profiling === false ? [] : flowDebugPaths(this.#flowControl.configuration, clock);
    const paths: PathRouter = new PathRouter([...this.#paths(() => paths), ...debug, ...made(options.paths, parts), ...(plugged.paths ?? [])], documents);
    // What is plugged in comes last, so that it replaces the server's own.
    const endpoints = [...ownEndpoints(this.#core, options), ...made(options.endpoints, parts), ...(plugged.endpoints ?? [])];
    const explain = options.explain?.(parts);
    const revisionTimes = this.#revisionTimes = followRevisions(this.#core);
    const auditing = options.audit === undefined ? undefined : { ...options.audit, clock, random };
    this.#handle = compose(
      steps({
        authenticate: authenticate(authenticators, { anonymous: options.anonymous ?? true, anonymousPaths: options.anonymousPaths ?? [], counts }),
        impersonate: impersonate(authorizers),
        authorize: authorize(authorizers, counts, (error, request) => this.#core.provenance.refused(error, undefined, request)),
        limit: this.#flowControl?.step ?? limitInFlight(maxInFlight, inFlight),
        ...(options.intercept !== undefined && { intercept: options.intercept }),
        ...(options.tracer !== undefined && { trace: [traceRequests(options.tracer), traceHandler] as const }),
        ...(auditing !== undefined && { audit: [auditUnauthenticated(auditing), audit(auditing)] as const }),
      }),
      dispatch({ core: this.#core, endpoints, paths, negotiator: this.#negotiator, explain: (request) => (request.query.has('at') ? revisionAt(this.#core, revisionTimes, request) : explain?.(request)), foreign: aggregation === undefined ? undefined : (request) => aggregation.serve(request) }),
    );
  }

  /**
   * Fills the cache, ensures the objects that must exist, and starts upkeep. Nothing listens yet. Rejects with an Error
   * for people when the runtime configuration or a feature gate is wrong.
   */
  static async start(given: ApiServerOptions): Promise<ApiServer> {
    const { encryption } = given;
    const measured = new MeasuredStore(given.store, given.clock);
    const options = encryption === undefined ? { ...given, store: measured } : { ...given, store: new EncryptedStore(measured, encryption.transformerFor), health: [...(given.health ?? []), ...encryption.health] };
    const chosen = await chooseResources(options);
    if (chosen.gates('CBORServingAndStorage')) await loadCbor();
    const cache = await WatchCache.start(options.store, options.logger, options.contents);
    const server = new ApiServer(options, cache, { chosen, measured });
    const [stopServices] = await Promise.all([
      startServiceNetwork({ core: server.#core, reader: server.reader, local: server.local, serviceCidr: options.serviceCidr, isHeld: (ip) => server.#services.isHeld(ip) }),
      bootstrap(server.#core, { ...options, bootstrapObjects: server.#bootstrapObjects }),
    ]);
    server.#cleanUp.push(stopServices);
    const flowControl = server.#flowControl;
    if (flowControl !== undefined && server.#core.resources.stored('flowcontrol.apiserver.k8s.io', 'flowschemas') !== undefined) {
      server.#cleanUp.push(await keepFlowControl(server.#core));
      flowControl.start();
      server.#cleanUp.push(() => flowControl[Symbol.dispose]());
    }
    server.#cleanUp.push(startCustomResources(server.#core));
    const aggregation = server.#aggregation;
    if (aggregation !== undefined) {
      server.#cleanUp.push(() => aggregation[Symbol.dispose]());
      aggregation.start();
    }
    server.#cleanUp.push(startUpkeep(server.#core, server.#revisionTimes, options));
    server.#started = true;
    return server;
  }

  /** What it has in memory of the store, for a server that starts on a copy of that. */
  get contents(): ServerContents {
    return { ...this.#core.cache.contents, provenance: this.#core.provenance.contents };
  }

  /** Where HTTPS was opened first; undefined before `listen`. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#listeners[0]?.address;
  }

  /** Opens an HTTPS endpoint; may be called for several addresses. Rejects when the address cannot be had. */
  async listen(options: ListenOptions): Promise<{ readonly host: string; readonly port: number }> {
    const { Listener: Opened } = await import('./http/listener.ts');
    const { clock, random, logger } = this.#options;
    const listener = await Opened.open(options, {
      handle: this.#handle, metrics: this.#requestMetrics, longRunning: this.#longRunning, watchMetrics: this.#watchMetrics, clock, random, logger, negotiator: this.#negotiator, requestTimeoutMs: this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs, onUnexpected: (error) => this.#unexpected(error),
    });
    if (this.#disposed) {
      await listener.close(0);
      throw new Error('the API server was stopped');
    }
    this.#listeners.push(listener);
    return listener.address;
  }

  /** Every listener proves itself with this from now on; connections that are open stay. Throws when it cannot be used. */
  identify(identity: TlsIdentity): void {
    for (const listener of this.#listeners) listener.identify(identity);
  }

  /** Objects that must exist, ensured once more: for those that only appear when an address is known. */
  async ensure(objects: readonly KubeObject[]): Promise<void> {
    await ensureObjects(this.#core, objects);
  }

  /** Where the kubernetes Service leads, once that is known. */
  async advertise(where: { readonly address: string; readonly port: number }): Promise<void> {
    await advertise(this.#core, where);
  }

  #unexpected(error: unknown): void {
    if (error instanceof ApiError) return;
    if (error instanceof Error && error.name === 'AbortError') return;
    this.#options.logger.error('a request failed unexpectedly', { error, ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }) });
  }

  #paths(router: () => PathRouter): PathHandler[] {
    const ping: HealthCheck = { name: 'ping', check: () => {} };
    const storeCheck: HealthCheck = {
      name: 'etcd',
      check: async () => {
        await this.#core.store.get('/registry/health');
      },
    };
    const shutdown: HealthCheck = {
      name: 'shutdown',
      check: () => {
        if (this.#stopping) throw new Error('process is shutting down');
      },
    };
    const log: HealthCheck = { name: 'log', check: () => {} };
    // What is stored is in the cache before the server is there.
    const synced: HealthCheck = { name: 'informer-sync', check: () => {} };
    const more = this.#options.health ?? [];
    const results = new HealthResults(this.#options.clock.now());
    const started = startChecks({ flowControl: this.#flowControl !== undefined, roles: this.#bootstrapObjects.some(({ kind }) => kind === 'ClusterRole'), aggregation: this.#aggregation !== undefined }, () => this.#started);
    const parts = [...started, ...(this.#aggregation === undefined ? [] : [this.#aggregation.health])];
    const json = (object: object): ReturnType<PathHandler['handle']> => ({ kind: 'object', code: 200, object });
    return [
      ...healthPaths('healthz', [ping, log, storeCheck, ...more, ...parts], results),
      ...healthPaths('livez', [ping, log, storeCheck, ...more, ...parts], results),
      ...healthPaths('readyz', [ping, log, storeCheck, { ...storeCheck, name: 'etcd-readiness' }, ...more, synced, ...parts, shutdown], results),
      { path: '/version', handle: () => json(versionInfo) },
      { path: '/version/', handle: () => json(versionInfo) },
      { path: '/', handle: () => json({ paths: ['/api', '/api/v1', '/apis', '/openapi/v2', '/openapi/v3', ...router().paths].sort() }) },
      { path: '/metrics/resources', handle: () => ({ kind: 'raw', code: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: encoded(this.resourceMetrics.chunks()), complete: true }) },
      { path: '/metrics/slis', handle: () => ({ kind: 'raw', code: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: results.render() }) },
      statusz(this.#options.clock, () => router().paths),
      ...(this.#options.flags === undefined ? [] : [flagz(this.#options.flags)]),
      { path: '/metrics', handle: () => ({ kind: 'raw', code: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: encoded(this.metrics.chunks()), complete: true }) },
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stopping = true;
    const { requestsMs = shutdownRequestsMs, watchesMs = 0 } = this.#options.shutdown ?? {};
    await Promise.all(this.#listeners.map((listener) => listener.drain(requestsMs)));
    for (const cleanUp of this.#cleanUp) cleanUp();
    this.#core.bookmarks[Symbol.dispose]();
    // Ends every watch, in peace.
    this.#core.cache[Symbol.dispose]();
    await Promise.all(this.#listeners.map((listener) => listener.close(Math.max(watchesMs, minWatchesMs))));
    this.#options.encryption?.[Symbol.dispose]();
    await this.#options.tracer?.[Symbol.asyncDispose]();
    for (const sink of this.#options.audit?.sinks ?? []) await sink[Symbol.asyncDispose]();
  }

  /**
   * Says that it is going to stop: /readyz fails from now on, and everything is served as before. Resolves when those who
   * look at that have had the time that the options give them; then dispose of it.
   */
  async announceShutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { delayMs = 0 } = this.#options.shutdown ?? {};
    if (delayMs > 0) await this.#options.clock.sleep(delayMs);
  }
}

const defaultRequestTimeoutMs = 60_000;
/** Requests under way when the server is disposed of get this long unless the options say more. */
const shutdownRequestsMs = 2000;
/** The end of a watch gets this long to reach its client. */
const minWatchesMs = 500;

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const chunk of chunks) yield encoder.encode(chunk);
}

function made<T extends object>(items: readonly MaybeFactory<T>[] | undefined, parts: ServerParts): T[] {
  return (items ?? []).map((item) => (typeof item === 'function' ? (item as Factory<T>)(parts) : item));
}

/** Objects, with those of the same names out of `others` instead. */
function replaced(objects: readonly KubeObject[], others: readonly KubeObject[]): readonly KubeObject[] {
  const idOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
  const ids = new Set(others.map(idOf));
  return [...objects.filter((object) => !ids.has(idOf(object))), ...others];
}
