import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Volume } from '../../api/types/core/v1.ts';
import type { PodFacts } from '../environment/references.ts';
import type { Host, TreeFile } from '../host.ts';
import type { PodDirectories } from '../pod-directories.ts';
import type { ServiceAccountTokens } from '../service-account-tokens.ts';

/** What plugins work with. */
export interface VolumeContext {
  readonly host: Host;
  readonly directories: PodDirectories;
  readonly tokens: ServiceAccountTokens;
  configMap(pod: Pod, name: string): Promise<ConfigMap | undefined>;
  secret(pod: Pod, name: string): Promise<Secret | undefined>;
  persistentVolumeClaim(pod: Pod, name: string): Promise<PersistentVolumeClaim | undefined>;
  persistentVolume(name: string): Promise<PersistentVolume | undefined>;
  facts(): PodFacts;
}

/** A volume that is there, at a path on the node. */
export interface MountedVolume {
  readonly hostPath: string;
  /** The plugin does not let containers write, whatever their mounts say. */
  readonly readOnly: boolean;
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
  /** Whom the files belong to, when all containers run as one user. */
  readonly userId?: number;
}

export type VolumePlugin = DirectoryPlugin | FilesPlugin;
