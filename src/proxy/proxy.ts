import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { joinKey, namespaceOf } from '../api/meta/object.ts';
import { endpointslices, services } from '../api/resources.ts';
import type { Service } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer/informer.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { ProxyBackend } from './backend.ts';
import { servicePorts } from './service-port.ts';

export interface ServiceProxyOptions {
  readonly client: Client;
  readonly backend: ProxyBackend;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Changes that come within this time go into the kernel together. */
const gatherMs = 10;
const retryMs = 1000;
/** Rules that someone else removed come back at the latest after this. */
const fullSyncMs = 15 * 60 * 1000;

/** Label with which a controller or a user keeps kube-proxy away from a Service or slice. */
const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';
const headlessLabel = 'service.kubernetes.io/headless';

const serviceKeyOf = (slice: EndpointSlice): string => joinKey(namespaceOf(slice), slice.metadata.labels?.['kubernetes.io/service-name'] ?? '');

/** Keeps the node's rules in step with Services and EndpointSlices. Stopping it leaves the rules, as kube-proxy does. */
export class ServiceProxy implements AsyncDisposable {
  readonly #options: ServiceProxyOptions;
  readonly #stopped = new AbortController();
  readonly #informers: SharedInformers;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #dirty = false;
  readonly #firstSync = Promise.withResolvers<void>();

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    const { client, clock, random, logger } = options;
    this.#informers = createSharedInformers(client, { clock, random, logger, signal: this.#stopped.signal });
    this.#services = this.#informers.informer(services, { labelSelector: `!${proxyNameLabel}` });
    this.#slices = this.#informers.informer(endpointslices, { labelSelector: `!${headlessLabel},!${proxyNameLabel}` });
    this.#slices.addIndex('service', (slice) => [serviceKeyOf(slice)]);
  }

  /** Starts watching; resolves when the rules have been written once. */
  async start(): Promise<void> {
    const changed = (): void => this.#schedule(gatherMs);
    for (const informer of [this.#services, this.#slices]) informer.addHandler({ add: changed, update: changed, delete: changed });
    await this.#informers.synced();
    this.#schedule(0);
    this.#keepTrue();
    await this.#firstSync.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the service proxy was stopped'));
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    this.#dirty = true;
    if (this.#timer !== undefined || this.#running !== undefined || this.#stopped.signal.aborted) return;
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#running = this.#sync().finally(() => {
        this.#running = undefined;
      });
    });
  }

  async #sync(): Promise<void> {
    const { backend, nodeName, logger } = this.#options;
    if (!this.#services.hasSynced || !this.#slices.hasSynced) return;
    while (this.#dirty && !this.#stopped.signal.aborted) {
      this.#dirty = false;
      try {
        await backend.sync(servicePorts(this.#services.lister.list(), (key) => this.#slices.lister.byIndex('service', key), nodeName));
        this.#firstSync.resolve();
      } catch (error) {
        logger.warn('writing service rules failed, will retry', { backend: backend.name, error });
        backend.invalidate();
        this.#dirty = true;
        await this.#options.clock.sleep(retryMs, this.#stopped.signal).catch(() => undefined);
      }
    }
  }

  /** Writes everything anew from time to time. */
  #keepTrue(): void {
    if (this.#stopped.signal.aborted) return;
    this.#options.clock.setTimer(fullSyncMs, () => {
      this.#options.backend.invalidate();
      this.#schedule(0);
      this.#keepTrue();
    }, { unref: true });
  }
}
