import { value } from '../../api/meta/quantity.ts';
import { uidOf } from '../../api/meta/object.ts';
import { isHugePageResource } from '../../api/pod/validation/resource-names.ts';
import type { Container as PodContainer, Pod } from '../../api/types/core/v1.ts';
import type { Container } from '../../runtime/runtime.ts';
import { formatCpuSet } from '../cpus/cpu-set.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { PlacedContainer } from '../pods/pod-spec.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { Claim, ContainerGrant, ResourceManager } from '../resource-managers/grant.ts';
import { PodGrants } from '../resource-managers/pod-grants.ts';
import { sumOfPod, usesPodLevelResources } from '../resource-managers/pod-sum.ts';
import { qosClassOf } from '../resources/qos.ts';
import type { Hint, Hints } from '../topology/hints.ts';
import { noHints, preferSmallest } from '../topology/hints.ts';
import type { NumaMask } from '../topology/masks.ts';
import { countOf, isNarrower, maskOf, masksOf, nodesOf } from '../topology/masks.ts';
import type { MemoryBlock, NodeMemory } from './memory-table.ts';
import { MemoryTable } from './memory-table.ts';

/** Bytes by kind of memory. */
type Amounts = ReadonlyMap<string, number>;
/** What init containers leave for those after them, by nodes and kind. */
type Reusable = Map<NumaMask, Map<string, number>>;

/** KubeletConfiguration's Static memory policy: the memory of guaranteed pods comes from as few NUMA nodes as can be, and is theirs there. */
export class MemoryManager implements ResourceManager {
  readonly fixed = { resource: 'memory', by: 'Memory Manager policy "Static"' };
  readonly #allocatable: NodeMemory;
  readonly #metrics: MetricsSink;
  readonly #given = new PodGrants<readonly MemoryBlock[]>('coxswain.io/memory', JSON.stringify, (text) => JSON.parse(text) as MemoryBlock[]);

  constructor(allocatable: NodeMemory, metrics: MetricsSink = noMetrics) {
    this.#allocatable = allocatable;
    this.#metrics = metrics;
  }

  memoryOf(podUid: string, container: string): readonly MemoryBlock[] {
    return this.#given.of(podUid, container) ?? [];
  }

  allocatableMemory(): readonly MemoryBlock[] {
    return [...this.#allocatable].flatMap(([node, types]) => [...types].filter(([, bytes]) => bytes > 0).map(([type, bytes]): MemoryBlock => ({ type, nodes: [node], bytes })));
  }

  recover(containers: readonly Container[]): void {
    this.#given.recover(containers);
  }

  claim(pod: Pod): Claim {
    const podUid = uidOf(pod);
    const reusable: Reusable = new Map();
    return {
      hints: (placed) => (placed === undefined ? this.#podHints(pod) : this.#hintsOf(amountsOf(pod, placed.container), this.#given.of(podUid, placed.container.name), reusable)),
      take: (placed, hint) => {
        const { container, role } = placed;
        const amounts = amountsOf(pod, container);
        if (amounts.size === 0) return;
        let blocks = this.#given.of(podUid, container.name);
        if (blocks === undefined) {
          // Of a pod whose later containers are known, this one has ended before the kubelet started.
          if (role === 'init' && this.#given.has(podUid)) return;
          const nodes = nodesOf(this.#pin(amounts, hint, reusable));
          blocks = [...amounts].map(([type, bytes]): MemoryBlock => ({ type, nodes, bytes }));
          this.#given.give(podUid, container.name, blocks);
          this.#lend(pod, placed, blocks);
        }
        passOn(reusable, role, blocks);
      },
    };
  }

  grantOf(pod: Pod, container: string): Promise<Partial<ContainerGrant>> {
    const podUid = uidOf(pod);
    // Init containers before this one have ended.
    for (const { container: { name }, role } of containersOf(pod)) {
      if (name === container) break;
      if (role === 'init') this.#given.take(podUid, name);
    }
    const nodes = this.memoryOf(podUid, container).flatMap((block) => block.nodes);
    return Promise.resolve({ annotations: this.#given.annotations(podUid), ...(nodes.length > 0 && { memoryNodes: formatCpuSet(nodes) }) });
  }

  release(podUid: string): void {
    this.#given.release(podUid);
  }

  #table(): MemoryTable {
    return new MemoryTable(this.#allocatable, this.#given.all().flat());
  }

  #pin(amounts: Amounts, hint: Hint, reusable: Reusable): NumaMask {
    this.#metrics.count('kubelet_memory_manager_pinning_requests_total');
    try {
      return this.#choose(amounts, hint, reusable);
    } catch (error) {
      this.#metrics.count('kubelet_memory_manager_pinning_errors_total');
      throw error;
    }
  }

  #choose(amounts: Amounts, hint: Hint, reusable: Reusable): NumaMask {
    const table = this.#table();
    const masks = this.#preferred(table, amounts, reusable);
    let chosen = hint;
    if (hint.affinity === undefined) {
      const usual = bestOf(masks);
      if (usual === undefined) throw new Error('[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available');
      if (!usual.preferred && hint.preferred) throw new Error('[memorymanager] failed to find the default preferred hint');
      chosen = usual;
    }
    let { affinity = 0n } = chosen;
    if ([...amounts].some(([type, bytes]) => table.free(affinity, type) < bytes)) {
      // The common place of all resources may be a part of what memory needs.
      const wider = bestOf(masks.filter((mask) => ((mask.affinity ?? 0n) & affinity) === affinity));
      if (wider?.affinity === undefined) throw new Error('[memorymanager] failed to find NUMA nodes to extend the current topology hint');
      if (!wider.preferred && chosen.preferred) throw new Error('[memorymanager] failed to find the extended preferred hint');
      affinity = wider.affinity;
    }
    if (!table.isFreeGroup(affinity, { isStrict: false })) throw new Error('[memorymanager] preferred hint violates NUMA node allocation');
    return affinity;
  }

  /** Nodes that have all of it together. */
  #preferred(table: MemoryTable, amounts: Amounts, reusable: Reusable): Hint[] {
    let smallest = table.nodes.length;
    const masks: NumaMask[] = [];
    for (const mask of masksOf(table.nodes)) {
      if ([...amounts].some(([type, bytes]) => table.allocatable(mask, type) < bytes)) continue;
      smallest = Math.min(smallest, countOf(mask));
      const hasRoom = [...amounts].every(([type, bytes]) => table.free(mask, type) + (reusable.get(mask)?.get(type) ?? 0) >= bytes);
      if (hasRoom && table.isFreeGroup(mask, { isStrict: true })) masks.push(mask);
    }
    return preferSmallest(masks, smallest);
  }

  #hintsOf(amounts: Amounts, own: readonly MemoryBlock[] | undefined, reusable: Reusable): Hints {
    if (amounts.size === 0) return noHints;
    if (own !== undefined) return own.length === amounts.size && own.every(({ type, bytes }) => amounts.get(type) === bytes) ? new Map(own.map(({ type, nodes }) => [type, [{ affinity: maskOf(nodes), preferred: true }]])) : noHints;
    const hints = this.#preferred(this.#table(), amounts, reusable);
    // As upstream: where there is no room at all nothing is said, and the choice itself fails.
    return hints.length === 0 ? noHints : new Map([...amounts.keys()].map((type) => [type, hints]));
  }

  #podHints(pod: Pod): Hints {
    const types = new Set(containersOf(pod).flatMap(({ container, role }) => (role === 'regular' ? [...amountsOf(pod, container).keys()] : [])));
    const amounts = new Map([...types].map((type) => [type, sumOfPod(pod, (container) => amountsOf(pod, container).get(type) ?? 0)]));
    const known = containersOf(pod).map(({ container }) => this.#given.of(uidOf(pod), container.name)).find((blocks) => blocks !== undefined);
    return this.#hintsOf(amounts, known, new Map());
  }

  /** What a container uses again of what init containers had is counted once. */
  #lend(pod: Pod, placed: PlacedContainer, blocks: readonly MemoryBlock[]): void {
    const podUid = uidOf(pod);
    for (const { type, nodes, bytes } of blocks) {
      let rest = bytes;
      for (const { container: { name }, role } of containersOf(pod)) {
        if (name === placed.container.name) break;
        const lenders = role === 'init' ? this.#given.of(podUid, name) : undefined;
        if (lenders === undefined) continue;
        this.#given.give(podUid, name, lenders.map((block) => {
          if (block.type !== type || maskOf(block.nodes) !== maskOf(nodes)) return block;
          const lent = Math.min(block.bytes, rest);
          rest -= lent;
          return { ...block, bytes: block.bytes - lent };
        }));
      }
    }
  }
}

/** Init containers leave what they have; what runs beside others takes its part of that away. */
function passOn(reusable: Reusable, role: PlacedContainer['role'], blocks: readonly MemoryBlock[]): void {
  for (const { type, nodes, bytes } of blocks) {
    const mask = maskOf(nodes);
    const left = reusable.get(mask) ?? new Map<string, number>();
    const before = left.get(type) ?? 0;
    reusable.set(mask, left.set(type, role === 'init' ? Math.max(before, bytes) : Math.max(0, before - bytes)));
  }
}

function bestOf(hints: readonly Hint[]): Hint | undefined {
  return hints.reduce<Hint | undefined>((best, hint) => (best === undefined || (hint.preferred && !best.preferred) || (hint.preferred === best.preferred && isNarrower(hint.affinity ?? 0n, best.affinity ?? 0n)) ? hint : best), undefined);
}

/** What is to be the container's own; empty when it shares. */
function amountsOf(pod: Pod, { resources }: PodContainer): Amounts {
  if (qosClassOf(pod) !== 'Guaranteed' || usesPodLevelResources(pod)) return new Map();
  return new Map(Object.entries({ ...resources?.limits, ...resources?.requests }).filter(([type]) => type === 'memory' || isHugePageResource(type)).map(([type, amount]) => [type, value(amount)]));
}
