import { uidOf } from '../../api/meta/object.ts';
import type { Pod, Volume } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { TreeFile } from '../host.ts';
import { containersOf, specOf } from '../pods/pod-spec.ts';
import { nestedMountPoints } from './common/nested-mount-points.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { CsiAccess } from './csi/csi-volumes.ts';
import { CsiVolumes } from './csi/csi-volumes.ts';
import { volumePlugins } from './registry.ts';
import { sourcePlugins } from './source-registry.ts';
import { VolumeError } from './volume-plugin.ts';
import type { FilesPlugin, MountedVolume, VolumeContext, VolumeStats } from './volume-plugin.ts';

/** How long a pod waits for its volumes before an event says for which (upstream's podAttachAndMountTimeout). */
const waitMs = 123_000;

export interface PodVolumes {
  readonly mounted: ReadonlyMap<string, MountedVolume>;
  /** Volumes that could not be set up, with what to tell the user; empty where there is nothing to tell yet. */
  readonly failures: readonly Failure[];
  /** When to look again though nothing changed, wall time; undefined: never. */
  readonly refreshAtMs: number | undefined;
}

const noVolumes = Promise.resolve<PodVolumes>({ mounted: new Map(), failures: [], refreshAtMs: undefined });

/** Wall times at which something is due; infinite: never. */
type KeptVolume = MountedVolume & { readonly remountAtMs: number; readonly recheckAtMs: number };

interface PodEntry {
  readonly directories: Map<string, KeptVolume>;
  /** What was written last into each volume of files. */
  readonly contents: Map<string, string>;
  /** Since when volumes have been missing, or since they were told of. */
  waitingSinceMs: number | undefined;
}

interface Result { readonly mounted: MountedVolume; readonly refreshAtMs?: number }
/** `reason`: of the event; default `FailedMount`. */
interface Failure { readonly volume: string; readonly message: string; readonly reason?: string }

/** What upstream calls the step that failed. */
const steps: Readonly<Record<'device' | 'map-device' | 'map-pod' | 'map' | 'setup', string>> = { device: 'MountVolume.MountDevice', 'map-device': 'MapVolume.SetUpDevice', 'map-pod': 'MapVolume.MapPodDevice', map: 'MapVolume.MapBlockVolume', setup: 'MountVolume.SetUp' };

/** Sets up the volumes of pods; calling it again brings their files up to date and costs little when nothing changed. */
export class VolumeManager {
  readonly #context: VolumeContext;
  readonly #csi: CsiVolumes | undefined;
  readonly #clock: Clock;
  readonly #metrics: MetricsSink;
  readonly #pods = new Map<string, PodEntry>();

  constructor(context: VolumeContext, clock: Clock, csi?: CsiAccess, metrics: MetricsSink = noMetrics) {
    this.#metrics = metrics;
    this.#csi = csi && new CsiVolumes(context, csi);
    this.#context = { ...context, ...(this.#csi !== undefined && { csi: this.#csi }) };
    this.#clock = clock;
  }

  /** Only volumes that a container uses are set up. Never rejects for a volume's sake: see `failures`. */
  setUp(pod: Pod): Promise<PodVolumes> {
    return (specOf(pod).volumes ?? []).length === 0 ? noVolumes : this.#setUpAll(pod);
  }

  async #setUpAll(pod: Pod): Promise<PodVolumes> {
    const used = usedVolumes(pod);
    const mounted = new Map<string, MountedVolume>();
    const failures: Failure[] = [];
    const unprocessed: { readonly volume: string; readonly message: string }[] = [];
    let refreshAtMs: number | undefined;
    let entry = this.#pods.get(uidOf(pod));
    if (entry === undefined) this.#pods.set(uidOf(pod), entry = { directories: new Map(), contents: new Map(), waitingSinceMs: undefined });
    for (const volume of specOf(pod).volumes ?? []) {
      if (!used.has(volume.name)) continue;
      try {
        const result = await this.#setUpOne(pod, volume, entry);
        mounted.set(volume.name, result.mounted);
        if (result.refreshAtMs !== undefined) refreshAtMs = Math.min(refreshAtMs ?? Infinity, result.refreshAtMs);
      } catch (error) {
        const stage = error instanceof VolumeError ? error.stage : 'setup';
        const message = (error as Error).message;
        const shown = JSON.stringify((error instanceof VolumeError ? error.volumeName : undefined) ?? volume.name);
        if (stage === 'processing') unprocessed.push({ volume: volume.name, message });
        else if (stage === 'waiting') failures.push({ volume: volume.name, message: '' });
        else if (stage === 'unsupported' || message.startsWith('not supported')) failures.push({ volume: volume.name, message });
        else failures.push({ volume: volume.name, message: `${steps[stage]} failed for volume ${shown} : ${message}`, ...(stage.startsWith('map') && { reason: 'FailedMapVolume' }) });
      }
    }
    const late = this.#late(entry, failures, unprocessed);
    return { mounted, failures: late === undefined ? failures : [...failures, late], refreshAtMs };
  }

  /** The pod has ended: takes its volumes away. */
  async tearDown(podUid: string): Promise<void> {
    this.#pods.delete(podUid);
    const { host, directories } = this.#context;
    if (host.virtual) return this.#csi?.unmount(podUid);
    // Parts of volumes first: they keep the volumes that they are parts of.
    await host.files.removeTree(directories.volumeSubPaths(podUid));
    await this.#csi?.unmount(podUid);
    for (const plugin of sourcePlugins) await plugin.unmount?.(this.#context, podUid);
    await host.files.removeTree(directories.volumes(podUid));
  }

  /** How full the pod's volumes are whose drivers tell, by the volumes' names. What cannot be told now is left out. */
  async statsOf(podUid: string, { onlyClaims = false }: { readonly onlyClaims?: boolean } = {}): Promise<readonly { readonly name: string; readonly claimName: string | undefined; readonly stats: VolumeStats }[]> {
    const told = await Promise.all([...this.#pods.get(podUid)?.directories ?? []].map(async ([name, { stats, claimName }]) => {
      const known = onlyClaims && claimName === undefined ? undefined : await stats?.().catch(() => undefined);
      return known === undefined ? [] : [{ name, claimName, stats: known }];
    }));
    return told.flat();
  }

  /** What is mounted for the pod, by the volume's name. */
  mountedOf(podUid: string): ReadonlyMap<string, MountedVolume> {
    return this.#pods.get(podUid)?.directories ?? new Map<string, MountedVolume>();
  }

  /** The event on all of a pod's missing volumes: at once where they cannot even be looked up, else when it has waited long. */
  #late(entry: PodEntry, failures: readonly Failure[], unprocessed: readonly Failure[]): Failure | undefined {
    const missing = [...failures, ...unprocessed].map(({ volume }) => volume);
    const [first] = missing;
    if (first === undefined) {
      entry.waitingSinceMs = undefined;
      return undefined;
    }
    const nowMs = this.#clock.now();
    entry.waitingSinceMs ??= nowMs;
    if (unprocessed.length === 0 && nowMs - entry.waitingSinceMs < waitMs) return undefined;
    entry.waitingSinceMs = nowMs;
    const reason = unprocessed.length === 0 ? 'context deadline exceeded' : unprocessed.map(({ message }) => message).join('; ');
    return { volume: first, message: `Unable to attach or mount volumes: unmounted volumes=[${missing.join(' ')}], unattached volumes=[], failed to process volumes=[${unprocessed.map(({ volume }) => volume).join(' ')}]: ${reason}` };
  }

  async #setUpOne(pod: Pod, volume: Volume, entry: PodEntry): Promise<Result> {
    const plugin = volumePlugins.find(({ field }) => volume[field] !== undefined);
    if (plugin === undefined) {
      const field = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
      throw new VolumeError('unsupported', `not supported: volume ${JSON.stringify(volume.name)} of type ${field}`);
    }
    if (plugin.kind === 'files') return this.#setUpFiles(plugin, pod, volume, entry);
    const known = entry.directories.get(volume.name);
    const nowMs = this.#clock.now();
    const isKept = known !== undefined && known.remountAtMs > nowMs;
    if (isKept && known.recheckAtMs <= nowMs) await known.recheck?.run();
    const isChecked = !isKept || known.recheckAtMs <= nowMs;
    const mounted = isKept ? known : await this.#measured(plugin.field, () => plugin.mount(this.#context, pod, volume));
    const { remountAfterMs = Infinity, recheck } = mounted;
    const kept: KeptVolume = { ...mounted, remountAtMs: isKept ? known.remountAtMs : nowMs + remountAfterMs, recheckAtMs: isChecked ? nowMs + (recheck?.afterMs ?? Infinity) : known.recheckAtMs };
    entry.directories.set(volume.name, kept);
    const refreshAtMs = Math.min(kept.remountAtMs, kept.recheckAtMs);
    return { mounted: kept, ...(refreshAtMs < Infinity && { refreshAtMs }) };
  }

  async #measured<T>(field: string, work: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.monotonicMs();
    const tell = (status: string): void => this.#metrics.observe('storage_operation_duration_seconds', (this.#clock.monotonicMs() - startMs) / 1000, pluginName(field), 'volume_mount', status, 'false');
    try {
      const result = await work();
      tell('success');
      return result;
    } catch (error) {
      tell('fail-unknown');
      throw error;
    }
  }

  /** How many volumes of each kind pods have, and are to have. */
  counts(pods: readonly Pod[]): readonly { readonly plugin: string; readonly wanted: number; readonly present: number }[] {
    const found = new Map<string, { wanted: number; present: number }>();
    for (const pod of pods) {
      const entry = this.#pods.get(uidOf(pod));
      const used = usedVolumes(pod);
      for (const volume of specOf(pod).volumes ?? []) {
        if (!used.has(volume.name)) continue;
        const plugin = pluginName(Object.keys(volume).find((key) => key !== 'name') ?? '');
        const count = found.get(plugin) ?? { wanted: 0, present: 0 };
        found.set(plugin, { wanted: count.wanted + 1, present: count.present + (entry?.directories.has(volume.name) === true || entry?.contents.has(volume.name) === true ? 1 : 0) });
      }
    }
    return [...found].map(([plugin, counts]) => ({ plugin, ...counts }));
  }

  async #setUpFiles(plugin: FilesPlugin, pod: Pod, volume: Volume, entry: PodEntry): Promise<Result> {
    const { host, directories } = this.#context;
    const hostPath = directories.volume(uidOf(pod), plugin.directoryName, volume.name);
    const { files, refreshAtMs } = await plugin.collect(this.#context, pod, volume);
    if (!host.virtual) {
      const signature = signatureOf(files);
      if (entry.contents.get(volume.name) !== signature) {
        if (!entry.contents.has(volume.name)) {
          await host.files.ensureDirectory(hostPath, 0o777);
          // Where memory cannot be mounted, the disk must do: better than no secrets at all.
          if (plugin.inMemory) await host.files.mountMemory(hostPath, { sizeBytes: undefined });
          for (const directory of nestedMountPoints(pod, volume.name)) await host.files.ensureDirectory(`${hostPath}/${directory}`, 0o755);
        }
        await host.files.writeTree(hostPath, files, { groupId: specOf(pod).securityContext?.fsGroup });
        entry.contents.set(volume.name, signature);
      }
    }
    return { mounted: { hostPath, readOnly: true }, ...(refreshAtMs !== undefined && { refreshAtMs }) };
  }
}

/** Upstream's name of the plugin behind a volume's field: `kubernetes.io/empty-dir`. */
function pluginName(field: string): string {
  return `kubernetes.io/${field === 'configMap' ? 'configmap' : field.replace(/([a-z])([A-Z]+)/g, '$1-$2').toLowerCase()}`;
}

/** The volumes that containers mount, or take variables from. */
function usedVolumes(pod: Pod): Set<string> {
  const used = new Set<string>();
  for (const { container: { volumeMounts = [], volumeDevices = [], env = [] } } of containersOf(pod)) {
    for (const { name } of volumeMounts) used.add(name);
    for (const { name } of volumeDevices) used.add(name);
    for (const { valueFrom } of env) if (valueFrom?.fileKeyRef !== undefined) used.add(valueFrom.fileKeyRef.volumeName);
  }
  return used;
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
