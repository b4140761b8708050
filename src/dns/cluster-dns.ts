import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { joinKey, namespaceOf } from '../api/meta/object.ts';
import { endpointslices, namespaces, services } from '../api/resources.ts';
import type { Client } from '../client/client.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import { Responder } from './responder.ts';
import { DnsServer } from './server.ts';
import { SystemUpstream, systemServers } from './upstream.ts';
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
  readonly #stopped = new AbortController();

  private constructor(server: DnsServer, stopped: AbortController) {
    this.server = server;
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
    const upstream = options.upstream ?? new SystemUpstream({ servers: systemServers('/etc/resolv.conf', new Set(options.own)), clock });
    return new ClusterDns(new DnsServer({ responder: new Responder({ zone, upstream }), clock, logger }), stopped);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the cluster DNS was stopped'));
    await this.server[Symbol.asyncDispose]();
  }
}
