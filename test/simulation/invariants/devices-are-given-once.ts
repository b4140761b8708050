import { value } from '../../../src/api/meta/quantity.ts';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { DeviceRequestAllocationResult, ResourceClaim } from '../../../src/api/types/resource/v1.ts';
import type { History } from '../history.ts';
import { hardware } from '../workloads/devices.ts';
import type { Invariant } from './invariant.ts';

const claims = 'resource.k8s.io/resourceclaims';
/** What the pieces of a card take of it. */
const cores: Readonly<Record<string, number>> = { large: 2, 'small-1': 1, 'small-2': 1 };

function held(history: History): DeviceRequestAllocationResult[] {
  return [...history.objects<ResourceClaim>(claims).values()].flatMap(({ status }) => status?.allocation?.devices?.results ?? []);
}

function wrong(pool: string, results: readonly DeviceRequestAllocationResult[]): string | undefined {
  const alone = results.filter(({ shareID }) => shareID === undefined).map(({ device }) => device);
  const twice = alone.find((device, i) => alone.indexOf(device) < i);
  if (twice !== undefined) return `${twice} of ${pool} is given twice`;
  const slots = results.reduce((sum, { consumedCapacity = {} }) => sum + (consumedCapacity['slots'] === undefined ? 0 : value(consumedCapacity['slots'])), 0);
  if (slots > hardware.slots) return `${slots} of ${hardware.slots} slots of ${pool} are given`;
  const taken = alone.reduce((sum, device) => sum + (cores[device] ?? 0), 0);
  return taken > hardware.cores ? `${taken} of ${hardware.cores} cores of ${pool} are given` : undefined;
}

/** A device is one claim's, unless it is shared; then there is enough of it; and who has gone uses none. */
export function devicesAreGivenOnce(): Invariant {
  return {
    name: 'devices are given once',
    observe({ resource, after }, history) {
      const results = resource === claims ? ((after as ResourceClaim | undefined)?.status?.allocation?.devices?.results ?? []) : [];
      if (results.length === 0) return undefined;
      const all = held(history);
      for (const pool of new Set(results.map((result) => result.pool))) {
        const problem = wrong(pool, all.filter((result) => result.pool === pool));
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
    settled(history) {
      const living = new Set([...history.objects<Pod>('core/pods').values()].map(({ metadata }) => metadata.uid));
      return [...history.objects<ResourceClaim>(claims)].flatMap(([key, { status }]) => {
        // Without users it may keep its devices: a pod that could not be bound after all leaves them so, as upstream does, until they are needed.
        return (status?.reservedFor ?? []).filter(({ uid }) => !living.has(uid)).map(({ name }) => `${key} is used by ${name}, who is gone`);
      });
    },
  };
}
