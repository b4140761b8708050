import type { ResourceClaim } from '../../api/types/resource/v1.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';

/** A device as its driver prepared it. */
export interface PreparedDevice {
  readonly pool: string;
  readonly device: string;
  /** Of a device that several have a part of. */
  readonly shareId?: string;
  /** The requests of the claim that it serves; none: all of them. */
  readonly requests: readonly string[];
  /** Qualified names, as runtimes are told of them: `vendor.com/class=name`. */
  readonly cdiIds: readonly string[];
}

/** A claim that pods of this node use. */
export interface ClaimInfo {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly podUids: Set<string>;
  /** Every driver that has a part of the allocation, with the devices that it prepared. */
  readonly drivers: Map<string, readonly PreparedDevice[]>;
  /** False after a restart, too: a pod that starts then has its claims prepared again. */
  isPrepared: boolean;
}

/** Throws an Error where the claim is not allocated. */
export function claimInfoOf(claim: ResourceClaim): ClaimInfo {
  const { allocation } = claim.status ?? {};
  if (allocation === undefined) throw new Error(`ResourceClaim ${nameOf(claim)}: not allocated`);
  return { uid: uidOf(claim), name: nameOf(claim), namespace: namespaceOf(claim), podUids: new Set(), drivers: new Map((allocation.devices?.results ?? []).map(({ driver }) => [driver, []])), isPrepared: false };
}

/** Those of the devices that one request is for, by its name or as `request/alternative`; empty: all of them. */
export function devicesFor(devices: readonly PreparedDevice[], request: string): readonly PreparedDevice[] {
  const [base = ''] = request.split('/');
  return request === '' ? devices : devices.filter(({ requests }) => requests.length === 0 || requests.includes(request) || requests.includes(base));
}

/** The names that a container is started with for one request of the claim. */
export function cdiIdsOf({ drivers }: ClaimInfo, request: string): string[] {
  return [...drivers.values()].flatMap((devices) => devicesFor(devices, request).flatMap(({ cdiIds }) => cdiIds));
}
