import type { Clock } from '../base/clock.ts';
import { KeptInStep } from '../base/kept-in-step.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { joinKey, keyOf, namespaceOf } from '../api/meta/object.ts';
import { endpointslices, nodes, services } from '../api/resources.ts';
import type { Node, Service } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer/informer.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { SeriesRecorder } from '../client/event-recorder/series-recorder.ts';
import { createSeriesRecorder } from '../client/event-recorder/series-recorder.ts';
import type { ProxyBackend, RunCommand } from './backend.ts';
import type { NodePlace } from './endpoints.ts';
import { HealthCheckServers, healthChecksOf } from './health-checks.ts';
import { ProxyMetrics } from './metrics.ts';
import { ProxyHealth } from './proxy-health.ts';
import type { ServicePort } from './service-port.ts';
import type { StatusAddresses } from './status-servers.ts';
import { StatusServers } from './status-servers.ts';
import { ServicePorts } from './service-ports.ts';
import { forgetStaleFlows, udpState } from './stale-flows.ts';

export interface ServiceProxyOptions {
  readonly client: Client;
  readonly backend: ProxyBackend;
  readonly nodeName: string;
  /** How UDP flows to backends that are gone are forgotten; undefined on a machine that lacks the program `conntrack`. */
  readonly conntrack: { readonly run: RunCommand; readonly nodeAddresses: () => readonly string[] } | undefined;
  /** Where it tells how it is; undefined: nowhere. */
  readonly status?: StatusAddresses | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Changes that come within this time go into the kernel together. */
const gatherMs = 10;
/** Rules that someone else removed come back at the latest after this. */
const fullSyncMs = 15 * 60 * 1000;

/** Label with which a controller or a user keeps kube-proxy away from a Service or slice. */
const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';
const headlessLabel = 'service.kubernetes.io/headless';
/** When what a slice says began to be otherwise. */
const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

const serviceKeyOf = (slice: EndpointSlice): string => joinKey(namespaceOf(slice), slice.metadata.labels?.['kubernetes.io/service-name'] ?? '');

/** Keeps the node's rules in step with Services and EndpointSlices. Stopping it leaves the rules, as kube-proxy does. */
export class ServiceProxy implements AsyncDisposable {
  readonly #options: ServiceProxyOptions;
  readonly #stopped = new AbortController();
  readonly #informers: SharedInformers;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #slicesOf = (key: string): readonly EndpointSlice[] => this.#slices.lister.byIndex('service', key);
  readonly #ports: ServicePorts;
  readonly #healthChecks: HealthCheckServers;
  readonly #statusServers = new StatusServers();
  readonly #health: ProxyHealth;
  readonly #metrics: ProxyMetrics;
  readonly #recorder: SeriesRecorder;
  #place: NodePlace;
  #udpState = '';
  readonly #kept: KeptInStep;
  readonly #firstSync = Promise.withResolvers<void>();

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    const { client, backend, clock, random, logger } = options;
    this.#informers = createSharedInformers(client, { clock, random, logger, signal: this.#stopped.signal });
    this.#services = this.#informers.informer(services, { labelSelector: `!${proxyNameLabel}` });
    this.#slices = this.#informers.informer(endpointslices, { labelSelector: `!${headlessLabel},!${proxyNameLabel}` });
    this.#slices.addIndex('service', (slice) => [serviceKeyOf(slice)]);
    this.#ports = new ServicePorts({ service: (key) => this.#services.lister.getByKey(key), slices: this.#slicesOf });
    this.#nodes = this.#informers.informer(nodes, { fieldSelector: `metadata.name=${options.nodeName}` });
    this.#place = { name: options.nodeName, zone: undefined };
    this.#recorder = createSeriesRecorder(client, { controller: 'kube-proxy', host: options.nodeName, clock, random, logger, signal: this.#stopped.signal });
    this.#healthChecks = new HealthCheckServers({
      isProxyHealthy: () => this.#health.isOnTime,
      failed: ({ namespace, name, port }, error) => {
        logger.warn('a port for health checks cannot be opened', { namespace, name, port, error });
        this.#recorder.event({ apiVersion: 'v1', kind: 'Service', namespace, name }, {
          type: 'Warning', reason: 'FailedToStartServiceHealthcheck', action: 'Listen',
          note: `node ${options.nodeName} failed to start healthcheck "${namespace}/${name}" on port ${port}: ${error.message}`,
        });
      },
    });
    this.#health = new ProxyHealth({ clock, node: () => this.#nodes.lister.get('', options.nodeName) });
    this.#metrics = new ProxyMetrics({ clock, backend: backend.name });
    this.#kept = new KeptInStep({
      clock, gatherMs, fullSyncMs,
      sync: () => this.#sync(),
      invalidate: () => backend.invalidate(),
      failed: (error) => {
        logger.warn('writing service rules failed, will retry', { backend: backend.name, error });
        backend.invalidate();
      },
    });
  }

  /** Starts watching; resolves when the rules have been written once. */
  async start(): Promise<void> {
    const changed = (): void => this.#kept.changed();
    const counted = (...what: Parameters<ProxyMetrics['changed']>): void => {
      this.#health.queued();
      this.#metrics.changed(...what);
      changed();
    };
    const serviceChanged = (service: Service): void => {
      this.#ports.changed(keyOf(service));
      counted('service');
    };
    const sliceChanged = (slice: EndpointSlice, isGone = false): void => {
      this.#ports.changed(serviceKeyOf(slice));
      counted('endpoint', { family: slice.addressType === 'IPv6' ? 6 : 4, triggeredAt: isGone ? undefined : slice.metadata.annotations?.[triggerAnnotation] });
    };
    this.#services.addHandler({ add: serviceChanged, update: (_, service) => serviceChanged(service), delete: serviceChanged });
    this.#slices.addHandler({
      add: (slice) => sliceChanged(slice),
      update: (before, slice) => {
        // A slice may be given to another Service.
        this.#ports.changed(serviceKeyOf(before));
        sliceChanged(slice);
      },
      delete: (slice) => sliceChanged(slice, true),
    });
    this.#nodes.addHandler({ add: (node) => this.#movedTo(node, changed), update: (_, node) => this.#movedTo(node, changed) });
    await this.#informers.synced();
    const { status, backend, logger } = this.#options;
    if (status !== undefined) await this.#statusServers.start({ health: this.#health, metrics: this.#metrics, mode: backend.name, addresses: status, failed: (where, error) => logger.warn('the proxy does not tell there how it is', { where, error }) });
    await this.#kept.start();
    await this.#firstSync.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the service proxy was stopped'));
    await this.#kept[Symbol.asyncDispose]();
    await this.#healthChecks[Symbol.asyncDispose]();
    await this.#statusServers[Symbol.asyncDispose]();
  }

  /** Nodes change all the time, their zones and addresses hardly ever. */
  #movedTo(node: Node, changed: () => void): void {
    const zone = node.metadata.labels?.['topology.kubernetes.io/zone'];
    const addresses = (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
    if (zone === this.#place.zone && addresses.join() === this.#place.addresses?.join()) return;
    this.#place = { name: this.#options.nodeName, zone, addresses };
    changed();
  }

  async #sync(): Promise<void> {
    let sinceMs = this.#options.clock.monotonicMs();
    this.#metrics.syncing();
    const ports = this.#ports.at(this.#place);
    await this.#options.backend.sync(ports, (report) => {
      const nowMs = this.#options.clock.monotonicMs();
      this.#metrics.synced(report, (nowMs - sinceMs) / 1000);
      sinceMs = nowMs;
    });
    this.#metrics.holds(ports);
    this.#health.updated();
    this.#firstSync.resolve();
    this.#healthChecks.sync(healthChecksOf(this.#services.lister.list(), this.#slicesOf, this.#place.name));
    await this.#forgetStaleFlows(ports);
  }

  /** After the rules: a flow that is forgotten before would be made again as it was. */
  async #forgetStaleFlows(ports: readonly ServicePort[]): Promise<void> {
    const { conntrack, logger } = this.#options;
    const state = udpState(ports);
    if (conntrack === undefined || state === this.#udpState) return;
    this.#udpState = state;
    try {
      const forgotten = await forgetStaleFlows(conntrack.run, ports, { nodeAddresses: conntrack.nodeAddresses(), clock: this.#options.clock, told: (family, seconds, count) => this.#metrics.reconciled(family, seconds, count) });
      if (forgotten > 0) logger.debug('UDP flows to backends that are gone are forgotten', { forgotten });
    } catch (error) {
      logger.warn('looking for stale UDP flows failed', { error });
    }
  }
}
