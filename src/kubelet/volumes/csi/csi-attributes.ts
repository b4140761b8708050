import { nameOf, namespaceOf, uidOf } from '../../../api/meta/object.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { CSIDriver } from '../../../api/types/storage/v1.ts';
import { formatTime } from '../../../base/clock.ts';
import type { GroupOwnership } from '../../host.ts';
import type { NodeServiceCapabilityRPCType, VolumeCapability, VolumeCapabilityAccessModeMode } from '../../plugins/generated/csi.ts';
import { specOf } from '../../pods/pod-spec.ts';
import type { ServiceAccountTokens } from '../../service-account-tokens.ts';
import { fsGroupOwnership } from '../common/fs-group.ts';

/** What a driver is told of the pod (`podInfoOnMount`). */
export function podInfo(pod: Pod, isEphemeral: boolean): Record<string, string> {
  return {
    'csi.storage.k8s.io/pod.name': nameOf(pod),
    'csi.storage.k8s.io/pod.namespace': namespaceOf(pod),
    'csi.storage.k8s.io/pod.uid': uidOf(pod),
    'csi.storage.k8s.io/serviceAccount.name': specOf(pod).serviceAccountName ?? '',
    'csi.storage.k8s.io/ephemeral': String(isEphemeral),
  };
}

/** The pod's tokens that a driver wants (`tokenRequests`), by audience; nothing when it wants none. */
export async function tokenAttributes(tokens: ServiceAccountTokens, pod: Pod, { tokenRequests = [] }: CSIDriver['spec']): Promise<Record<string, string>> {
  if (tokenRequests.length === 0) return {};
  const entries = await Promise.all(tokenRequests.map(async ({ audience, expirationSeconds = 3600 }) => {
    const { token, expiresAtMs } = await tokens.get(pod, { audience, expirationSeconds });
    return [audience, { token, expirationTimestamp: formatTime(expiresAtMs) }] as const;
  }));
  return { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(Object.fromEntries(entries)) };
}

/** How a volume is used, in CSI's terms. */
export function capabilityOf(options: { readonly accessMode: string; readonly isBlock: boolean; readonly fsType: string; readonly mountOptions: readonly string[]; readonly group: number | undefined; readonly capabilities: ReadonlySet<NodeServiceCapabilityRPCType> }): { readonly accessMode: { readonly mode: VolumeCapabilityAccessModeMode } } & Partial<Pick<VolumeCapability, 'block' | 'mount'>> {
  const { isBlock, fsType, mountOptions, group, capabilities } = options;
  const tellsWriters = capabilities.has('SINGLE_NODE_MULTI_WRITER');
  const modes: Readonly<Record<string, VolumeCapabilityAccessModeMode>> = {
    ReadWriteOnce: tellsWriters ? 'SINGLE_NODE_MULTI_WRITER' : 'SINGLE_NODE_WRITER',
    ReadWriteOncePod: tellsWriters ? 'SINGLE_NODE_SINGLE_WRITER' : 'SINGLE_NODE_WRITER',
    ReadOnlyMany: 'MULTI_NODE_READER_ONLY',
    ReadWriteMany: 'MULTI_NODE_MULTI_WRITER',
  };
  return {
    accessMode: { mode: modes[options.accessMode] ?? 'UNKNOWN' },
    ...(isBlock ? { block: {} } : { mount: { fsType, mountFlags: [...mountOptions], volumeMountGroup: group === undefined ? '' : String(group) } }),
  };
}

/** How the kubelet gives the volume to the pod's fsGroup; undefined where the driver does, or nobody shall. */
export function groupOwnership(pod: Pod, { policy = 'ReadWriteOnceWithFSType', readOnly, fsType, accessModes }: { readonly policy: string | undefined; readonly readOnly: boolean; readonly fsType: string; readonly accessModes: readonly string[] }): GroupOwnership | undefined {
  if (policy === 'None' || readOnly) return undefined;
  if (policy === 'ReadWriteOnceWithFSType' && (fsType === '' || !accessModes.some((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod'))) return undefined;
  return fsGroupOwnership(pod, { readOnly, followPolicy: true });
}
