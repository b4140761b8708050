import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { joinKey, namespaceOf } from '../api/meta/object.ts';
import { configmaps, endpointslices, namespaces, services } from '../api/resources.ts';
import type { Client } from '../client/client.ts';
import { createInformer } from '../client/informer/informer.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import { Forwarder } from './forwarder.ts';
import type { Routes } from './forwarder.ts';
import { DnsMetrics } from './metrics.ts';
import { MetricsServer } from './metrics-server.ts';
import { Responder } from './responder.ts';
import { DnsServer } from './server.ts';
import { noSettings, readSettings } from './settings.ts';
import type { DnsSettings, NameServer } from './settings.ts';
import { ServersUpstream, systemServers } from './upstream.ts';
import type { Upstream } from './upstream.ts';
import { Zone } from './zone.ts';

export interface ClusterDnsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** `cluster.local`. */
  readonly domain: string;
  /** Default: the machine's own servers. */
  readonly upstream?: Upstream;
  /** Addresses that must never be asked as upstream: our own Service's. */
  readonly own?: readonly string[];
}

/** The cluster's name server, kept current by watching Services, EndpointSlices and Namespaces. */
export class ClusterDns implements AsyncDisposable {
  readonly server: DnsServer;
  readonly metrics: MetricsServer;
  readonly #stopped: AbortController;

  private constructor(server: DnsServer, metrics: MetricsServer, stopped: AbortController) {
    this.server = server;
    this.metrics = metrics;
    this.#stopped = stopped;
  }

  /** Resolves when it knows the whole cluster; then `server.listen` opens it. */
  static async start(options: ClusterDnsOptions): Promise<ClusterDns> {
    const { client, clock, random, logger } = options;
    const stopped = new AbortController();
    const informers = createSharedInformers(client, { clock, random, logger, signal: stopped.signal });
    const serviceInformer = informers.informer(services);
    const sliceInformer = informers.informer(endpointslices);
    const namespaceInformer = informers.informer(namespaces);
    // Not waited for: whoever may not read its configuration serves names all the same.
    const settingsInformer = createInformer(client, configmaps, { namespace: 'kube-system', clock, random, logger });
    settingsInformer.start(stopped.signal);
    serviceInformer.addIndex('ip', (service) => service.spec?.clusterIPs ?? []);
    sliceInformer.addIndex('service', (slice) => [joinKey(namespaceOf(slice), slice.metadata.labels?.['kubernetes.io/service-name'] ?? '')]);
    sliceInformer.addIndex('ip', (slice) => (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses));
    await informers.synced();
    const zone = new Zone({
      service: (namespace, name) => serviceInformer.lister.get(namespace, name),
      slices: (namespace, name) => sliceInformer.lister.byIndex('service', joinKey(namespace, name)),
      namespaceExists: (namespace) => namespaceInformer.lister.get('', namespace) !== undefined,
      servicesByIp: (ip) => serviceInformer.lister.byIndex('ip', ip),
      slicesByIp: (ip) => sliceInformer.lister.byIndex('ip', ip),
    }, options.domain);
    const metrics = new DnsMetrics();
    const routesOf = (settings: DnsSettings): Routes => {
      const asked = (servers: readonly NameServer[]): Upstream => new ServersUpstream({ servers, clock });
      return {
        stubs: new Map([...settings.stubDomains].map(([domain, servers]) => [domain, asked(servers)])),
        otherwise: options.upstream ?? asked(settings.upstream ?? systemServers('/etc/resolv.conf', new Set(options.own))),
      };
    };
    const forwarder = new Forwarder({ routes: routesOf(noSettings), clock, metrics });
    const responder = new Responder({ zone, upstream: forwarder, clock, metrics });
    const changed = (): void => responder.changed();
    for (const informer of [serviceInformer, sliceInformer, namespaceInformer]) informer.addHandler({ add: changed, update: changed, delete: changed });
    const configure = (): void => {
      const settings = readSettings(settingsInformer.lister.list());
      if (settings.ignored.length > 0) logger.warn('parts of the configuration of DNS have no effect here', { ignored: settings.ignored.join(', ') });
      forwarder.route(routesOf(settings));
    };
    settingsInformer.addHandler({ add: configure, update: configure, delete: configure });
    return new ClusterDns(new DnsServer({ responder, clock, logger }), new MetricsServer(metrics), stopped);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the cluster DNS was stopped'));
    await this.server[Symbol.asyncDispose]();
    await this.metrics[Symbol.asyncDispose]();
  }
}
