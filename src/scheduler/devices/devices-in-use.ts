import type { AllocationResult } from '../../api/types/resource/v1.ts';
import type { Consumed } from './consumable-capacity.ts';

/** What claims have, or are about to have. */
export interface DevicesInUse {
  /** Devices that somebody has alone. */
  readonly whole: ReadonlySet<string>;
  /** Of those that several may have, what each has. */
  readonly shared: ReadonlyMap<string, readonly Consumed[]>;
}

/** What these allocations hold. Administrators' access takes nothing from anybody. */
export function devicesInUse(allocations: Iterable<AllocationResult>): DevicesInUse {
  const whole = new Set<string>();
  const shared = new Map<string, Consumed[]>();
  for (const { devices } of allocations) {
    for (const { driver, pool, device, adminAccess, shareID, consumedCapacity = {} } of devices?.results ?? []) {
      if (adminAccess === true) continue;
      const id = `${driver}/${pool}/${device}`;
      if (shareID === undefined) whole.add(id);
      else shared.set(id, [...(shared.get(id) ?? []), new Map(Object.entries(consumedCapacity))]);
    }
  }
  return { whole, shared };
}
