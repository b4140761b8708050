import type { FieldError } from '../../api/field-error.ts';
import { invalid } from '../../api/field-error.ts';
import { mayHaveNodePorts, needsHealthCheck, needsNodePort } from '../../api/groups/core/service-kind.ts';
import { internalError, invalidError } from '../../api/status.ts';
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts';
import type { Random } from '../../base/random.ts';
import { Held } from './held.ts';

const defaultNodePorts = { first: 30000, last: 32767 };

function nodePortsOf({ ports = [], healthCheckNodePort = 0 }: ServiceSpec): number[] {
  return [...new Set([...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort])].filter((port) => port !== 0);
}

/**
 * Gives Services their node ports. What is taken is counted from the Services that stand, so that there is nothing to
 * repair; writes under way hold theirs meanwhile.
 */
export class NodePortAllocator {
  readonly #ports: { readonly first: number; readonly last: number };
  readonly #random: Random;
  readonly #held = new Held<number>();

  constructor({ nodePorts, random }: { readonly nodePorts?: { readonly first: number; readonly last: number }; readonly random: Random }) {
    this.#ports = nodePorts ?? defaultNodePorts;
    this.#random = random;
  }

  hold(spec: ServiceSpec): void {
    for (const port of nodePortsOf(spec)) this.#held.add(port);
  }

  release(spec: ServiceSpec): void {
    for (const port of nodePortsOf(spec)) this.#held.remove(port);
  }

  /** Fills in the ports that the Service lacks and holds what is new. Returns how to let go again; throws Invalid for what is taken or out of range. */
  allocate(service: Service, before: ServiceSpec): () => void {
    const spec = service.spec ?? {};
    const taken: number[] = [];
    const letGo = (): void => taken.splice(0).forEach((port) => this.#held.remove(port));
    try {
      if (mayHaveNodePorts(spec)) this.#allocatePorts(service, spec, before, taken);
      if (needsHealthCheck(spec)) this.#allocateHealthCheck(spec, before, taken);
    } catch (error) {
      letGo();
      throw error;
    }
    return letGo;
  }

  /** Ports of one Service may share a node port where their protocols differ. */
  #allocatePorts(service: Service, spec: ServiceSpec, before: ServiceSpec, taken: number[]): void {
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
      else if (this.#held.has(nodePort)) errors.push(invalid(`spec.ports[${i}].nodePort`, nodePort, 'provided port is already allocated'));
      else {
        mine.add(nodePort);
        this.#take(taken, nodePort);
      }
    });
    if (errors.length > 0) throw invalidError({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors);
    if (!needsNodePort(spec)) return;
    const byNumber = new Map<number, { protocol: string; nodePort: number }[]>();
    const remember = (port: number, protocol: string, nodePort: number): void => void byNumber.set(port, [...(byNumber.get(port) ?? []), { protocol, nodePort }]);
    for (const { port, protocol = 'TCP', nodePort = 0 } of spec.ports ?? []) if (nodePort !== 0) remember(port, protocol, nodePort);
    for (const servicePort of spec.ports ?? []) {
      if ((servicePort.nodePort ?? 0) !== 0) continue;
      const { port, protocol = 'TCP' } = servicePort;
      const shared = byNumber.get(port)?.find((other) => other.protocol !== protocol);
      servicePort.nodePort = shared?.nodePort ?? this.#pick(taken);
      remember(port, protocol, servicePort.nodePort);
    }
  }

  #allocateHealthCheck(spec: ServiceSpec, before: ServiceSpec, taken: number[]): void {
    const wanted = spec.healthCheckNodePort ?? 0;
    if (wanted === 0) {
      spec.healthCheckNodePort = this.#pick(taken);
    } else if (!nodePortsOf(before).includes(wanted)) {
      if (this.#held.has(wanted)) throw internalError(new Error(`failed to allocate requested HealthCheck NodePort ${wanted}: provided port is already allocated`));
      this.#take(taken, wanted);
    }
  }

  #take(taken: number[], port: number): void {
    this.#held.add(port);
    taken.push(port);
  }

  /** From the upper band first: the lower one is left to those who ask for a port by number. */
  #pick(taken: number[]): number {
    const { first, last } = this.#ports;
    const size = last - first + 1;
    const reserved = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    for (const [low, high] of [[first + reserved, last], [first, first + reserved - 1]] as const) {
      const count = high - low + 1;
      const start = Math.floor(this.#random.float() * count);
      for (let i = 0; i < count; i++) {
        const port = low + ((start + i) % count);
        if (this.#held.has(port)) continue;
        this.#take(taken, port);
        return port;
      }
    }
    throw internalError(new Error('failed to allocate a nodePort: range is full'));
  }
}
