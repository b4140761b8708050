import { joinKey, keyOf, nameOf, namespaceOf, splitKey } from '../api/meta/object.ts';
import { semanticEqual } from '../api/meta/equal.ts';
import { endpointslices, ingressclasses, ingresses, secrets, services } from '../api/resources.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Ingress, IngressLoadBalancerIngress } from '../api/types/networking/v1.ts';
import type { Clock } from '../base/clock.ts';
import { KeptInStep } from '../base/kept-in-step.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { runController } from '../client/controller.ts';
import type { EventRecorder } from '../client/event-recorder/event-recorder.ts';
import { createEventRecorder } from '../client/event-recorder/event-recorder.ts';
import type { Informer } from '../client/informer/informer.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import { WorkQueue } from '../client/work-queue/work-queue.ts';
import { Backends } from './backends.ts';
import { Certificates } from './certificates.ts';
import type { IngressModel } from './model.ts';
import { certificateFor, isOurs, modelOf } from './model.ts';
import { IngressProxy } from './proxy.ts';
import type { IngressProxyOptions, KeyPair } from './proxy.ts';

export interface IngressControllerOptions {
  /** May read Ingresses, their classes, Services, EndpointSlices and TLS Secrets, and write the status of Ingresses and events. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** By which clients reach the proxy: addresses, or the Service of type LoadBalancer that leads to it. */
  readonly published: readonly string[] | { readonly namespace: string; readonly name: string };
  readonly publicPorts?: IngressProxyOptions['publicPorts'];
  /** Where an endpoint really is. Default: where it says. */
  readonly locate?: IngressProxyOptions['locate'];
}

const component = 'ingress-controller';
/** Changes that come within this time become one new model. */
const gatherMs = 5;
const fullSyncMs = 10 * 60_000;

/** Serves the Ingresses whose class is this controller's, and writes into their status by what they are reached. */
export class IngressController implements AsyncDisposable {
  readonly proxy: IngressProxy;
  readonly #options: IngressControllerOptions;
  readonly #stop = new AbortController();
  readonly #logger: Logger;
  readonly #informers: SharedInformers;
  readonly #ingresses: Informer<Ingress>;
  readonly #backends: Backends;
  readonly #certificates: Certificates;
  readonly #recorder: EventRecorder;
  readonly #statuses: WorkQueue;
  readonly #kept: KeptInStep;
  #model: IngressModel | undefined;
  #shownByDefault: KeyPair | undefined;

  private constructor(options: IngressControllerOptions) {
    this.#options = options;
    const { client, clock, random } = options;
    this.#logger = options.logger.named('ingress');
    this.#informers = createSharedInformers(client, { clock, random, logger: this.#logger, signal: this.#stop.signal });
    this.#ingresses = this.#informers.informer(ingresses);
    const slices = this.#informers.informer(endpointslices);
    slices.addIndex('service', (slice) => [serviceOf(slice)]);
    this.#backends = new Backends({
      service: (namespace, name) => this.#informers.informer(services).lister.get(namespace, name),
      slices: (namespace, name) => slices.lister.byIndex('service', joinKey(namespace, name)),
    }, random);
    this.#certificates = new Certificates((key) => this.#tlsSecrets.lister.getByKey(key));
    this.#recorder = createEventRecorder(client, { component, clock, random, logger: this.#logger, signal: this.#stop.signal });
    this.#statuses = new WorkQueue({ clock });
    this.#kept = new KeptInStep({
      clock, gatherMs, fullSyncMs,
      sync: async () => this.#remodel(),
      invalidate: () => {},
      failed: (error) => this.#logger.error('Ingresses could not be made into routes', { error }),
    });
    this.proxy = new IngressProxy({
      logger: this.#logger,
      find: (host, path) => this.#model?.routes.find(host, path),
      certificate: (serverName) => this.#certificate(serverName),
      ...(options.publicPorts !== undefined && { publicPorts: options.publicPorts }),
      ...(options.locate !== undefined && { locate: options.locate }),
    });
  }

  /** Resolves when it knows all rules; then `proxy.listen` opens it. */
  static async start(options: IngressControllerOptions): Promise<IngressController> {
    const controller = new IngressController(options);
    await controller.#start();
    return controller;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the ingress controller was stopped'));
    await this.#kept[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }

  get #tlsSecrets() {
    return this.#informers.informer(secrets, { fieldSelector: 'type=kubernetes.io/tls' });
  }

  async #start(): Promise<void> {
    const { clock } = this.#options;
    const backendsChanged = (namespace: string, name: string): void => this.#backends.changed(namespace, name);
    const rulesChanged = (): void => this.#kept.changed();
    const ingressChanged = (ingress: Ingress): void => {
      this.#statuses.add(keyOf(ingress));
      rulesChanged();
    };
    const classesChanged = (): void => this.#ingresses.lister.list().forEach(ingressChanged);
    const sliceChanged = (slice: EndpointSlice): void => { const { namespace, name } = splitKey(serviceOf(slice)); backendsChanged(namespace, name); };
    const serviceChanged = (service: { readonly metadata: { readonly namespace?: string; readonly name?: string } }): void => {
      const [namespace, name] = [namespaceOf(service), nameOf(service)];
      backendsChanged(namespace, name);
      const { published } = this.#options;
      if ('name' in published && published.namespace === namespace && published.name === name) for (const ingress of this.#ingresses.lister.list()) this.#statuses.add(keyOf(ingress));
    };
    this.#ingresses.addHandler({ add: ingressChanged, update: (_old, ingress) => ingressChanged(ingress), delete: rulesChanged });
    this.#informers.informer(ingressclasses).addHandler({ add: classesChanged, update: classesChanged, delete: classesChanged });
    this.#informers.informer(endpointslices).addHandler({ add: sliceChanged, update: (_old, slice) => sliceChanged(slice), delete: sliceChanged });
    this.#informers.informer(services).addHandler({ add: serviceChanged, update: (_old, service) => serviceChanged(service), delete: serviceChanged });
    const secretChanged = (): void => this.#showByDefault();
    this.#tlsSecrets.addHandler({ add: secretChanged, update: secretChanged, delete: secretChanged });
    await this.#informers.synced();
    await this.#kept.start();
    runController({ name: component, clock, logger: this.#logger, signal: this.#stop.signal, informers: [this.#ingresses], queue: this.#statuses, workers: 2, reconcile: (key) => this.#tell(key) });
  }

  #isOurs(ingress: Ingress): boolean {
    return isOurs(ingress, (name) => this.#informers.informer(ingressclasses).lister.get('', name));
  }

  /** The next request is answered by the new rules; those under way are not touched. */
  #remodel(): void {
    const ours = this.#ingresses.lister.list().filter((ingress) => this.#isOurs(ingress));
    const model = modelOf(ours, this.#backends);
    this.#model = model;
    this.#backends.keep(model.backends);
    this.#showByDefault();
  }

  #certificate(serverName: string) {
    const key = this.#model === undefined ? undefined : certificateFor(this.#model, serverName);
    const certificate = key === undefined ? undefined : this.#certificates.of(key);
    return certificate?.kind === 'usable' ? certificate.context : undefined;
  }

  /** Clients that ask for no name are shown what names without a certificate are. */
  #showByDefault(): void {
    const key = this.#model?.certificates.get('');
    const certificate = key === undefined ? undefined : this.#certificates.of(key);
    const pair = certificate?.kind === 'usable' ? certificate.pair : undefined;
    if (pair === this.#shownByDefault) return;
    this.#shownByDefault = pair;
    this.proxy.showByDefault(pair);
  }

  #addresses(): readonly IngressLoadBalancerIngress[] {
    const { published } = this.#options;
    if (!('name' in published)) return published.map((ip) => ({ ip }));
    const service = this.#informers.informer(services).lister.get(published.namespace, published.name);
    return (service?.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({ ...(ip !== undefined && { ip }), ...(hostname !== undefined && { hostname }) }));
  }

  /** Writes into an Ingress by what it is reached, and says what is wrong with it. */
  async #tell(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const ingress = this.#ingresses.lister.get(namespace, name);
    if (ingress === undefined || ingress.metadata.deletionTimestamp !== undefined) return;
    const written = ingress.status?.loadBalancer?.ingress ?? [];
    const addresses = this.#addresses();
    const ours = this.#isOurs(ingress);
    // One that was this controller's before must not go on saying so; what others wrote is theirs.
    if (!ours && (written.length === 0 || !semanticEqual(written, addresses))) return;
    const wanted = ours ? addresses : [];
    if (ours) this.#complain(ingress);
    if (semanticEqual(written, wanted)) return;
    await this.#options.client.patch(ingresses, { namespace, name }, { type: 'merge', value: { status: { loadBalancer: { ingress: wanted.length > 0 ? wanted : null } } } }, { subresource: 'status' });
  }

  #complain(ingress: Ingress): void {
    const { tls = [], rules = [], defaultBackend } = ingress.spec ?? {};
    for (const { secretName } of tls) {
      const certificate = secretName === undefined ? undefined : this.#certificates.of(joinKey(namespaceOf(ingress), secretName));
      if (certificate?.kind === 'unusable') this.#recorder.event(ingress, 'Warning', 'NoCertificate', certificate.why);
    }
    const backends = [...rules.flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)), ...(defaultBackend === undefined ? [] : [defaultBackend])];
    if (backends.some(({ resource }) => resource !== undefined)) this.#recorder.event(ingress, 'Warning', 'UnsupportedBackend', 'A backend that is a resource other than a Service leads nowhere here');
  }
}

const serviceOf = (slice: EndpointSlice): string => joinKey(namespaceOf(slice), slice.metadata.labels?.['kubernetes.io/service-name'] ?? '');
