import type { NumaMask } from './masks.ts';
import { countOf } from './masks.ts';

/** NUMA nodes from which something could be given; without an affinity: from anywhere. */
export interface Hint { readonly affinity: NumaMask | undefined; readonly preferred: boolean }

/** By resource: where it could be had. No list: it does not matter; an empty one: nowhere. */
export type Hints = ReadonlyMap<string, readonly Hint[] | undefined>;

/** Who has nothing to say about where. */
export const noHints: Hints = new Map();

/** Nothing is asked of where. */
export const anywhere: Hint = { affinity: undefined, preferred: false };

/** As hints: those with as few nodes as would do on an empty machine are preferred, and those of which `isAlso` says so. */
export function preferSmallest(masks: readonly NumaMask[], smallest: number, isAlso: (mask: NumaMask) => boolean = () => false): Hint[] {
  return masks.map((affinity) => ({ affinity, preferred: countOf(affinity) === smallest || isAlso(affinity) }));
}
