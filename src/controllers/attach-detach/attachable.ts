import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../../api/types/core/v1.ts';
import type { CSIDriver } from '../../api/types/storage/v1.ts';
import { sha256 } from '../../base/sha256.ts';
import type { Lister } from '../../client/informer/store.ts';

/** A volume that must be attached to a node before it can be mounted there. */
export interface Attachable {
  /** As nodes report it: `kubernetes.io/csi/DRIVER^HANDLE`. */
  readonly name: string;
  /** As events name it: the persistent volume's, or the pod's name for it. */
  readonly title: string;
  /** Several nodes may have it, as far as anybody says. */
  readonly shared: boolean;
}

export interface VolumeListers {
  readonly claims: Lister<PersistentVolumeClaim>;
  readonly volumes: Lister<PersistentVolume>;
  readonly drivers: Lister<CSIDriver>;
}

const csiPrefix = 'kubernetes.io/csi/';

/** The driver and the handle of a CSI volume that a node reports; undefined for other volumes. */
export function csiVolume(name: string): { readonly driver: string; readonly handle: string } | undefined {
  if (!name.startsWith(csiPrefix)) return undefined;
  const [driver, handle, ...rest] = name.slice(csiPrefix.length).split('^');
  return driver === undefined || handle === undefined || rest.length > 0 ? undefined : { driver, handle };
}

/** Kinds of volume that are attached by the node itself: nothing is done, but the node waits to be told. */
export const isAttachedByNode = (name: string): boolean => name.startsWith('kubernetes.io/iscsi/') || name.startsWith('kubernetes.io/fc/');

/** The VolumeAttachment of a CSI volume on a node. */
export const attachmentName = ({ driver, handle }: { readonly driver: string; readonly handle: string }, node: string): string => `csi-${hex(sha256(new TextEncoder().encode(`${handle}${driver}${node}`)))}`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const isShared = ({ spec }: PersistentVolume): boolean => {
  const modes = spec?.accessModes ?? [];
  return modes.length === 0 || modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
};

/** Go's text of a list of strings. */
const goList = (items: readonly string[]): string => `[${items.join(' ')}]`;

type Source = Pick<NonNullable<PersistentVolume['spec']>, 'fc' | 'iscsi'>;

function nodeAttachedName({ fc, iscsi }: Source): string | undefined {
  if (iscsi !== undefined) return `kubernetes.io/iscsi/${iscsi.targetPortal}:${iscsi.iqn}:${iscsi.lun}`;
  if (fc?.targetWWNs !== undefined && fc.targetWWNs.length > 0 && fc.lun !== undefined) return `kubernetes.io/fc/${goList(fc.targetWWNs)}:${fc.lun}`;
  return fc?.wwids !== undefined && fc.wwids.length > 0 ? `kubernetes.io/fc/${goList(fc.wwids)}` : undefined;
}

/** Undefined for a volume that needs no attaching: its driver says so, or its kind knows no such thing. */
export function attachableVolume(volume: PersistentVolume, drivers: Lister<CSIDriver>): Attachable | undefined {
  const { csi } = volume.spec ?? {};
  const common = { title: nameOf(volume), shared: isShared(volume) };
  if (csi !== undefined) return drivers.get('', csi.driver)?.spec.attachRequired === false ? undefined : { name: `${csiPrefix}${csi.driver}^${csi.volumeHandle}`, ...common };
  const name = nodeAttachedName(volume.spec ?? {});
  return name === undefined ? undefined : { name, ...common };
}

/** Does the pod have volumes that may be attachable? */
export const mayAttach = (pod: Pod): boolean => (pod.spec?.volumes ?? []).some(({ persistentVolumeClaim, ephemeral, fc, iscsi }) => persistentVolumeClaim !== undefined || ephemeral !== undefined || fc !== undefined || iscsi !== undefined);

/** The volumes of a pod that are to be attached to its node, as far as they are bound. */
export function attachablesOf(pod: Pod, listers: VolumeListers): Attachable[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => attachableOf(pod, volume, listers) ?? []);
}

function attachableOf(pod: Pod, volume: Volume, { claims, volumes, drivers }: VolumeListers): Attachable | undefined {
  const claimName = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${nameOf(pod)}-${volume.name}`);
  if (claimName === undefined) {
    const name = nodeAttachedName(volume as Source);
    return name === undefined ? undefined : { name, title: volume.name, shared: true };
  }
  const claim = claims.get(namespaceOf(pod), claimName);
  const volumeName = claim?.spec?.volumeName ?? '';
  if (claim?.status?.phase !== 'Bound' || volumeName === '') return undefined;
  if (volume.ephemeral !== undefined && claim.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === pod.metadata.uid) !== true) return undefined;
  const bound = volumes.get('', volumeName);
  return bound?.spec?.claimRef === undefined || bound.spec.claimRef.uid !== claim.metadata.uid ? undefined : attachableVolume(bound, drivers);
}

const isStopped = (statuses: readonly { readonly state?: { readonly terminated?: unknown; readonly waiting?: unknown } }[] = []): boolean => statuses.every(({ state }) => state?.terminated !== undefined || state?.waiting !== undefined);

/** Has the pod ended, so that its volumes are not needed any more? */
export function isTerminated({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  return metadata.deletionTimestamp !== undefined && isStopped(status?.initContainerStatuses) && isStopped(status?.containerStatuses) && isStopped(status?.ephemeralContainerStatuses);
}
