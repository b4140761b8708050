import { hugePageCapacity } from '../resources/huge-pages.ts';
import type { MachineTopology } from '../topology/machine-topology.ts';
import type { NumaMask } from '../topology/masks.ts';
import { maskOf, nodesOf } from '../topology/masks.ts';

/** Memory of one kind that is a container's own, taken from these NUMA nodes together. */
export interface MemoryBlock { readonly type: string; readonly nodes: readonly number[]; readonly bytes: number }

/** Bytes by node and kind of memory. */
export type NodeMemory = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** What containers could have of each node at most: all of its memory but what is reserved and what is kept as huge pages. */
export function allocatableMemory({ numaNodes }: MachineTopology, reserved: NodeMemory): NodeMemory {
  return new Map(numaNodes.map(({ id, memoryBytes, hugePages }) => {
    const kept = (type: string): number => reserved.get(id)?.get(type) ?? 0;
    const pages = Object.entries(hugePageCapacity(hugePages));
    const inPages = pages.reduce((sum, [, bytes]) => sum + bytes, 0);
    return [id, new Map([...pages.map(([type, bytes]): [string, number] => [type, bytes - kept(type)]), ['memory', memoryBytes - kept('memory') - inPages]])];
  }));
}

/**
 * What is left of each node. A node that gives memory together with others (a group) does so with these alone, and none that
 * has given memory alone joins a group: as upstream, so that what a container has is never spread further than it must.
 */
export class MemoryTable {
  readonly #allocatable: NodeMemory;
  readonly #free: Map<number, Map<string, number>>;
  readonly #groups = new Map<number, NumaMask>();

  constructor(allocatable: NodeMemory, blocks: Iterable<MemoryBlock>) {
    this.#allocatable = allocatable;
    this.#free = new Map([...allocatable].map(([node, types]) => [node, new Map(types)]));
    for (const block of blocks) this.#take(block);
  }

  get nodes(): number[] {
    return [...this.#allocatable.keys()].sort((a, b) => a - b);
  }

  allocatable(mask: NumaMask, type: string): number {
    return nodesOf(mask).reduce((sum, node) => sum + (this.#allocatable.get(node)?.get(type) ?? 0), 0);
  }

  free(mask: NumaMask, type: string): number {
    return nodesOf(mask).reduce((sum, node) => sum + (this.#free.get(node)?.get(type) ?? 0), 0);
  }

  /** Is none of these nodes bound to a group that is another one? One node alone may always give, unless `isStrict` and it is in a group. */
  isFreeGroup(mask: NumaMask, { isStrict }: { readonly isStrict: boolean }): boolean {
    const nodes = nodesOf(mask);
    const [first = 0] = nodes;
    if (nodes.length === 1) return !isStrict || (this.#groups.get(first) ?? mask) === mask;
    return nodes.every((node) => (this.#groups.get(node) ?? mask) === mask);
  }

  #take({ type, nodes, bytes }: MemoryBlock): void {
    let rest = bytes;
    for (const node of nodes) {
      this.#groups.set(node, maskOf(nodes));
      const free = this.#free.get(node)?.get(type) ?? 0;
      const taken = Math.min(free, rest);
      rest -= taken;
      this.#free.get(node)?.set(type, free - taken);
    }
  }
}
