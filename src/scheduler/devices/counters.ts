import type { Quantity } from '../../api/meta/quantity.ts';
import { addQuantity, compareQuantity, subtractQuantity } from '../../api/meta/quantity.ts';
import type { Device, ResourceSlice } from '../../api/types/resource/v1.ts';

/** What is left of counters, by their set and name. */
export type Left = ReadonlyMap<string, Quantity | string>;

const counterKey = (set: string, counter: string): string => `${set}/${counter}`;

/** All that a device takes of its pool's counters. */
function* consumptionOf({ consumesCounters = [] }: Device): Iterable<readonly [key: string, amount: string]> {
  for (const { counterSet, counters } of consumesCounters) for (const [name, { value }] of Object.entries(counters)) yield [counterKey(counterSet, name), value];
}

/** Do counter sets have names of their own, and do devices consume of counters that there are? */
export function areCountersValid(slices: readonly ResourceSlice[]): boolean {
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? []);
  const known = new Set(sets.flatMap(({ name, counters }) => Object.keys(counters).map((counter) => counterKey(name, counter))));
  if (new Set(sets.map(({ name }) => name)).size < sets.length) return false;
  return slices.every(({ spec }) => (spec.devices ?? []).every((device) => [...consumptionOf(device)].every(([key]) => known.has(key))));
}

/** What a pool's devices that somebody has leave of its counters; less than nothing, where they were given too much. */
export function leftOf(slices: readonly ResourceSlice[], isTaken: (device: string) => boolean): Left {
  const left = new Map<string, Quantity | string>();
  for (const { spec } of slices) for (const { name, counters } of spec.sharedCounters ?? []) for (const [counter, { value }] of Object.entries(counters)) left.set(counterKey(name, counter), value);
  for (const { spec } of slices) for (const device of spec.devices ?? []) if (isTaken(device.name)) for (const [key, amount] of consumptionOf(device)) left.set(key, subtractQuantity(left.get(key) ?? '0', amount));
  return left;
}

/** A pool's shared counters while devices are tried: those that are parts of the same hardware take from the same ones (KEP-4815). */
export class PoolCounters {
  readonly #left: Map<string, Quantity | string>;

  constructor(left: Left) {
    this.#left = new Map(left);
  }

  /** Takes what the device consumes; nothing when that is more than there is. A counter that is overdrawn already stops all of the pool's. */
  take(device: Device): boolean {
    this.#change(device, subtractQuantity);
    for (const left of this.#left.values()) {
      if (compareQuantity(left, '0') >= 0) continue;
      this.giveBack(device);
      return false;
    }
    return true;
  }

  giveBack(device: Device): void {
    this.#change(device, addQuantity);
  }

  #change(device: Device, by: typeof addQuantity): void {
    for (const [key, amount] of consumptionOf(device)) this.#left.set(key, by(this.#left.get(key) ?? '0', amount));
  }
}
