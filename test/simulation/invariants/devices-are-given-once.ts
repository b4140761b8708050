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

/** Names of the claims that the pod uses: given by name, made for it, and that of its extended resources. */
function claimsOf({ spec, status }: Pod): string[] {
  const made = new Map(status?.resourceClaimStatuses?.map(({ name, resourceClaimName }) => [name, resourceClaimName]));
  return [...(spec?.resourceClaims ?? []).map(({ name, resourceClaimName }) => resourceClaimName ?? made.get(name)), status?.extendedResourceClaimStatus?.resourceClaimName].filter((name) => name !== undefined);
}

const isOnNode = ({ spec, status }: Pod): boolean => spec?.nodeName !== undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** Whoever is on a node has the devices that it asked for, and they are its. */
function withoutTheirDevices(history: History): string[] {
  const all = history.objects<ResourceClaim>(claims);
  return [...history.objects<Pod>('core/pods').values()].filter(isOnNode).flatMap((pod) => {
    const { namespace, name, uid } = pod.metadata;
    return claimsOf(pod).flatMap((claim) => {
      const status = all.get(`/registry/${claims}/${namespace}/${claim}`)?.status;
      if (status?.allocation === undefined) return [`${claim} has no devices for ${name}, which is on ${pod.spec?.nodeName}`];
      return status.reservedFor?.some((user) => user.uid === uid) === true ? [] : [`the devices of ${claim} are not reserved for ${name}, which is on ${pod.spec?.nodeName}`];
    });
  });
}

/**
 * A device is one claim's, unless it is shared; then there is enough of it; a claim gets devices together with a user, whom it
 * then names for as long as the user is on a node, and no longer than the user lives. That it keeps devices without any user
 * is no mistake: a pod that could not be bound after all leaves them so, as upstream does, until another needs them. But then
 * it was not made for a pod: what was made for one serves that pod, or goes with it.
 */
export function devicesAreGivenOnce(): Invariant {
  return {
    name: 'devices are given once',
    observe({ resource, key, before, after }, history) {
      const [was, is] = resource === claims ? [before, after] as (ResourceClaim | undefined)[] : [];
      const results = is?.status?.allocation?.devices?.results ?? [];
      if (results.length === 0) return undefined;
      if (was?.status?.allocation === undefined && (is?.status?.reservedFor ?? []).length === 0) return `${key} is given devices that nobody uses`;
      const all = held(history);
      for (const pool of new Set(results.map((result) => result.pool))) {
        const problem = wrong(pool, all.filter((result) => result.pool === pool));
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
    settled(history) {
      const living = new Set([...history.objects<Pod>('core/pods').values()].map(({ metadata }) => metadata.uid));
      return [...withoutTheirDevices(history), ...[...history.objects<ResourceClaim>(claims)].flatMap(([key, { metadata, status }]) => {
        const users = status?.reservedFor ?? [];
        if (status?.allocation !== undefined && users.length === 0 && (metadata.ownerReferences ?? []).length > 0) return [`${key} was made for a pod and keeps its devices for nobody`];
        return users.filter(({ uid }) => !living.has(uid)).map(({ name }) => `${key} is used by ${name}, who is gone`);
      })];
    },
  };
}
