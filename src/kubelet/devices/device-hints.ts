import type { Hint } from '../topology/hints.ts';
import { preferSmallest } from '../topology/hints.ts';
import type { NumaMask } from '../topology/masks.ts';
import { countOf, hasNode, masksOf } from '../topology/masks.ts';
import type { DevicePool } from './device-pool.ts';

/** From which of these NUMA nodes so many devices could come: all that are used again, and the rest of those that are available. */
export function hintsOfDevices(pool: DevicePool, nodes: readonly number[], { count, available, reusable }: { readonly count: number; readonly available: readonly string[]; readonly reusable: readonly string[] }): readonly Hint[] {
  const lies = (mask: NumaMask, id: string): boolean => pool.device(id)?.numaNodes.some((node) => hasNode(mask, node)) === true;
  const placed = reusable.filter((id) => (pool.device(id)?.numaNodes.length ?? 0) > 0);
  let smallest = nodes.length;
  const masks: NumaMask[] = [];
  for (const mask of masksOf(nodes)) {
    if (pool.devices.filter(({ id }) => lies(mask, id)).length >= count) smallest = Math.min(smallest, countOf(mask));
    if (placed.every((id) => lies(mask, id)) && placed.length + available.filter((id) => lies(mask, id)).length >= count) masks.push(mask);
  }
  return preferSmallest(masks, smallest);
}
