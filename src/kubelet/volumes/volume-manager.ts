import { uidOf } from '../../api/meta/object.ts';
import type { Pod, Volume } from '../../api/types/core/v1.ts';
import type { TreeFile } from '../host.ts';
import { specOf } from '../pods/pod-spec.ts';
import { volumePlugins } from './registry.ts';
import type { FilesPlugin, MountedVolume, VolumeContext } from './volume-plugin.ts';

export interface PodVolumes {
  readonly mounted: ReadonlyMap<string, MountedVolume>;
  /** Volumes that could not be set up, with what to tell the user. */
  readonly failures: readonly { readonly volume: string; readonly message: string }[];
  /** When to look again though nothing changed, wall time; undefined: never. */
  readonly refreshAtMs: number | undefined;
}

interface PodEntry {
  readonly directories: Map<string, MountedVolume>;
  /** What was written last into each volume of files. */
  readonly contents: Map<string, string>;
}

/** Sets up the volumes of pods; calling it again brings their files up to date and costs little when nothing changed. */
export class VolumeManager {
  readonly #context: VolumeContext;
  readonly #pods = new Map<string, PodEntry>();

  constructor(context: VolumeContext) {
    this.#context = context;
  }

  /** Only volumes that a container mounts are set up. Never rejects for a volume's sake: see `failures`. */
  async setUp(pod: Pod): Promise<PodVolumes> {
    const spec = specOf(pod);
    const used = new Set([...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].flatMap((container) => (container.volumeMounts ?? []).map(({ name }) => name)));
    const mounted = new Map<string, MountedVolume>();
    const failures: { volume: string; message: string }[] = [];
    let refreshAtMs: number | undefined;
    let entry = this.#pods.get(uidOf(pod));
    if (entry === undefined) this.#pods.set(uidOf(pod), entry = { directories: new Map(), contents: new Map() });
    for (const volume of spec.volumes ?? []) {
      if (!used.has(volume.name)) continue;
      try {
        const result = await this.#setUpOne(pod, volume, entry);
        mounted.set(volume.name, result.mounted);
        if (result.refreshAtMs !== undefined) refreshAtMs = Math.min(refreshAtMs ?? Infinity, result.refreshAtMs);
      } catch (error) {
        const text = (error as Error).message;
        failures.push({ volume: volume.name, message: text.startsWith('not supported') ? text : `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${text}` });
      }
    }
    return { mounted, failures, refreshAtMs };
  }

  /** The pod has ended: takes its volumes away. */
  async tearDown(podUid: string): Promise<void> {
    this.#pods.delete(podUid);
    await this.#context.host.files.removeTree(`${this.#context.directories.pod(podUid)}/volumes`);
  }

  async #setUpOne(pod: Pod, volume: Volume, entry: PodEntry): Promise<{ readonly mounted: MountedVolume; readonly refreshAtMs?: number }> {
    const plugin = volumePlugins.find(({ field }) => volume[field] !== undefined);
    if (plugin === undefined) {
      const field = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
      throw new Error(`not supported: volume ${JSON.stringify(volume.name)} of type ${field}`);
    }
    if (plugin.kind === 'files') return this.#setUpFiles(plugin, pod, volume, entry);
    const known = entry.directories.get(volume.name);
    if (known !== undefined) return { mounted: known };
    const mounted = await plugin.mount(this.#context, pod, volume);
    entry.directories.set(volume.name, mounted);
    return { mounted };
  }

  async #setUpFiles(plugin: FilesPlugin, pod: Pod, volume: Volume, entry: PodEntry): Promise<{ readonly mounted: MountedVolume; readonly refreshAtMs?: number }> {
    const { host, directories } = this.#context;
    const hostPath = directories.volume(uidOf(pod), plugin.directoryName, volume.name);
    const { files, refreshAtMs, userId } = await plugin.collect(this.#context, pod, volume);
    if (!host.virtual) {
      const signature = signatureOf(files);
      if (entry.contents.get(volume.name) !== signature) {
        await host.files.ensureDirectory(hostPath, 0o777);
        // Where memory cannot be mounted, the disk must do: better than no secrets at all.
        if (plugin.inMemory) await host.files.mountMemory(hostPath, { sizeBytes: undefined });
        await host.files.writeTree(hostPath, files, { groupId: specOf(pod).securityContext?.fsGroup, ...(userId !== undefined && { userId }) });
        entry.contents.set(volume.name, signature);
      }
    }
    return { mounted: { hostPath, readOnly: true }, ...(refreshAtMs !== undefined && { refreshAtMs }) };
  }
}

/** Tells contents apart without keeping them: secrets should not lie about in memory longer than needed. */
function signatureOf(files: ReadonlyMap<string, TreeFile>): string {
  let text = '';
  for (const [path, { data, mode }] of files) {
    let a = 0x811c9dc5;
    let b = 0x1234567;
    for (const byte of data) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 13);
    }
    text += `${path}:${mode}:${data.length}:${a >>> 0}:${b >>> 0};`;
  }
  return text;
}
