import type { FieldError } from '../../api/field-error.ts';
import { invalid } from '../../api/field-error.ts';
import { needsClusterIp, needsHealthCheck, needsNodePort } from '../../api/groups/core/service-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { services } from '../../api/resources.ts';
import { internalError, invalidError } from '../../api/status.ts';
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Reservation, StorageHook } from '../core.ts';
import { IpRange } from './ip-range.ts';

export const defaultServiceCidr = '10.96.0.0/12';
const defaultNodePorts = { first: 30000, last: 32767 };

export interface ServiceHookOptions {
  readonly serviceCidr?: string;
  readonly nodePorts?: { readonly first: number; readonly last: number };
  readonly random: Random;
}

/** How often each address or port is held: by stored Services, and by writes under way. */
class Held<K> {
  readonly #counts = new Map<K, number>();

  has(key: K): boolean {
    return this.#counts.has(key);
  }

  add(key: K): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(key: K): void {
    const count = this.#counts.get(key) ?? 0;
    if (count <= 1) this.#counts.delete(key);
    else this.#counts.set(key, count - 1);
  }
}

const clusterIpsOf = ({ clusterIP, clusterIPs = [] }: ServiceSpec): string[] => [...new Set([...(clusterIP === undefined ? [] : [clusterIP]), ...clusterIPs])].filter((ip) => ip !== '' && ip !== 'None');

function nodePortsOf({ ports = [], healthCheckNodePort = 0 }: ServiceSpec): number[] {
  return [...new Set([...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort])].filter((port) => port !== 0);
}

const specOf = (object: KubeObject | undefined): ServiceSpec => (object as Service | undefined)?.spec ?? {};

/**
 * Gives Services their cluster IPs and node ports. What is taken is counted from the Services that stand in the cache,
 * so that there is nothing to repair; writes under way hold theirs meanwhile.
 */
export function serviceHook(reader: ObjectReader, options: ServiceHookOptions): StorageHook {
  const allocator = new ServiceAllocator(options);
  for (const service of reader.list(services)) allocator.hold(specOf(service));
  reader.onChange(services, ({ object, previous }) => {
    allocator.hold(specOf(object));
    allocator.release(specOf(previous));
  });
  return {
    beginCreate: (object) => allocator.allocate(object as Service, undefined),
    beginUpdate: (object, old) => allocator.allocate(object as Service, old as Service),
  };
}

class ServiceAllocator {
  readonly #range: IpRange;
  readonly #ports: { readonly first: number; readonly last: number };
  readonly #random: Random;
  readonly #ipsHeld = new Held<string>();
  readonly #portsHeld = new Held<number>();

  constructor({ serviceCidr, nodePorts, random }: ServiceHookOptions) {
    this.#range = new IpRange(serviceCidr ?? defaultServiceCidr);
    this.#ports = nodePorts ?? defaultNodePorts;
    this.#random = random;
  }

  hold(spec: ServiceSpec): void {
    for (const ip of clusterIpsOf(spec)) this.#ipsHeld.add(ip);
    for (const port of nodePortsOf(spec)) this.#portsHeld.add(port);
  }

  release(spec: ServiceSpec): void {
    for (const ip of clusterIpsOf(spec)) this.#ipsHeld.remove(ip);
    for (const port of nodePortsOf(spec)) this.#portsHeld.remove(port);
  }

  /**
   * Fills in what the Service lacks and holds it until the reservation ends; by then the stored Service holds it
   * itself. Throws Invalid for what is taken or out of range.
   */
  allocate(service: Service, old: Service | undefined): Reservation {
    const spec = service.spec ?? {};
    const before = specOf(old);
    const held: ServiceSpec = { clusterIPs: [], ports: [] };
    try {
      if (needsClusterIp(spec)) this.#allocateIp(service, spec, before, held);
      if (needsNodePort(spec)) this.#allocatePorts(service, spec, before, held);
      if (needsHealthCheck(spec)) this.#allocateHealthCheck(spec, before, held);
    } catch (error) {
      this.release(held);
      throw error;
    }
    return { commit: () => this.release(held), rollback: () => this.release(held) };
  }

  #allocateIp(service: Service, spec: ServiceSpec, before: ServiceSpec, held: ServiceSpec): void {
    spec.ipFamilyPolicy ??= 'SingleStack';
    spec.ipFamilies ??= ['IPv4'];
    const wanted = clusterIpsOf(spec);
    if (spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None') {
      spec.clusterIP = 'None';
      spec.clusterIPs ??= ['None'];
      return;
    }
    const own = new Set(clusterIpsOf(before));
    const errors: FieldError[] = [];
    for (const ip of wanted) {
      if (own.has(ip)) continue;
      const problem = !this.#range.contains(ip) ? `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.#range.cidr}` : this.#ipsHeld.has(ip) ? 'provided IP is already allocated' : undefined;
      if (problem === undefined) this.#take(held, ip);
      else errors.push(invalid('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${problem}`));
    }
    if (errors.length > 0) throw invalidError({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors);
    if (wanted.length > 0) return;
    const ip = this.#range.pick(this.#random, (address) => this.#ipsHeld.has(address));
    if (ip === undefined) throw internalError(new Error('failed to allocate a serviceIP: range is full'));
    this.#take(held, ip);
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
  }

  #take(held: ServiceSpec, ip: string): void {
    this.#ipsHeld.add(ip);
    held.clusterIPs!.push(ip);
  }

  /** Ports of one Service may share a node port where their protocols differ. */
  #allocatePorts(service: Service, spec: ServiceSpec, before: ServiceSpec, held: ServiceSpec): void {
    const own = new Set(nodePortsOf(before));
    const mine = new Set<number>();
    const errors: FieldError[] = [];
    (spec.ports ?? []).forEach(({ nodePort = 0 }, i) => {
      if (nodePort === 0 || own.has(nodePort) || mine.has(nodePort)) {
        mine.add(nodePort);
        return;
      }
      const { first, last } = this.#ports;
      if (nodePort < first || nodePort > last) errors.push(invalid(`spec.ports[${i}].nodePort`, nodePort, `provided port is not in the valid range. The range of valid ports is ${first}-${last}`));
      else if (this.#portsHeld.has(nodePort)) errors.push(invalid(`spec.ports[${i}].nodePort`, nodePort, 'provided port is already allocated'));
      else {
        mine.add(nodePort);
        this.#takePort(held, nodePort);
      }
    });
    if (errors.length > 0) throw invalidError({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors);
    const byNumber = new Map<number, { protocol: string; nodePort: number }[]>();
    const remember = (port: number, protocol: string, nodePort: number): void => void byNumber.set(port, [...(byNumber.get(port) ?? []), { protocol, nodePort }]);
    for (const { port, protocol = 'TCP', nodePort = 0 } of spec.ports ?? []) if (nodePort !== 0) remember(port, protocol, nodePort);
    for (const servicePort of spec.ports ?? []) {
      if ((servicePort.nodePort ?? 0) !== 0) continue;
      const { port, protocol = 'TCP' } = servicePort;
      const shared = byNumber.get(port)?.find((other) => other.protocol !== protocol);
      servicePort.nodePort = shared?.nodePort ?? this.#pickPort(held);
      remember(port, protocol, servicePort.nodePort);
    }
  }

  #allocateHealthCheck(spec: ServiceSpec, before: ServiceSpec, held: ServiceSpec): void {
    const wanted = spec.healthCheckNodePort ?? 0;
    if (wanted === 0) {
      spec.healthCheckNodePort = this.#pickPort(held);
    } else if (!nodePortsOf(before).includes(wanted)) {
      if (this.#portsHeld.has(wanted)) throw internalError(new Error(`failed to allocate requested HealthCheck NodePort ${wanted}: provided port is already allocated`));
      this.#takePort(held, wanted);
    }
  }

  #takePort(held: ServiceSpec, port: number): void {
    this.#portsHeld.add(port);
    held.ports!.push({ port: 0, nodePort: port });
  }

  /** From the upper band first: the lower one is left to those who ask for a port by number. */
  #pickPort(held: ServiceSpec): number {
    const { first, last } = this.#ports;
    const size = last - first + 1;
    const reserved = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    for (const [low, high] of [[first + reserved, last], [first, first + reserved - 1]] as const) {
      const count = high - low + 1;
      const start = Math.floor(this.#random.float() * count);
      for (let i = 0; i < count; i++) {
        const port = low + ((start + i) % count);
        if (this.#portsHeld.has(port)) continue;
        this.#takePort(held, port);
        return port;
      }
    }
    throw internalError(new Error('failed to allocate a nodePort: range is full'));
  }
}
