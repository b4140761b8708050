import { apiservices } from '../../api/resources.ts';
import type { APIService } from '../../api/types/apiregistration/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { runController } from '../../client/controller.ts';
import { exponentialFailureLimiter } from '../../client/work-queue/rate-limiter.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { OwnAnswer } from './backend.ts';
import { ask, extensionServer, isAvailable, isRemote } from './backend.ts';
import { aggregatedDiscovery, legacyDiscovery } from './discovery-answers.ts';
import type { ExtensionTransport } from './extension-transport.ts';
import type { ForeignApis, ForeignOpenApiPart, ForeignSwagger, ForeignVersion } from './foreign-apis.ts';
import { openApiParts, swaggerOf } from './openapi-answers.ts';
import { localPriority } from './priorities.ts';

/** Servers change what they serve without telling anybody. */
const refreshMs = 60_000;
const firstRetryMs = 500;
const discoveryUser: UserInfo = { name: 'system:kube-aggregator', groups: ['system:masters'] };
const openApiUser: UserInfo = { name: 'system:aggregator', groups: [] };
const aggregatedTypes = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

/** What is known of one API service's server. */
interface Known {
  readonly service: APIService;
  readonly resources: readonly object[];
  readonly fresh: boolean;
  readonly swagger: ForeignSwagger | undefined;
  readonly parts: readonly ForeignOpenApiPart[];
}

export interface DocumentsParts {
  readonly reader: ObjectReader;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: ExtensionTransport;
  readonly signal: AbortSignal;
}

/**
 * What extension API servers say of themselves, fetched when an API service changes and every minute. A server that does
 * not answer keeps what was known of it, marked stale; one whose answers cannot be used does no harm to the others.
 */
export class ExtensionDocuments implements ForeignApis {
  readonly #parts: DocumentsParts;
  readonly #known = new Map<string, Known>();
  versions: readonly ForeignVersion[] = [];
  swagger: readonly ForeignSwagger[] = [];
  openApiParts: readonly ForeignOpenApiPart[] = [];

  constructor(parts: DocumentsParts) {
    this.#parts = parts;
  }

  priorityOf(group: string, version: string): { readonly group: number; readonly version: number } {
    return localPriority(group, version);
  }

  /** Begins to ask; until the signal aborts. */
  start(): void {
    const { reader, clock, logger, signal } = this.#parts;
    const { queue } = runController({
      name: 'discovery-manager', clock, logger, signal, informers: [],
      queue: new WorkQueue({ clock, rateLimiter: exponentialFailureLimiter(firstRetryMs, refreshMs) }),
      reconcile: (name) => this.#refresh(name),
    });
    const changed = (name: string, before: APIService | undefined, now: APIService | undefined): void => {
      if ((before !== undefined && isRemote(before)) || (now !== undefined && isRemote(now))) queue.add(name);
    };
    const undo = reader.onChange(apiservices, ({ object, previous }) => changed((object ?? previous)!.metadata.name!, previous, object));
    signal.addEventListener('abort', undo, { once: true });
    for (const service of reader.list(apiservices)) changed(service.metadata.name!, undefined, service);
  }

  async #refresh(name: string): Promise<{ readonly requeueAfterMs: number } | undefined> {
    const service = this.#parts.reader.get(apiservices, '', name);
    if (service === undefined || !isRemote(service)) {
      if (this.#known.delete(name)) this.#publish();
      return undefined;
    }
    const before = this.#known.get(name);
    let resources: readonly object[] | undefined;
    let problem: unknown;
    try {
      resources = await this.#discover(service);
    } catch (error) {
      problem = error;
    }
    const fresh = resources !== undefined;
    const openApi = fresh ? await this.#openApi(service) : undefined;
    this.#known.set(name, { service, fresh, resources: resources ?? before?.resources ?? [], swagger: openApi?.swagger ?? before?.swagger, parts: openApi?.parts ?? before?.parts ?? [] });
    this.#publish();
    if (!fresh) throw problem;
    return { requeueAfterMs: refreshMs };
  }

  #ask(service: APIService, path: string, user: UserInfo, accept: string): Promise<OwnAnswer> {
    if (!isAvailable(service)) return Promise.reject(new Error(`service ${service.spec!.service!.namespace ?? ''}/${service.spec!.service!.name ?? ''} is not available`));
    return ask(this.#parts.transport, extensionServer(this.#parts, service), { path, user, accept });
  }

  /** The aggregated document, or else the plain one of the version alone. Rejects when neither can be had. */
  async #discover(service: APIService): Promise<readonly object[]> {
    const { group = '', version = '' } = service.spec!;
    const all = await this.#ask(service, '/apis', discoveryUser, aggregatedTypes);
    if (all.code === 503) throw new Error('returned non-success response code: 503');
    const found = aggregatedDiscovery(all);
    // A server that does not say that it has this version: it exists, with nothing in it.
    if (found !== undefined) return found.get(`${group}/${version}`) ?? [];
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const plain = await this.#ask(service, path, discoveryUser, 'application/json');
    if (plain.code !== 200) throw new Error(`failed to download legacy discovery for ${path}: ${plain.code}`);
    return legacyDiscovery(plain);
  }

  /** Whatever of it can be used. */
  async #openApi(service: APIService): Promise<{ readonly swagger: ForeignSwagger | undefined; readonly parts: readonly ForeignOpenApiPart[] }> {
    const { group = '', version = '' } = service.spec!;
    const quietly = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        this.#parts.logger.debug('the OpenAPI of an extension API server could not be used', { name: service.metadata.name, error });
        return undefined;
      }
    };
    const name = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const parts = await quietly(async () => openApiParts(await this.#ask(service, '/openapi/v3', openApiUser, 'application/json'), name));
    const swagger = await quietly(async () => swaggerOf(await this.#ask(service, '/openapi/v2', openApiUser, 'application/json'), `/${name}/`));
    return { swagger, parts: parts ?? [] };
  }

  #publish(): void {
    const all = [...this.#known.values()];
    this.versions = all.map(({ service: { spec }, fresh, resources }) => ({ group: spec!.group ?? '', version: spec!.version ?? '', groupPriority: spec!.groupPriorityMinimum, versionPriority: spec!.versionPriority, fresh, resources }));
    this.swagger = all.flatMap(({ swagger }) => swagger ?? []);
    this.openApiParts = all.flatMap(({ parts }) => parts);
  }
}
