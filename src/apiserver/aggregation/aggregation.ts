import { apiservices } from '../../api/resources.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import type { APIService } from '../../api/types/apiregistration/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { LocalEndpoint } from '../../client/transports/local-endpoint.ts';
import { createLocalClient } from '../../client/transports/local.ts';
import type { Result } from '../answer.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { HealthCheck } from '../health-check.ts';
import type { Gauge } from '../metrics/registry.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { RequestInfo } from '../request.ts';
import { versionInfo } from '../../base/version-info.ts';
import { startAutoRegister } from './auto-register.ts';
import { startAvailability } from './availability.ts';
import { isRemote } from './backend.ts';
import { ExtensionDocuments } from './extension-documents.ts';
import type { ExtensionTransport } from './extension-transport.ts';
import type { ForeignApis } from './foreign-apis.ts';
import { AvailabilityMetrics } from './metrics.ts';
import { registrationGroup } from './priorities.ts';
import { proxyTo } from './proxy.ts';

export interface AggregationParts {
  readonly reader: ObjectReader;
  readonly local: LocalEndpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly transport: ExtensionTransport;
  /** What this server serves without custom resources. */
  readonly served: readonly ResourceSchema[];
}

interface Described { readonly resource?: string; readonly subresources?: readonly { readonly subresource?: string }[] }

const versionPath = /^\/(?:openapi\/v3\/)?apis\/([^/]+)\/([^/]+)\/?$/;

/**
 * The aggregation layer (kube-aggregator): API services say which versions of which groups are served by other servers,
 * behind Services; requests for those are passed on, and their documents are shown with this server's own.
 */
export class Aggregation implements Disposable {
  readonly #parts: AggregationParts;
  readonly #stop = new AbortController();
  readonly #documents: ExtensionDocuments;
  readonly #metrics: AvailabilityMetrics;
  #registered = (): boolean => false;
  /** By `group/version`. */
  readonly #remote = new Map<string, APIService>();

  constructor(parts: AggregationParts) {
    const { reader, clock, random, logger, transport } = parts;
    this.#parts = parts;
    this.#metrics = new AvailabilityMetrics(reader);
    this.#documents = new ExtensionDocuments({ reader, clock, random, logger: logger.named('aggregation'), transport, signal: this.#stop.signal });
  }

  get foreign(): ForeignApis {
    return this.#documents;
  }

  get metrics(): readonly Gauge[] {
    return this.#metrics.families;
  }

  /** Not healthy until the API services of this server itself are there. */
  get health(): HealthCheck {
    return { name: 'autoregister-completion', check: () => { if (!this.#registered()) throw new Error('API services of this server are missing'); } };
  }

  /** Follows API services from now on. Nobody waits for those of this server itself, which are made meanwhile. */
  start(): void {
    const { reader, local, clock, random, transport, served } = this.#parts;
    const { signal } = this.#stop;
    const logger = this.#parts.logger.named('aggregation');
    const client = createLocalClient(local, { user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }, userAgent: `kube-apiserver/${versionInfo.gitVersion}`, clock });
    for (const service of reader.list(apiservices)) this.#note(undefined, service);
    const undo = reader.onChange(apiservices, ({ object, previous }) => this.#note(previous, object));
    signal.addEventListener('abort', undo, { once: true });
    this.#registered = startAutoRegister({ reader, client, clock, logger, signal, served });
    startAvailability({ reader, client, clock, random, logger, transport, signal });
    this.#documents.start();
  }

  #note(before: APIService | undefined, now: APIService | undefined): void {
    this.#metrics.note(before, now);
    if (before !== undefined) this.#remote.delete(keyOf(before));
    // Whoever could take this group over could take over everything.
    if (now !== undefined && isRemote(now) && now.spec?.group !== registrationGroup) this.#remote.set(keyOf(now), now);
  }

  /** The API service of another server that a request is for; undefined: it is for this one. */
  remoteFor(info: RequestInfo): APIService | undefined {
    if (this.#remote.size === 0) return undefined;
    if (info.isResourceRequest) return this.#remote.get(`${info.apiGroup}/${info.apiVersion}`);
    const match = versionPath.exec(info.path);
    return match === null ? undefined : this.#remote.get(`${match[1]!}/${match[2]!}`);
  }

  /** Whether another server says that it has the resource, and subresource, that a request is for. */
  describes({ apiGroup, apiVersion, resource, subresource }: RequestInfo): boolean {
    const found = this.#documents.versions.find(({ group, version }) => group === apiGroup && version === apiVersion)?.resources.find((one) => (one as Described).resource === resource) as Described | undefined;
    return found !== undefined && (subresource === '' || found.subresources?.some((one) => one.subresource === subresource) === true);
  }

  /** Passes a request on to the server that it is for; undefined: to none but this one. */
  serve(request: ServerRequest): Result | undefined {
    const service = this.remoteFor(request.info);
    return service === undefined ? undefined : proxyTo(this.#parts, service, request);
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error('the API server stops'));
  }
}

const keyOf = ({ spec }: APIService): string => `${spec?.group ?? ''}/${spec?.version ?? ''}`;
