import { endpointslices, services } from '../../api/resources.ts';
import { notFoundError } from '../../api/status.ts';
import type { Service } from '../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectReader } from '../cache/reader.ts';

export interface ServiceTarget {
  readonly namespace: string;
  readonly name: string;
  /** As the Service has it. */
  readonly port: number;
}

const serviceNameLabel = 'kubernetes.io/service-name';
const routed: ReadonlySet<string> = new Set(['ClusterIP', 'NodePort', 'LoadBalancer']);

/**
 * Where the API server connects to for a Service: one of its ready endpoints by chance, those of the Service's first
 * address family first, as kube-apiserver with aggregator routing does it, so that it works where no proxy programs
 * cluster addresses; for an ExternalName, that name. Throws in upstream's words.
 */
export function serviceEndpoint({ reader, random }: { readonly reader: ObjectReader; readonly random: Random }, target: ServiceTarget): { readonly host: string; readonly port: number } {
  const { namespace, name } = target;
  const service = reader.get(services, namespace, name);
  if (service === undefined) throw notFoundError({ group: '', resource: 'service' }, name);
  const type = service.spec?.type ?? 'ClusterIP';
  if (type === 'ExternalName') return { host: service.spec?.externalName ?? '', port: target.port };
  if (!routed.has(type)) throw new Error(`unsupported service type ${JSON.stringify(type)}`);
  const port = service.spec?.ports?.find((one) => one.port === target.port);
  if (port === undefined) throw new Error(`no service port ${target.port} found for service ${JSON.stringify(name)}`);
  const slices = slicesOf(reader.list(endpointslices, namespace), service);
  for (const slice of slices) {
    const found = readyEndpoint(slice, port.name ?? '', random);
    if (found !== undefined) return found;
  }
  throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
}

function slicesOf(all: readonly EndpointSlice[], { metadata, spec }: Service): readonly EndpointSlice[] {
  const own = all.filter((slice) => slice.metadata.labels?.[serviceNameLabel] === metadata.name);
  const first = spec?.ipFamilies?.[0];
  return first === undefined || own.length < 2 ? own : [...own.filter((slice) => slice.addressType === first), ...own.filter((slice) => slice.addressType !== first)];
}

function readyEndpoint({ ports = [], endpoints = [] }: EndpointSlice, portName: string, random: Random): { readonly host: string; readonly port: number } | undefined {
  const port = ports.find((one) => (one.name ?? '') === portName)?.port;
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  const host = ready[Math.floor(random.float() * ready.length)]?.addresses[0];
  return port === undefined || host === undefined ? undefined : { host, port };
}
