import { milliValue } from '../../api/meta/quantity.ts';
import { uidOf } from '../../api/meta/object.ts';
import type { Container as PodContainer, Pod } from '../../api/types/core/v1.ts';
import type { Container } from '../../runtime/runtime.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { Claim, ContainerGrant, ResourceManager } from '../resource-managers/grant.ts';
import { PodGrants } from '../resource-managers/pod-grants.ts';
import { AllocationError } from '../resource-managers/resource-managers.ts';
import { sumOfPod, usesPodLevelResources } from '../resource-managers/pod-sum.ts';
import { qosClassOf } from '../resources/qos.ts';
import type { Hint, Hints } from '../topology/hints.ts';
import { noHints, preferSmallest } from '../topology/hints.ts';
import type { NumaMask } from '../topology/masks.ts';
import { countOf, hasNode, masksOf } from '../topology/masks.ts';
import { formatCpuSet, parseCpuSet } from './cpu-set.ts';
import type { CpuTopology } from './cpu-topology.ts';
import { distributeCpus } from './distribute-cpus.ts';
import { cpusAnnotation } from './own-cpus.ts';
import type { CpuPolicyOptions } from './policy-options.ts';
import type { TakeRules } from './take-cpus.ts';
import { takeCpus } from './take-cpus.ts';

/** KubeletConfiguration's static CPU policy. */
export interface CpuPolicy {
  /** Processors that are nobody's alone; default: as many as `reservedMilliCpu` says, the first ones. */
  readonly reservedCpus?: readonly number[];
  readonly reservedMilliCpu: number;
  readonly options: CpuPolicyOptions;
  /** No quota for containers with processors of their own (`DisableCPUQuotaWithExclusiveCPUs`, on unless it is turned off). */
  readonly keepsQuota?: boolean;
}

/** Gives whole processors to containers of guaranteed pods that ask for whole ones; all others share the rest. */
export class CpuManager implements ResourceManager {
  readonly fixed = { resource: 'cpu', by: 'CPU Manager policy "static"' };
  readonly #topology: CpuTopology;
  readonly #policy: CpuPolicy;
  readonly #ids: readonly number[];
  readonly #reserved: ReadonlySet<number>;
  /** With all threads of their cores. */
  readonly #reservedCores: ReadonlySet<number>;
  readonly #onPool: () => void;
  readonly #metrics: MetricsSink;
  readonly #given = new PodGrants<readonly number[]>(cpusAnnotation, formatCpuSet, parseCpuSet);

  /** `onPool`: those who share have others than before. Throws an Error, in upstream's words, for a policy that the machine cannot follow. */
  constructor(topology: CpuTopology, policy: CpuPolicy, onPool: () => void, metrics: MetricsSink = noMetrics) {
    this.#metrics = metrics;
    this.#topology = topology;
    this.#policy = policy;
    this.#onPool = onPool;
    this.#ids = topology.cpus.map(({ id }) => id);
    const count = Math.ceil(policy.reservedMilliCpu / 1000);
    if (count === 0) throw new Error('[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero');
    const reserved = policy.reservedCpus ?? (count > this.#ids.length ? [] : this.#pick(new Set(this.#ids), count));
    if (reserved.length !== count) throw new Error(`new static policy error: [cpumanager] unable to reserve the required amount of CPUs (size of ${formatCpuSet(reserved)} did not equal ${count})`);
    this.#reserved = new Set(reserved);
    const cores = new Set(topology.only(this.#reserved).map(({ core }) => core));
    this.#reservedCores = new Set(topology.cpus.filter(({ core }) => cores.has(core)).map(({ id }) => id));
  }

  /** What those share who have none of their own. */
  get shared(): readonly number[] {
    const taken = this.#taken();
    return this.#ids.filter((id) => !taken.has(id) && !(this.#policy.options.has('strict-cpu-reservation') && this.#reserved.has(id)));
  }

  cpusOf(podUid: string, container: string): readonly number[] {
    return this.#given.of(podUid, container) ?? [];
  }

  /** Is no quota to hold back this pod, since containers of it have processors of their own? */
  isUnthrottled(podUid: string): boolean {
    return this.#policy.keepsQuota !== true && this.#given.has(podUid);
  }

  allocatableCpus(): readonly number[] {
    return this.#ids.filter((id) => !this.#reserved.has(id));
  }

  recover(containers: readonly Container[]): void {
    this.#given.recover(containers);
  }

  claim(pod: Pod): Claim {
    const podUid = uidOf(pod);
    /** What init containers had before. */
    let reusable: ReadonlySet<number> = new Set();
    return {
      hints: (placed) => (placed === undefined ? this.#podHints(pod) : this.#containerHints(podUid, placed.container.name, wholeCpus(pod, placed.container), reusable)),
      take: ({ container, role }, hint) => {
        const count = wholeCpus(pod, container);
        if (count === 0) return;
        let cpus = this.#given.of(podUid, container.name);
        if (cpus === undefined) {
          // Of a pod whose later containers are known, this one has ended before the kubelet started.
          if (role === 'init' && this.#given.has(podUid)) return;
          cpus = this.#pin(count, hint, reusable);
          this.#given.give(podUid, container.name, cpus);
          this.#onPool();
        }
        // What keeps running keeps what it has.
        reusable = role === 'init' ? reusable.union(new Set(cpus)) : reusable.difference(new Set(cpus));
      },
    };
  }

  grantOf(pod: Pod, container: string): Promise<Partial<ContainerGrant>> {
    const podUid = uidOf(pod);
    const own = this.#given.of(podUid, container);
    return Promise.resolve({
      cpus: formatCpuSet(own ?? this.shared),
      annotations: this.#given.annotations(podUid),
      ...(own !== undefined && this.#policy.keepsQuota !== true && { isUnthrottled: true }),
    });
  }

  release(podUid: string): void {
    if (this.#given.release(podUid)) this.#onPool();
  }

  #pin(count: number, hint: Hint, reusable: ReadonlySet<number>): readonly number[] {
    const wholeCores = this.#policy.options.has('full-pcpus-only');
    this.#metrics.count('kubelet_cpu_manager_pinning_requests_total');
    try {
      this.#checkThreads(count);
      const cpus = this.#choose(count, hint, reusable);
      if (wholeCores) this.#metrics.count('kubelet_container_aligned_compute_resources_count', 'container', 'physical_cpu');
      return cpus;
    } catch (error) {
      this.#metrics.count('kubelet_cpu_manager_pinning_errors_total');
      if (wholeCores) this.#metrics.count('kubelet_container_aligned_compute_resources_failure_count', 'container', 'physical_cpu');
      throw error;
    }
  }

  /** How many processors are containers' own on each NUMA node. */
  get ownByNode(): ReadonlyMap<number, number> {
    const taken = this.#taken();
    return new Map(this.#topology.numaNodes.map((node) => [node, this.#topology.cpus.filter(({ id, numaNode }) => numaNode === node && taken.has(id)).length]));
  }

  /** Near the hint's nodes, or their sockets, first; from anywhere what is still missing. */
  #choose(count: number, { affinity }: Hint, reusable: ReadonlySet<number>): readonly number[] {
    const free = this.#available().union(reusable);
    const near = affinity === undefined ? new Set<number>() : this.#near(affinity, free);
    const chosen = this.#pick(near, Math.min(count, near.size));
    return [...chosen, ...this.#pick(free.difference(new Set(chosen)), count - chosen.length)].sort((a, b) => a - b);
  }

  #near(affinity: NumaMask, free: ReadonlySet<number>): Set<number> {
    const inNodes = this.#topology.cpus.filter(({ numaNode }) => hasNode(affinity, numaNode));
    const sockets = new Set(inNodes.map(({ socket }) => socket));
    const near = this.#policy.options.has('align-by-socket') ? this.#topology.cpus.filter(({ socket }) => sockets.has(socket)) : inNodes;
    return new Set(near.map(({ id }) => id)).intersection(free);
  }

  #pick(free: ReadonlySet<number>, count: number): number[] {
    const { options } = this.#policy;
    const rules: TakeRules = { spread: options.has('distribute-cpus-across-cores'), alignCaches: options.has('prefer-align-cpus-by-uncorecache') };
    if (!options.has('distribute-cpus-across-numa')) return takeCpus(this.#topology, free, count, rules);
    return distributeCpus(this.#topology, free, count, { groupSize: options.has('full-pcpus-only') ? this.#topology.threadsPerCore : 1, rules });
  }

  /** `full-pcpus-only`: nobody shares a core with another, nor with what is reserved. */
  #checkThreads(count: number): void {
    if (!this.#policy.options.has('full-pcpus-only')) return;
    const { threadsPerCore } = this.#topology;
    if (count % threadsPerCore !== 0) throw new AllocationError('SMTAlignmentError', `SMT Alignment Error: requested ${count} cpus not multiple cpus per core = ${threadsPerCore}`);
    const available = new Set(this.shared).difference(this.#reservedCores).size;
    if (count > available) throw new AllocationError('SMTAlignmentError', `SMT Alignment Error: not enough free physical CPUs: available physical CPUs = ${available}, requested CPUs = ${count}, CPUs per core = ${threadsPerCore}`);
  }

  #containerHints(podUid: string, container: string, count: number, reusable: ReadonlySet<number>): Hints {
    if (count === 0) return noHints;
    const own = this.#given.of(podUid, container);
    if (own === undefined) return this.#hintsFor(count, this.#available(), reusable);
    return own.length === count ? this.#hintsFor(count, new Set(own)) : impossible;
  }

  #podHints(pod: Pod): Hints {
    const count = sumOfPod(pod, (container) => wholeCpus(pod, container));
    if (count === 0) return noHints;
    let assigned: ReadonlySet<number> = new Set();
    for (const { container } of containersOf(pod)) {
      const own = this.#given.of(uidOf(pod), container.name);
      if (own === undefined) continue;
      if (own.length !== wholeCpus(pod, container)) return impossible;
      assigned = assigned.union(new Set(own));
    }
    return assigned.size === count ? this.#hintsFor(count, assigned) : this.#hintsFor(count, this.#available(), assigned);
  }

  #hintsFor(count: number, available: ReadonlySet<number>, reusable: ReadonlySet<number> = new Set()): Hints {
    const { numaNodes, cpus } = this.#topology;
    const amongst = (mask: NumaMask, ids?: ReadonlySet<number>): number => cpus.filter(({ id, numaNode }) => hasNode(mask, numaNode) && (ids === undefined || ids.has(id))).length;
    let smallest = numaNodes.length;
    const masks: NumaMask[] = [];
    for (const mask of masksOf(numaNodes)) {
      if (amongst(mask) >= count) smallest = Math.min(smallest, countOf(mask));
      if (amongst(mask, reusable) === reusable.size && amongst(mask, available) + reusable.size >= count) masks.push(mask);
    }
    return new Map([['cpu', preferSmallest(masks, smallest, (mask) => this.#fillsSockets(mask, smallest))]]);
  }

  /** `align-by-socket`: lie these nodes on as few sockets as could be? */
  #fillsSockets(mask: NumaMask, smallest: number): boolean {
    const { numaNodes, socketCount, cpus } = this.#topology;
    const nodesPerSocket = Math.floor(numaNodes.length / socketCount);
    if (!this.#policy.options.has('align-by-socket') || nodesPerSocket === 0) return false;
    return new Set(cpus.filter(({ numaNode }) => hasNode(mask, numaNode)).map(({ socket }) => socket)).size === Math.ceil(smallest / nodesPerSocket);
  }

  #taken(): Set<number> {
    return new Set([...this.#given.all()].flat());
  }

  /** Free for whoever asks for processors of its own. */
  #available(): Set<number> {
    return new Set(this.allocatableCpus()).difference(this.#taken());
  }
}

const impossible: Hints = new Map([['cpu', []]]);

/** How many processors are to be the container's alone; 0 when it shares. */
function wholeCpus(pod: Pod, { resources }: PodContainer): number {
  const milli = milliValue(resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'] ?? '0');
  return qosClassOf(pod) === 'Guaranteed' && !usesPodLevelResources(pod) && milli % 1000 === 0 ? milli / 1000 : 0;
}
