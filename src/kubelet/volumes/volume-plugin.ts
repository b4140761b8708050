import type { ConfigMap, CSIPersistentVolumeSource, CSIVolumeSource, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, Pod, Secret, Volume } from '../../api/types/core/v1.ts';
import type { LabelSelector } from '../../api/types/meta/v1.ts';
import type { PodFacts } from '../environment/references.ts';
import type { Host, TreeFile } from '../host.ts';
import type { PodDirectories } from '../pod-directories.ts';
import type { ServiceAccountTokens } from '../service-account-tokens.ts';

/** Which cluster trust bundles a projected volume wants: one by name, or those of a signer that a selector picks. */
export type TrustBundleRequest = { readonly name: string } | { readonly signerName: string; readonly labelSelector: LabelSelector | undefined };

/** What plugins work with. */
export interface VolumeContext {
  readonly host: Host;
  readonly directories: PodDirectories;
  readonly tokens: ServiceAccountTokens;
  configMap(pod: Pod, name: string): Promise<ConfigMap | undefined>;
  secret(pod: Pod, name: string): Promise<Secret | undefined>;
  persistentVolumeClaim(pod: Pod, name: string): Promise<PersistentVolumeClaim | undefined>;
  persistentVolume(name: string): Promise<PersistentVolume | undefined>;
  readonly claims: ClaimAccess;
  /** The PEM texts of the bundles; empty when none matches. Rejects where the API is not served. */
  trustBundles(pod: Pod, request: TrustBundleRequest): Promise<readonly string[]>;
  facts(): PodFacts;
  /** Mounts what drivers of others keep; undefined where there can be none. */
  readonly csi?: { mount(request: SourceRequest): Promise<MountedVolume> };
}

/** A volume that is there: at a path on the node, or an image that the runtime mounts. */
export interface MountedVolume {
  readonly hostPath: string;
  /** The plugin does not let containers write, whatever their mounts say. */
  readonly readOnly: boolean;
  /** The image whose files the volume shows; `hostPath` is empty then. */
  readonly imageRef?: string;
  /** Mounted again after so long, because the driver wants to renew what is in it. */
  readonly remountAfterMs?: number;
  /** Looked after so often without being mounted again. Never rejects. */
  readonly recheck?: { readonly afterMs: number; run(): Promise<void> };
  /** Lets what is in it use so many bytes, where the driver has to be told. Rejects with GrpcError. */
  readonly expand?: (bytes: number) => Promise<void>;
  /** How full it is, where the driver tells. */
  readonly stats?: () => Promise<VolumeStats>;
  /** The claim that it was mounted for. */
  readonly claimName?: string;
}

/** As in the Summary API; what the driver does not tell is missing. */
export interface VolumeStats {
  readonly availableBytes?: number;
  readonly capacityBytes?: number;
  readonly usedBytes?: number;
  readonly inodesFree?: number;
  readonly inodes?: number;
  readonly inodesUsed?: number;
}

/** What is written of claims. */
export interface ClaimAccess {
  /** Resolves with what the API has then. */
  updateStatus(claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim>;
  /** An event on the pod, and on the claim. */
  announce(of: { readonly pod: Pod; readonly claim: PersistentVolumeClaim }, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** A normal event on the pod alone. */
  announceToPod(pod: Pod, reason: string, message: string): void;
  /** An RFC 3339 time of now. */
  now(): string;
}

/** A plugin whose volume is a directory or a path that is made once. */
export interface DirectoryPlugin {
  readonly kind: 'directory';
  /** The field of the volume that asks for it. */
  readonly field: keyof Volume;
  mount(context: VolumeContext, pod: Pod, volume: Volume): Promise<MountedVolume>;
}

/** A plugin whose volume holds files that the kubelet writes, and writes again when their source changes. */
export interface FilesPlugin {
  readonly kind: 'files';
  readonly field: keyof Volume;
  /** Its name in paths: `configmap`, `secret` … */
  readonly directoryName: string;
  /** Kept in memory, never on a disk. */
  readonly inMemory: boolean;
  collect(context: VolumeContext, pod: Pod, volume: Volume): Promise<CollectedFiles>;
}

export interface CollectedFiles {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** When the content should be collected again though nothing changed; undefined: never. */
  readonly refreshAtMs?: number;
}

export type VolumePlugin = DirectoryPlugin | FilesPlugin;

/** What a source is asked to mount: for a pod's own volume, or for a persistent volume that a claim is bound to. */
export interface SourceRequest {
  readonly pod: Pod;
  /** The volume's name in paths and messages: the persistent volume's, where there is one. */
  readonly name: string;
  /** The volume's own source: only the plugin's field is looked at. */
  readonly source: Pick<Volume, 'hostPath' | 'nfs'> & Pick<PersistentVolumeSpec, 'local'> & { readonly csi?: CSIVolumeSource | CSIPersistentVolumeSource };
  /** As a device instead of a directory. */
  readonly isBlock: boolean;
  readonly accessModes: readonly string[];
  readonly readOnly: boolean;
  readonly mountOptions: readonly string[];
}

/**
 * Storage that is mounted for pods, inline or by a claim: the contract that drivers of others will be called through.
 * Everything that a plugin mounts lies below the pod's own volume directories; it is unmounted there when the pod ends.
 */
export interface SourcePlugin {
  readonly field: keyof SourceRequest['source'];
  /** Idempotent: also called for a volume that an earlier kubelet has mounted. Rejects, worded as upstream. */
  mount(context: VolumeContext, request: SourceRequest): Promise<MountedVolume>;
  /** Takes away what a pod has of it beside mounts in its own volume directories. Calling it again goes on. */
  unmount?(context: VolumeContext, podUid: string): Promise<void>;
}

/** A failure whose event is not the usual "MountVolume.SetUp failed for volume": `processing` happens before anything is mounted, `device` before it is the pod's, `map` shows a device, which `map-device` prepares and `map-pod` gives to the pod, and of `waiting` nothing is told until it has lasted long. */
export class VolumeError extends Error {
  readonly stage: 'processing' | 'unsupported' | 'waiting' | 'device' | 'map-device' | 'map-pod' | 'map' | 'setup';
  /** The name to tell instead of the pod's name for the volume. */
  readonly volumeName: string | undefined;
  constructor(stage: VolumeError['stage'], message: string, options: { readonly volumeName?: string; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'VolumeError';
    this.stage = stage;
    this.volumeName = options.volumeName;
  }
}
