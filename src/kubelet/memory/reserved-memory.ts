import { formatQuantity, isQuantity, quantityOf, value } from '../../api/meta/quantity.ts';
import { isHugePageResource } from '../../api/pod/validation/resource-names.ts';
import type { MachineTopology } from '../topology/machine-topology.ts';
import type { NodeMemory } from './memory-table.ts';

/** KubeletConfiguration's `reservedMemory`: what of a NUMA node is not for containers. */
export interface MemoryReservation { readonly numaNode: number; readonly limits: Readonly<Record<string, string>> }

/** Reads the field. Throws an Error, worded as upstream. */
export function readReservedMemory(written: unknown): MemoryReservation[] {
  if (!Array.isArray(written) || !written.every(isReservation)) throw new Error(`reservedMemory: wants a list of numaNode and limits, got ${JSON.stringify(written)}`);
  const seen = new Set<string>();
  for (const { numaNode, limits } of written) {
    for (const [type, amount] of Object.entries(limits)) {
      if (!isMemory(type)) throw new Error(`invalid configuration: the limit type ${JSON.stringify(type)} for NUMA node ${numaNode} is not supported, only [memory hugepages-<HugePageSize>] is accepted`);
      if (value(amount) === 0) throw new Error(`invalid configuration: reserved memory may not be zero for NUMA node ${numaNode} and resource ${JSON.stringify(type)}`);
      if (seen.has(`${numaNode}/${type}`)) throw new Error(`invalid configuration: the reserved memory has a duplicate value for NUMA node ${numaNode} and resource ${JSON.stringify(type)}`);
      seen.add(`${numaNode}/${type}`);
    }
  }
  return written;
}

/**
 * What is reserved, by node. Together it must be what the node holds back from pods, `heldBack` by kind of memory: throws an
 * Error, worded as upstream, where it is not.
 */
export function reservedByNode(reservations: readonly MemoryReservation[], { numaNodes }: MachineTopology, heldBack: Readonly<Record<string, number>>): NodeMemory {
  const reserved = new Map(numaNodes.map(({ id }) => [id, new Map<string, number>()]));
  const total = new Map(Object.keys(heldBack).filter(isMemory).map((type) => [type, 0]));
  for (const { numaNode, limits } of reservations) {
    const node = reserved.get(numaNode);
    if (node === undefined) throw new Error(`the reserved memory configuration references a NUMA node ${numaNode} that does not exist on this machine`);
    for (const [type, amount] of Object.entries(limits)) {
      node.set(type, value(amount));
      total.set(type, (total.get(type) ?? 0) + value(amount));
    }
  }
  for (const [type, bytes] of total) {
    const held = heldBack[type] ?? 0;
    const text = (amount: number): string => JSON.stringify(formatQuantity(quantityOf(amount, 'BinarySI')));
    if (bytes !== held) throw new Error(`the total amount ${text(bytes)} of type ${JSON.stringify(type)} is not equal to the value ${text(held)} determined by Node Allocatable feature`);
  }
  if ((total.get('memory') ?? 0) <= 0) throw new Error('[memorymanager] you should specify the system reserved memory');
  return reserved;
}

const isMemory = (type: string): boolean => type === 'memory' || isHugePageResource(type);

function isReservation(written: unknown): written is MemoryReservation {
  if (typeof written !== 'object' || written === null) return false;
  const { numaNode, limits } = written as Partial<MemoryReservation>;
  return Number.isInteger(numaNode) && typeof limits === 'object' && limits !== null && Object.values(limits).every((amount) => typeof amount === 'string' && isQuantity(amount));
}
