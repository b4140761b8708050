import { joinKey } from '../api/meta/object.ts';
import type { Service } from '../api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery/v1.ts';
import type { IngressServiceBackend } from '../api/types/networking/v1.ts';
import type { Random } from '../base/random.ts';

/** How a backend is spoken to: in HTTP/1.1, in HTTP/1.1 over TLS, or in HTTP/2 without TLS. */
export type BackendProtocol = 'http' | 'https' | 'h2c';

/** Where one request may go. */
export interface Address { readonly host: string; readonly port: number; readonly protocol: BackendProtocol }

/** What backends are made of, as it is now. */
export interface Cluster {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, name: string): readonly EndpointSlice[];
}

/** Why a backend leads nowhere. */
export type Lack = 'no-service' | 'no-port' | 'no-endpoints';

/** The endpoints of one port of a Service, taken in turns. */
export class Backend {
  /** `NAMESPACE/SERVICE:PORT`. */
  readonly name: string;
  readonly #find: () => readonly Address[] | Lack;
  #addresses: readonly Address[] | Lack | undefined;
  #turn: number;

  constructor(name: string, find: () => readonly Address[] | Lack, firstTurn: number) {
    this.name = name;
    this.#find = find;
    this.#turn = firstTurn;
  }

  /** Looked up when asked for, and again after `changed`. */
  get addresses(): readonly Address[] | Lack {
    return this.#addresses ??= this.#find();
  }

  changed(): void {
    this.#addresses = undefined;
  }

  /** The endpoint whose turn it is; those that were tried already are left out. */
  next(tried: readonly Address[] = []): Address | undefined {
    const { addresses } = this;
    if (typeof addresses === 'string') return undefined;
    for (let count = 0; count < addresses.length; count++) {
      const address = addresses[this.#turn++ % addresses.length];
      if (address !== undefined && !tried.includes(address)) return address;
    }
    return undefined;
  }
}

const portText = ({ port = {} }: IngressServiceBackend): string => port.name ?? String(port.number ?? '');

/** One Backend for each port of a Service that rules name, kept over changes of the rules. */
export class Backends {
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #byService = new Map<string, Map<string, Backend>>();

  constructor(cluster: Cluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  of(namespace: string, reference: IngressServiceBackend): Backend {
    const key = joinKey(namespace, reference.name);
    let ports = this.#byService.get(key);
    if (ports === undefined) this.#byService.set(key, ports = new Map());
    const port = portText(reference);
    let backend = ports.get(port);
    if (backend === undefined) {
      // Each proxy begins somewhere else, or the first endpoint would get the first request of all of them.
      const turn = Math.floor(this.#random.float() * 1_000_000);
      ports.set(port, backend = new Backend(`${key}:${port}`, () => addressesOf(this.#cluster, namespace, reference), turn));
    }
    return backend;
  }

  /** A Service or a slice of it is otherwise now. */
  changed(namespace: string, service: string): void {
    for (const backend of this.#byService.get(joinKey(namespace, service))?.values() ?? []) backend.changed();
  }

  /** Forgets those that no rule leads to any more. */
  keep(used: ReadonlySet<Backend>): void {
    for (const [key, ports] of this.#byService) {
      for (const [port, backend] of ports) if (!used.has(backend)) ports.delete(port);
      if (ports.size === 0) this.#byService.delete(key);
    }
  }
}

function addressesOf(cluster: Cluster, namespace: string, reference: IngressServiceBackend): readonly Address[] | Lack {
  const service = cluster.service(namespace, reference.name);
  // One that is only a name leads out of the cluster, and from here to wherever this machine can reach: that is nobody's to give.
  if (service === undefined || service.spec?.type === 'ExternalName') return 'no-service';
  const { name, number } = reference.port ?? {};
  const port = service.spec?.ports?.find((one) => (name === undefined ? one.port === number : one.name === name) && (one.protocol ?? 'TCP') === 'TCP');
  if (port === undefined) return 'no-port';
  const protocol = protocolOf(port.appProtocol);
  const ready: Address[] = [];
  const ending: Address[] = [];
  for (const slice of cluster.slices(namespace, reference.name)) {
    const target = slice.ports?.find((one) => (one.name ?? '') === (port.name ?? '') && (one.protocol ?? 'TCP') === 'TCP')?.port;
    if (target === undefined || slice.addressType === 'FQDN') continue;
    for (const endpoint of slice.endpoints ?? []) {
      const state = stateOf(endpoint);
      const host = endpoint.addresses[0];
      if (host !== undefined && state !== 'down') (state === 'ready' ? ready : ending).push({ host, port: target, protocol });
    }
  }
  const usable = ready.length > 0 ? ready : ending;
  return usable.length > 0 ? usable : 'no-endpoints';
}

/** What a Service's port says of its protocol (KEP-3726, and names of IANA's). Others are HTTP/1.1's matter, or unknown here. */
function protocolOf(appProtocol: string | undefined): BackendProtocol {
  switch (appProtocol?.toLowerCase()) {
    case 'https': case 'kubernetes.io/wss': return 'https';
    case 'kubernetes.io/h2c': case 'grpc': return 'h2c';
    default: return 'http';
  }
}

/** Absent conditions mean yes, except terminating. Those that end serve when there is no other (KEP-1669). */
function stateOf({ conditions }: Endpoint): 'ready' | 'ending' | 'down' {
  const ready = conditions?.ready ?? true;
  if (ready) return 'ready';
  return conditions?.serving === true && conditions.terminating === true ? 'ending' : 'down';
}
