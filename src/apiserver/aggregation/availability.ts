import { apiservices, endpointslices, services } from '../../api/resources.ts';
import type { APIService, APIServiceCondition } from '../../api/types/apiregistration/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import { exponentialFailureLimiter } from '../../client/work-queue/rate-limiter.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ObjectReader } from '../cache/reader.ts';
import { ask, extensionServer, isRemote } from './backend.ts';
import type { ExtensionTransport } from './extension-transport.ts';

const serviceNameLabel = 'kubernetes.io/service-name';
/** A server behind a Service that nobody changes may still go away. */
const recheckMs = 30_000;
/** One answer out of so many is enough. */
const attempts = 5;
const aggregator = { name: 'system:kube-aggregator', groups: ['system:masters'] };

type Verdict = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>;

export interface AvailabilityParts {
  readonly reader: ObjectReader;
  readonly random: Random;
  readonly transport: ExtensionTransport;
}

const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });

function hasEndpoint(portName: string, slices: readonly EndpointSlice[]): boolean {
  return slices.some(({ endpoints = [], ports = [] }) => endpoints.some(({ conditions }) => conditions?.ready !== false) && ports.some((port) => port.name === portName && port.port !== undefined));
}

/** What the cluster itself says against it; undefined: nothing. */
function objection(reader: ObjectReader, { namespace, name, port }: { readonly namespace: string; readonly name: string; readonly port: number }): Verdict | undefined {
  const service = reader.get(services, namespace, name);
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  if (service === undefined) return no('ServiceNotFound', `${where} is not present`);
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined;
  const declared = service.spec?.ports?.find((one) => one.port === port);
  if (declared === undefined) return no('ServicePortError', `${where} is not listening on port ${port}`);
  const portName = declared.name ?? '';
  const slices = reader.list(endpointslices, namespace).filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name);
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  if (!hasEndpoint(portName, slices)) return no('MissingEndpoints', `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`);
  return undefined;
}

/** Asks for the discovery document that every extension API server must have. Throws what is wrong. */
async function checkDiscovery(parts: AvailabilityParts, service: APIService): Promise<void> {
  const server = extensionServer(parts, service);
  const { group = '', version = '' } = service.spec!;
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const url = `https://${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}${path}`;
  const failed = (detail: string, cause?: unknown): Error => new Error(`failing or missing response from ${url}: ${detail}`, { cause });
  let code: number;
  try {
    ({ code } = await ask(parts.transport, server, { path, user: aggregator }));
  } catch (error) {
    throw failed(`Get ${JSON.stringify(url)}: ${(error as Error).message}`, error);
  }
  if (code < 200 || code >= 300) throw failed(`bad status from ${url}: ${code}`);
}

/** Whether a remote API service can be used, as upstream's controller finds it out. */
export async function judge(parts: AvailabilityParts, service: APIService): Promise<Verdict> {
  const { namespace = '', name = '', port = 443 } = service.spec!.service!;
  const against = objection(parts.reader, { namespace, name, port });
  if (against !== undefined) return against;
  const results = await Promise.allSettled(Array.from({ length: attempts }, () => checkDiscovery(parts, service)));
  if (results.some(({ status }) => status === 'fulfilled')) return { status: 'True', reason: 'Passed', message: 'all checks passed' };
  const last = results.at(-1) as PromiseRejectedResult;
  return no('FailedDiscoveryCheck', (last.reason as Error).message);
}

/** The object with the verdict in its status; undefined when that is what it says already. */
export function withVerdict(service: APIService, verdict: Verdict, nowMs: number): APIService | undefined {
  const conditions = service.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'Available');
  if (before !== undefined && before.status === verdict.status && before.reason === verdict.reason && before.message === verdict.message) return undefined;
  const lastTransitionTime = before !== undefined && before.status === verdict.status && before.lastTransitionTime !== undefined ? before.lastTransitionTime : formatTime(nowMs);
  const condition: APIServiceCondition = { type: 'Available', ...verdict, lastTransitionTime };
  return { ...service, status: { ...service.status, conditions: before === undefined ? [...conditions, condition] : conditions.map((one) => (one === before ? condition : one)) } };
}

/** Keeps the Available condition of every API service right, until the signal aborts. */
export function startAvailability(parts: AvailabilityParts & { readonly client: Client; readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal }): void {
  const { reader, client, clock, logger, signal } = parts;
  const { queue } = runController({
    name: 'availability', clock, logger, signal, informers: [],
    queue: new WorkQueue({ clock, rateLimiter: exponentialFailureLimiter(5, recheckMs) }),
    reconcile: async (name) => {
      const service = reader.get(apiservices, '', name);
      if (service === undefined) return undefined;
      const verdict = isRemote(service) ? await judge(parts, service) : { status: 'True', reason: 'Local', message: 'Local APIServices are always available' };
      const changed = withVerdict(service, verdict, clock.now());
      if (changed !== undefined) await client.update(apiservices, changed, { subresource: 'status' });
      // Tried again soon, and then less and less often.
      if (verdict.reason === 'FailedDiscoveryCheck') throw new Error(verdict.message);
      return isRemote(service) ? { requeueAfterMs: recheckMs } : undefined;
    },
  });
  /** All that are behind a Service. */
  const concern = (namespace: string | undefined, name: string | undefined): void => {
    for (const { metadata, spec } of reader.list(apiservices)) if (spec?.service !== undefined && spec.service.name === name && spec.service.namespace === namespace) queue.add(metadata.name!);
  };
  const undo = [
    reader.onChange(apiservices, ({ object, previous }) => queue.add((object ?? previous)!.metadata.name!)),
    reader.onChange(services, ({ object, previous }) => concern((object ?? previous)!.metadata.namespace, (object ?? previous)!.metadata.name)),
    reader.onChange(endpointslices, ({ object, previous }) => concern((object ?? previous)!.metadata.namespace, (object ?? previous)!.metadata.labels?.[serviceNameLabel])),
  ];
  signal.addEventListener('abort', () => undo.forEach((stop) => stop()), { once: true });
  for (const service of reader.list(apiservices)) queue.add(service.metadata.name!);
}
