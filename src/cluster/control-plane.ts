import type { ApiServerOptions } from '../apiserver/api-server.ts';
import type { ImageReviewer } from '../apiserver/admission/image-policy-webhook/image-policy-webhook.ts';
import type { AdmissionSettings } from '../apiserver/admission/registry.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import type { AccessOptions } from '../apiserver/authorization/access.ts';
import { standardAccess } from '../apiserver/authorization/access.ts';
import type { Changing } from '../apiserver/authentication/replaceable.ts';
import { Discovery } from '../apiserver/discovery/discovery.ts';
import { OpenApi } from '../apiserver/openapi/openapi.ts';
import type { KubeletDialer } from '../apiserver/subresources/kubelet-dialer.ts';
import type { Forwarder } from '../apiserver/subresources/proxy/forwarder.ts';
import type { WebhookTransport } from '../apiserver/webhooks/webhook-transport.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { LocalEndpoint } from '../client/transports/local-endpoint.ts';
import { runningControllersOf } from '../client/running-controllers.ts';
import { queueMetricsOf } from '../client/work-queue/queue-metrics.ts';
import type { Pki } from '../pki/pki.ts';
import type { Store } from '../store/store.ts';
import type { ControllerSelection } from './components.ts';
import { createScheduler, startControllerManager } from './components.ts';
import { descriptionOf } from './descriptions.ts';
import type { LocalClients } from './identities.ts';
import { localClients } from './identities.ts';
import type { Verdicts } from './why.ts';
import { explainer } from './why.ts';

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly contents?: ApiServerOptions['contents'];
  readonly intercept?: ApiServerOptions['intercept'];
  readonly pki: Pki;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The machine's name. */
  readonly host?: string;
  readonly serviceCidr: string;
  readonly clusterCidr: string;
  /** Content of the static token file. */
  readonly tokenFile?: string | Changing<string>;
  /** PEM of the authorities of client certificates. Default: the cluster's own. */
  readonly clientCa?: Changing<string>;
  readonly admission?: AdmissionSettings;
  /** Reaches image policy webhooks. */
  readonly imageReviewer?: ImageReviewer;
  /** Who else may be proven, and how, and what they may do. */
  readonly access?: Omit<AccessOptions, 'pki' | 'tokenFile' | 'clientCa' | 'admission' | 'imageReviewer'>;
  readonly runtimeConfig?: Readonly<Record<string, string>> | undefined;
  readonly featureGates?: Readonly<Record<string, string>> | undefined;
  /** Traces requests. */
  readonly tracer?: ApiServerOptions['tracer'];
  /** What values are sealed with on the disk. */
  readonly encryption?: ApiServerOptions['encryption'];
  /** Scraped beside the API server's own. */
  readonly metrics?: ApiServerOptions['metrics'];
  /** What is recorded of requests. */
  readonly audit?: ApiServerOptions['audit'];
  readonly kubelet?: KubeletDialer;
  /** Default: API priority and fairness, 600 seats. */
  readonly protection?: Pick<ApiServerOptions, 'flowControl' | 'maxInFlight' | 'requestTimeoutMs' | 'profiling' | 'shutdown' | 'flags'>;
  /** How pods and services are reached that clients proxy to. */
  readonly forwarder?: Forwarder;
  /** How extension API servers are reached. Without it API services are objects that nobody carries out. */
  readonly extensions?: ApiServerOptions['extensions'];
  /** How webhooks are reached. */
  readonly webhookTransport?: WebhookTransport;
  readonly advertise?: { readonly address: string; readonly port: number };
  /** The scheduler of this process, where it is not this control plane that starts it. */
  readonly verdicts?: () => Verdicts | undefined;
  /** What the components of this process reach instead of the API server itself, which it is given. */
  readonly endpoint?: (own: LocalEndpoint) => LocalEndpoint;
}

export interface ControlPlane extends AsyncDisposable {
  readonly server: ApiServer;
  readonly clients: LocalClients;
  /** Starts the scheduler and the controllers; resolves when they see the cluster. */
  startControllers(selection?: ControllerSelection & { readonly scheduler?: boolean }): Promise<void>;
}

/** An API server with everything that belongs to it, not yet listening; scheduler and controllers when asked for. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { store, pki, clock, random, logger } = options;
  let verdicts: Verdicts | undefined;
  const server = await ApiServer.start({
    store,
    ...(options.contents !== undefined && { contents: options.contents }),
    ...(options.intercept !== undefined && { intercept: options.intercept }),
    clock,
    random,
    logger: logger.named('apiserver'),
    serviceCidr: options.serviceCidr,
    ...standardAccess({
      pki, ...(options.clientCa !== undefined && { clientCa: options.clientCa }), ...(options.tokenFile !== undefined && { tokenFile: options.tokenFile }),
      ...(options.admission !== undefined && { admission: options.admission }), ...(options.imageReviewer !== undefined && { imageReviewer: options.imageReviewer }), ...options.access,
    }),
    flowControl: true,
    ...options.protection,
    documents: [(resources, foreign) => new Discovery(resources, { foreign }), (resources, foreign) => new OpenApi(resources, { descriptions: descriptionOf, foreign })],
    ...(options.extensions !== undefined && { extensions: options.extensions }),
    ...(options.runtimeConfig !== undefined && { runtimeConfig: options.runtimeConfig }),
    ...(options.featureGates !== undefined && { featureGates: options.featureGates }),
    ...(options.advertise !== undefined && { advertise: options.advertise }),
    ...(options.tracer !== undefined && { tracer: options.tracer }),
    ...(options.encryption !== undefined && { encryption: options.encryption }),
    metrics: [...(options.metrics ?? []), ...queueMetricsOf(clock).families, ...runningControllersOf(clock).families],
    ...(options.audit !== undefined && { audit: options.audit }),
    ...(options.kubelet !== undefined && { kubelet: options.kubelet }),
    ...(options.forwarder !== undefined && { forwarder: options.forwarder }),
    ...(options.webhookTransport !== undefined && { webhookTransport: options.webhookTransport }),
    explain: explainer(() => options.verdicts?.() ?? verdicts),
    rewritePage: async (answer, base) => (await import('../apiserver/http/rewrite-page.ts')).rewritePage(answer, base),
  });
  const clients = localClients(options.endpoint?.(server.local) ?? server.local, clock);
  const running = new AsyncDisposableStack();
  running.use(server);
  const components = { clients, pki, clock, random, logger, ...(options.host !== undefined && { host: options.host }), clusterCidr: options.clusterCidr, featureGates: options.featureGates };
  return {
    server,
    clients,
    async startControllers({ scheduler: withScheduler = true, ...selection } = {}) {
      const starting = startControllerManager(components, selection);
      starting.catch(() => {});
      if (withScheduler) {
        const scheduler = running.use(await createScheduler(components));
        verdicts = scheduler;
        server.metrics.add(scheduler.metrics());
        server.resourceMetrics.add(scheduler.resourceMetrics());
        await scheduler.start();
      }
      const controllers = running.use(await starting);
      server.metrics.add(controllers.metrics);
      await controllers.ready;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
