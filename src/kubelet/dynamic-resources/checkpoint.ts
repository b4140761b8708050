import { crc32 } from 'node:zlib';
import type { ClaimInfo, PreparedDevice } from './claim-info.ts';

/** The file that upstream's kubelet writes, `dra_manager_state`: its form is kept, so that each finds what the other left. */

const kind = 'DRACheckpoint';
const apiVersion = 'checkpoint.dra.kubelet.k8s.io/v1';

interface WrittenDevice { readonly PoolName: string; readonly DeviceName: string; readonly ShareID: string | null; readonly RequestNames: readonly string[] | null; readonly CDIDeviceIDs: readonly string[] | null }
interface WrittenClaim {
  readonly ClaimUID: string;
  readonly ClaimName: string;
  readonly Namespace: string;
  readonly PodUIDs: Readonly<Record<string, object>> | null;
  readonly DriverState: Readonly<Record<string, { readonly Devices: readonly WrittenDevice[] | null }>> | null;
}

const written = ({ pool, device, shareId, requests, cdiIds }: PreparedDevice): WrittenDevice => ({ PoolName: pool, DeviceName: device, ShareID: shareId ?? null, RequestNames: requests, CDIDeviceIDs: cdiIds });
const read = ({ PoolName, DeviceName, ShareID, RequestNames, CDIDeviceIDs }: WrittenDevice): PreparedDevice => ({ pool: PoolName, device: DeviceName, ...(ShareID !== null && { shareId: ShareID }), requests: RequestNames ?? [], cdiIds: CDIDeviceIDs ?? [] });

/** What is known of all claims, as a file. */
export function checkpointText(claims: Iterable<ClaimInfo>): string {
  const list = Array.from(claims, ({ uid, name, namespace, podUids, drivers }): WrittenClaim => ({
    ClaimUID: uid, ClaimName: name, Namespace: namespace,
    PodUIDs: Object.fromEntries([...podUids].map((podUid) => [podUid, {}])),
    DriverState: Object.fromEntries([...drivers].map(([driver, devices]) => [driver, { Devices: devices.map(written) }])),
  }));
  const Data = JSON.stringify({ kind, apiVersion, ClaimInfoStateList: list });
  return JSON.stringify({ Data, Checksum: crc32(Data) });
}

/** Throws an Error for a file that is not what was written. */
export function readCheckpoint(text: string): ClaimInfo[] {
  const { Data, Checksum } = JSON.parse(text) as { readonly Data: string; readonly Checksum: number };
  if (crc32(Data) !== Checksum) throw new Error('checkpoint is corrupted');
  const { ClaimInfoStateList } = JSON.parse(Data) as { readonly ClaimInfoStateList: readonly WrittenClaim[] | null };
  return (ClaimInfoStateList ?? []).map(({ ClaimUID, ClaimName, Namespace, PodUIDs, DriverState }) => ({
    uid: ClaimUID, name: ClaimName, namespace: Namespace,
    podUids: new Set(Object.keys(PodUIDs ?? {})),
    drivers: new Map(Object.entries(DriverState ?? {}).map(([driver, { Devices }]) => [driver, (Devices ?? []).map(read)])),
    isPrepared: false,
  }));
}
