import { milliValue } from '../../api/meta/quantity.ts';
import { uidOf } from '../../api/meta/object.ts';
import type { Container as PodContainer, Pod } from '../../api/types/core/v1.ts';
import type { Container } from '../../runtime/runtime.ts';
import { labels } from '../pods/pod-runtime.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { ContainerGrant, ResourceManager } from '../resource-managers/grant.ts';
import { AllocationError } from '../resource-managers/resource-managers.ts';
import { qosClassOf } from '../resources/qos.ts';
import { formatCpuSet, parseCpuSet } from './cpu-set.ts';
import type { Cpu } from './take-cpus.ts';
import { takeCpus } from './take-cpus.ts';

/** On containers with processors of their own: which. */
const cpusAnnotation = 'coxswain.io/cpus';

/** KubeletConfiguration's static CPU policy. */
export interface CpuPolicy {
  /** Processors that are nobody's alone; default: as many as `reservedMilliCpu` says, the first ones. */
  readonly reservedCpus?: readonly number[];
  readonly reservedMilliCpu: number;
  /** `full-pcpus-only`: nobody shares a core with another. */
  readonly fullCoresOnly: boolean;
  /** `strict-cpu-reservation`: the reserved ones are not for pods at all. */
  readonly strictReservation: boolean;
}

/** Gives whole processors to containers of guaranteed pods that ask for whole ones; all others share the rest. */
export class CpuManager implements ResourceManager {
  readonly #topology: readonly Cpu[];
  readonly #policy: CpuPolicy;
  readonly #reserved: ReadonlySet<number>;
  readonly #onPool: () => void;
  /** By pod and container. */
  readonly #given = new Map<string, Map<string, readonly number[]>>();

  /** `onPool`: those who share have others than before. Throws an Error for a policy that the machine cannot follow. */
  constructor(topology: readonly Cpu[], policy: CpuPolicy, onPool: () => void) {
    this.#topology = topology;
    this.#policy = policy;
    this.#onPool = onPool;
    const all = new Set(topology.map(({ id }) => id));
    const count = Math.ceil(policy.reservedMilliCpu / 1000);
    if (policy.reservedCpus === undefined && count === 0) throw new Error('[cpumanager] unable to determine reserved CPU resources for static policy: the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero');
    this.#reserved = new Set(policy.reservedCpus ?? takeCpus(topology, all, count));
    for (const cpu of this.#reserved) if (!all.has(cpu)) throw new Error(`[cpumanager] unable to reserve the required amount of CPUs: there is no CPU ${cpu}`);
  }

  /** What those share who have none of their own. */
  get shared(): readonly number[] {
    const taken = this.#taken();
    return this.#ids().filter((id) => !taken.has(id) && !(this.#policy.strictReservation && this.#reserved.has(id)));
  }

  cpusOf(podUid: string, container: string): readonly number[] {
    return this.#given.get(podUid)?.get(container) ?? [];
  }

  allocatableCpus(): readonly number[] {
    return this.#ids().filter((id) => !this.#reserved.has(id));
  }

  recover(containers: readonly Container[]): void {
    for (const { annotations, labels: { [labels.podUid]: podUid }, name, state } of containers) {
      const written = annotations[cpusAnnotation];
      if (written !== undefined && podUid !== undefined && (state === 'running' || this.cpusOf(podUid, name).length === 0)) this.#give(podUid, name, parseCpuSet(written));
    }
  }

  allocate(pod: Pod): Promise<void> {
    const podUid = uidOf(pod);
    const before = formatCpuSet(this.shared);
    let reusable: readonly number[] = [];
    try {
      for (const { container, role } of containersOf(pod)) {
        const count = wholeCpus(pod, container);
        if (count === 0) continue;
        const known = this.cpusOf(podUid, container.name);
        const cpus = known.length > 0 ? known : this.#choose(count, reusable);
        this.#give(podUid, container.name, cpus);
        // What an init container used is free for those after it; what keeps running keeps what it has.
        reusable = role === 'init' ? [...new Set([...reusable, ...cpus])] : reusable.filter((cpu) => !cpus.includes(cpu));
      }
    } catch (error) {
      this.#given.delete(podUid);
      return Promise.reject(error as Error);
    }
    if (formatCpuSet(this.shared) !== before) this.#onPool();
    return Promise.resolve();
  }

  grantOf(pod: Pod, container: string): Promise<Partial<ContainerGrant>> {
    const own = formatCpuSet(this.cpusOf(uidOf(pod), container));
    return Promise.resolve(own === '' ? { cpus: formatCpuSet(this.shared) } : { cpus: own, annotations: { [cpusAnnotation]: own } });
  }

  release(podUid: string): void {
    if (this.#given.delete(podUid)) this.#onPool();
  }

  #choose(count: number, reusable: readonly number[]): readonly number[] {
    const { fullCoresOnly } = this.#policy;
    const threadsPerCore = Math.max(...[...Map.groupBy(this.#topology, ({ socket, core }) => `${socket}/${core}`).values()].map((threads) => threads.length));
    if (fullCoresOnly && count % threadsPerCore !== 0) throw new AllocationError('SMTAlignmentError', `SMT Alignment Error: requested ${count} cpus not multiple cpus per core = ${threadsPerCore}`);
    if (reusable.length >= count) return takeCpus(this.#topology, new Set(reusable), count);
    const taken = this.#taken();
    const free = new Set(this.allocatableCpus().filter((id) => !taken.has(id)));
    return [...reusable, ...takeCpus(this.#topology, free, count - reusable.length)];
  }

  #give(podUid: string, container: string, cpus: readonly number[]): void {
    let containers = this.#given.get(podUid);
    if (containers === undefined) this.#given.set(podUid, containers = new Map());
    containers.set(container, cpus);
  }

  #taken(): Set<number> {
    return new Set([...this.#given.values()].flatMap((containers) => [...containers.values()].flat()));
  }

  #ids(): number[] {
    return this.#topology.map(({ id }) => id).sort((a, b) => a - b);
  }
}

/** How many processors are to be the container's alone; 0 when it shares. */
function wholeCpus(pod: Pod, { resources }: PodContainer): number {
  const milli = milliValue(resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'] ?? '0');
  return qosClassOf(pod) === 'Guaranteed' && milli > 0 && milli % 1000 === 0 ? milli / 1000 : 0;
}
