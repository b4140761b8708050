import { parseTime } from '../../api/meta/time.ts';
import { claimFor } from '../../api/pod/resource-claims.ts';
import { tolerates } from '../../api/pod/tolerations.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { DeviceRequestAllocationResult, DeviceTaint, ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts';
import { notFor } from '../common/pod-claims.ts';

export const poolKey = ({ driver, pool }: { readonly driver: string; readonly pool: string }): string => `${driver}/${pool}`;

export const allocatedIn = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status?.allocation?.devices?.results ?? [];

/** The taints of a device that evict, as the newest generation of its pool has them. */
function evictingTaints(name: string, slices: readonly ResourceSlice[]): readonly DeviceTaint[] {
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  const device = slices.filter(({ spec }) => spec.pool.generation === newest).flatMap(({ spec }) => spec.devices ?? []).find((one) => one.name === name);
  return (device?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** When a taint ends the use of an allocated device, epoch milliseconds; undefined: never. The shortest toleration counts. */
export function endMs(taint: DeviceTaint, { tolerations = [] }: DeviceRequestAllocationResult): number | undefined {
  const addedMs = parseTime(taint.timeAdded ?? '') ?? 0;
  const fitting = tolerations.filter((toleration) => toleration.effect === 'NoExecute' && tolerates(toleration, taint));
  if (fitting.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return undefined;
  return addedMs + (fitting.length === 0 ? 0 : Math.min(...fitting.map(({ tolerationSeconds = 0 }) => Math.max(0, tolerationSeconds))) * 1000);
}

function claimEndMs(claim: ResourceClaim, slicesOf: (pool: string) => readonly ResourceSlice[]): number | undefined {
  const ends = allocatedIn(claim).flatMap((device) => evictingTaints(device.device, slicesOf(poolKey(device))).flatMap((taint) => endMs(taint, device) ?? []));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** When a pod has to leave its devices, epoch milliseconds; undefined: never, as things stand. */
export function podEndMs(pod: Pod, claimOf: (name: string) => ResourceClaim | undefined, slicesOf: (pool: string) => readonly ResourceSlice[]): number | undefined {
  if ((pod.spec?.nodeName ?? '') === '') return undefined;
  const ends = (pod.spec?.resourceClaims ?? []).flatMap((podClaim) => {
    if (podClaim.resourceClaimName === undefined && podClaim.resourceClaimTemplateName === undefined) return [];
    const named = claimFor(pod, podClaim);
    const claim = named.kind === 'named' ? claimOf(named.name) : undefined;
    if (claim === undefined || (named.kind === 'named' && named.generated && notFor(pod, claim) !== undefined)) return [];
    if (claim.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) !== true) return [];
    return claimEndMs(claim, slicesOf) ?? [];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}
