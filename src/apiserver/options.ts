import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceSchema } from '../api/schema/schema.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { ExtensionTransport } from './aggregation/extension-transport.ts';
import type { ForeignApis } from './aggregation/foreign-apis.ts';
import type { Encryption } from './encryption/open-encryption.ts';
import type { HealthCheck } from './health-check.ts';
import type { Gauge } from './metrics/registry.ts';
import type { Tracer } from './tracing/tracer.ts';
import type { LocalEndpoint } from '../client/transports/local-endpoint.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin } from './admission/admission.ts';
import type { AuditSink } from './audit/audit.ts';
import type { AuditPolicy } from './audit/policy.ts';
import type { Authenticator } from './authentication/authenticator.ts';
import type { Attributes, Authorizer, Decision } from './authorization/authorizer.ts';
import type { ObjectReader } from './cache/reader.ts';
import type { CacheContents } from './cache/watch-cache.ts';
import type { ProvenanceContents } from './provenance/provenance.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { Step } from './pipeline/step.ts';
import type { Provenance } from '../api/provenance.ts';
import type { ApiResponse, EndpointHandler, RequestContext } from './request.ts';
import type { ServedResources } from './served-resources.ts';
import type { FeatureGateSettings } from './serving/feature-gates.ts';
import type { RuntimeConfig } from './serving/runtime-config.ts';
import type { KubeletDialer } from './subresources/kubelet-dialer.ts';
import type { Forwarder } from './subresources/proxy/forwarder.ts';
import type { AdmissionMetrics } from './metrics/admission.ts';
import type { PageRewriter } from './subresources/proxy/proxies.ts';
import type { WebhookClient } from './webhooks/webhook-client.ts';
import type { WebhookTransport } from './webhooks/webhook-transport.ts';

/** What the API server gives to the parts that are plugged into it. All of it works once the server has started. */
export interface ServerParts {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Writes what the server itself keeps account of. */
  readonly writer: ObjectWriter;
  /** What is served, in every version. */
  readonly resources: ServedResources;
  /** The served resources of a kind; empty where there is none. */
  resourcesOf(group: string, version: string, kind: string): readonly ResourceSchema[];
  /** Asks the authorization modes in their order; never 'no-opinion' by accident: that means nobody allowed it. */
  authorize(attributes: Attributes): Decision | Promise<Decision>;
  /** Asks the webhooks that objects of the cluster name. */
  readonly webhooks: WebhookClient;
  /** Counts what admission costs and decides. */
  readonly admissionMetrics: AdmissionMetrics;
  /** Who wrote what, and what was refused. */
  readonly provenance: Provenance;
  /** Requests from inside the server, through the whole pipeline, as whatever user they name. */
  readonly local: LocalEndpoint;
}

export type Factory<T> = (parts: ServerParts) => T;
/** A part, or how to make it once the server's own parts exist. */
export type MaybeFactory<T extends object> = T | Factory<T>;

/** Serves one path outside the resources: discovery documents, keys, health of a part. */
export interface PathHandler {
  /** Exact path; with a `/` at its end, everything under it. */
  readonly path: string;
  /** May be asked without credentials being authorized (`/.well-known/openid-configuration` is not: RBAC decides). Default false. */
  readonly public?: boolean;
  /** Not in the index at `/`. Default false. */
  readonly unlisted?: boolean;
  handle(context: RequestContext): ApiResponse | Promise<ApiResponse>;
}

/** An encoded document; `etag` with its quotes, empty for errors. */
export interface EncodedDocument {
  readonly code: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly etag: string;
}

/** Where discovery and OpenAPI documents come from. Undefined: no such document. */
export interface DocumentSource {
  respond(path: string, accept: string): EncodedDocument | undefined;
}

/** Parts that are made together, because they share something. */
export interface Plugged {
  readonly authenticators?: readonly Authenticator[];
  readonly authorizers?: readonly Authorizer[];
  readonly admission?: readonly AdmissionPlugin[];
  readonly endpoints?: readonly EndpointHandler[];
  readonly paths?: readonly PathHandler[];
  /** Objects that must exist, as in the server's own options. */
  readonly bootstrapObjects?: readonly KubeObject[];
  /** Called when the server stops. */
  readonly dispose?: () => void;
}

/** What an API server has in memory at one moment. */
export interface ServerContents extends CacheContents {
  /** Who wrote what, and why. */
  readonly provenance: ProvenanceContents;
}

export interface ApiServerOptions {
  /** Which API versions are served, as kube-apiserver's `--runtime-config` says it. Default: what upstream serves by default. */
  readonly runtimeConfig?: RuntimeConfig;
  readonly featureGates?: FeatureGateSettings;
  readonly store: Store;
  /** What a server of another store with the same content has in memory: saves reading it from the store. */
  readonly contents?: ServerContents;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Stands around every request whose user is known, for faults. */
  readonly intercept?: Step;
  /** In order. None: only the local endpoint knows who asks, and connections are anonymous. */
  readonly authenticators?: readonly MaybeFactory<Authenticator>[];
  /** In order. None: everything is allowed. */
  readonly authorizers?: readonly MaybeFactory<Authorizer>[];
  /** In order. */
  readonly admission?: readonly MaybeFactory<AdmissionPlugin>[];
  readonly endpoints?: readonly MaybeFactory<EndpointHandler>[];
  readonly paths?: readonly MaybeFactory<PathHandler>[];
  /** More of the same, made in one go; they come after those above. */
  readonly plugged?: Factory<Plugged>;
  /** Traces requests. Absent: nothing is traced. It is the server's from then on. */
  readonly tracer?: Tracer;
  /** What is recorded of requests, and where it goes. Absent: nothing is. The sinks are the server's from then on. */
  readonly audit?: { readonly policy: AuditPolicy; readonly sinks: readonly AuditSink[] };
  /** What values are sealed with on the disk. Absent: they are not. It is the server's from then on. */
  readonly encryption?: Encryption;
  /** Answers what is asked under `/why`, to whoever may read what it is about. Without it there is nothing there. */
  readonly explain?: Factory<(context: RequestContext) => Promise<ApiResponse>>;
  readonly health?: readonly HealthCheck[];
  /** Scraped beside the server's own. */
  readonly metrics?: readonly Gauge[];
  /** In order: the first that knows a path answers. Made with what the server serves, preferred versions first. */
  readonly documents?: readonly ((resources: () => readonly ResourceSchema[], foreign: ForeignApis) => DocumentSource)[];
  /** How extension API servers are reached. Present: API services are carried out. */
  readonly extensions?: ExtensionTransport;
  /** Objects that must exist, beside the server's own. Created when missing, never changed. */
  readonly bootstrapObjects?: readonly KubeObject[];
  /** Requests without credentials are `system:anonymous`. Default true. */
  readonly anonymous?: boolean;
  /** The only paths that may be asked for anonymously. Default, and when empty, all. */
  readonly anonymousPaths?: readonly string[];
  /** Default 10.96.0.0/12. Its first address is the kubernetes Service's. */
  readonly serviceCidr?: string;
  /** Default 30000-32767, both inclusive. */
  readonly nodePorts?: { readonly first: number; readonly last: number };
  /** Where the kubernetes Service leads. Without it the Service has no endpoints. */
  readonly advertise?: { readonly address: string; readonly port: number };
  /** Other parts of the control plane, as `componentstatuses` lists them beside the store. */
  readonly components?: readonly HealthCheck[];
  /** How log, exec, attach and port-forward reach kubelets. Without it they answer 503. */
  readonly kubelet?: KubeletDialer;
  /** How pods and services are reached that clients proxy to. */
  readonly forwarder?: Forwarder;
  /** How webhooks are reached that objects of the cluster name. Without it, calling one fails. */
  readonly webhookTransport?: WebhookTransport;
  /** Leads the links of proxied pages back through the proxy. */
  readonly rewritePage?: PageRewriter;
  /** How long events live after their last write, milliseconds. Default one hour. */
  readonly eventTtlMs?: number;
  /** History is compacted this often, milliseconds; what is older than that is forgotten. Default five minutes, 0: never. */
  readonly compactionIntervalMs?: number;
  /** Requests served at the same time. Default 400 reading and 200 writing; with flow control the sum counts. */
  readonly maxInFlight?: { readonly reading: number; readonly writing: number };
  /** API priority and fairness instead of plain limits. Default false. */
  readonly flowControl?: boolean;
  /** Shows, to whom authorization allows it, what flow control is doing under /debug. Default true. */
  readonly profiling?: boolean;
  /** What /flagz shows: the flags with which the server was started, and their values. Undefined: no such page. */
  readonly flags?: Readonly<Record<string, string>>;
  /**
   * How it stops, milliseconds each: how long it goes on while /readyz fails already (default 0), how long requests under
   * way may take to finish (default two seconds), and how long the ends of watches may take to reach their clients.
   */
  readonly shutdown?: { readonly delayMs?: number; readonly requestsMs?: number; readonly watchesMs?: number };
  /** A request that is not a watch or a stream is given up after this long, milliseconds. Default one minute. */
  readonly requestTimeoutMs?: number;
}
