import { namespaceOf, uidOf } from '../../../api/meta/object.ts';
import { isReason } from '../../../api/status.ts';
import type { CSIPersistentVolumeSource, CSIVolumeSource, Secret } from '../../../api/types/core/v1.ts';
import type { CSIDriver, VolumeAttachment } from '../../../api/types/storage/v1.ts';
import { sha256Hex } from '../../../base/sha256.ts';
import type { CsiDriver } from '../../csi/csi-drivers.ts';
import { specOf } from '../../pods/pod-spec.ts';
import { mapDevice, unmapDevice } from '../common/map-device.ts';
import type { MountedVolume, SourceRequest, VolumeContext, VolumeStats } from '../volume-plugin.ts';
import { VolumeError } from '../volume-plugin.ts';
import { capabilityOf, groupOwnership, podInfo, tokenAttributes } from './csi-attributes.ts';

/** As upstream's csiTimeout. */
const timeoutMs = 120_000;
const republishMs = 60_000;
const maxDataBytes = 65_536;

/** What volumes of CSI drivers need of the API and of the drivers that run here. */
export interface CsiAccess {
  readonly nodeName: string;
  driver(name: string): CsiDriver | undefined;
  driverObject(name: string): Promise<CSIDriver | undefined>;
  attachment(name: string): Promise<VolumeAttachment | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** The volumes in use, as the node's status names them, are others than before. */
  onInUse(volumes: readonly string[]): void;
}

/** What is kept beside a mounted volume, so that it can be unmounted by whoever comes later; upstream's file of the same name. */
interface VolumeData {
  readonly driverName: string;
  readonly volumeHandle: string;
  readonly specVolID: string;
  readonly targetPath: string;
  /** Empty where the driver does not stage. */
  readonly stagingPath: string;
}

const isPersistent = (source: CSIVolumeSource | CSIPersistentVolumeSource): source is CSIPersistentVolumeSource => 'volumeHandle' in source;
const prefixed = (text: string): string => `kubernetes.io/csi: ${text}`;

/** Volumes of CSI drivers: staged once on the node, published for each pod, and taken away in the other order. */
export class CsiVolumes {
  readonly #context: VolumeContext;
  readonly #access: CsiAccess;
  /** One at a time on each volume: what is being unstaged must not be published. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #inUse = new Map<string, Set<string>>();
  /** Where this process has published volumes. */
  readonly #published = new Set<string>();

  constructor(context: VolumeContext, access: CsiAccess) {
    this.#context = context;
    this.#access = access;
  }

  async mount(request: SourceRequest): Promise<MountedVolume> {
    const source = request.source.csi;
    if (source === undefined) throw new Error(prefixed('mounter.SetupAt failed to get CSI persistent source: volume source not found in volume.Spec'));
    if (this.#context.host.virtual) return { hostPath: `/var/lib/csi/${request.name}`, readOnly: request.readOnly };
    const handle = isPersistent(source) ? source.volumeHandle : `csi-${sha256Hex(`${uidOf(request.pod)}${request.name}`)}`;
    return this.#inTurn(`${source.driver}^${handle}`, () => this.#mount(request, source, handle));
  }

  /** Takes away all that a pod has. Rejects while a driver cannot, or is not there; calling it again goes on. */
  async unmount(podUid: string): Promise<void> {
    const { host, directories } = this.#context;
    if (host.virtual) return;
    for (const name of await host.files.list(this.#folder(podUid))) {
      const data = await this.#read(podUid, name);
      if (data !== undefined) await this.#inTurn(`${data.driverName}^${data.volumeHandle}`, () => this.#unmount(podUid, data));
      await host.files.removeTree(directories.volume(podUid, 'csi', name));
    }
  }

  async #mount(request: SourceRequest, source: CSIVolumeSource | CSIPersistentVolumeSource, handle: string): Promise<MountedVolume> {
    const { pod, name, isBlock, mountOptions, accessModes } = request;
    const { host, directories, tokens } = this.#context;
    const driver = this.#driver(source.driver);
    const object = await this.#access.driverObject(source.driver);
    checkLifecycle(source.driver, object, isPersistent(source) ? 'Persistent' : 'Ephemeral');
    const publishContext = isPersistent(source) && object?.spec.attachRequired !== false ? await this.#attached(source.driver, handle, uidOf(pod)) : {};
    const capabilities = await driver.capabilities();
    const readOnly = request.readOnly || source.readOnly === true;
    const fsType = source.fsType ?? '';
    const group = capabilities.has('VOLUME_MOUNT_GROUP') ? specOf(pod).securityContext?.fsGroup : undefined;
    const accessMode = accessModes[0] ?? 'ReadWriteOnce';
    const volumeCapability = capabilityOf({ accessMode, isBlock, fsType, mountOptions, group, capabilities });
    const stages = isPersistent(source) && capabilities.has('STAGE_UNSTAGE_VOLUME');
    const paths = this.#paths({ podUid: uidOf(pod), name, driver: driver.name, handle, isBlock });
    const data: VolumeData = { driverName: driver.name, volumeHandle: handle, specVolID: name, targetPath: paths.target, stagingPath: stages ? paths.staging : '' };

    const folder = directories.volume(uidOf(pod), 'csi', name);
    await host.files.ensureDirectory(folder, 0o750);
    // Before anything is mounted: whoever unmounts must know.
    await host.files.writeFile(`${folder}/vol_data.json`, JSON.stringify(data), 0o644);
    const volumeContext = source.volumeAttributes ?? {};
    // What is published again is staged already.
    if (stages && isPersistent(source) && !this.#published.has(paths.target)) {
      await host.files.ensureDirectory(paths.staging, 0o750);
      await driver.calls.call('NodeStageVolume', { volumeId: handle, publishContext, stagingTargetPath: paths.staging, volumeCapability, secrets: await this.#secrets(source.nodeStageSecretRef, 'NodeStageSecretRef'), volumeContext }, { timeoutMs })
        .catch((error: unknown) => { throw new VolumeError(isBlock ? 'map-device' : 'device', (error as Error).message, { volumeName: name, cause: error }); });
    }
    await host.files.ensureDirectory(paths.target.slice(0, paths.target.lastIndexOf('/')), 0o750);
    const secretRef = source.nodePublishSecretRef;
    const secrets = await this.#secrets(secretRef && { namespace: namespaceOf(pod), ...secretRef }, 'NodePublishSecretRef');
    const tokenOnes = object === undefined ? {} : await tokenAttributes(tokens, pod, object.spec);
    const inSecrets = object?.spec.serviceAccountTokenInSecrets === true;
    await driver.calls.call('NodePublishVolume', {
      volumeId: handle, publishContext, stagingTargetPath: data.stagingPath, targetPath: paths.target, volumeCapability, readonly: readOnly,
      secrets: { ...secrets, ...(inSecrets && tokenOnes) },
      volumeContext: { ...volumeContext, ...(object?.spec.podInfoOnMount === true && podInfo(pod, !isPersistent(source))), ...(!inSecrets && tokenOnes) },
    }, { timeoutMs }).catch((error: unknown) => { throw isBlock ? new VolumeError('map-pod', (error as Error).message, { volumeName: name, cause: error }) : error; });
    const isNew = !this.#published.has(paths.target);
    const ownership = isBlock || capabilities.has('VOLUME_MOUNT_GROUP') ? undefined : groupOwnership(pod, { policy: object?.spec.fsGroupPolicy, readOnly, fsType, accessModes });
    if (ownership !== undefined) await host.files.giveToGroup(paths.target, ownership);
    const { hostPath } = isBlock && isNew ? await mapDevice(this.#context, { ...request, readOnly }, 'csi', paths.target) : { hostPath: isBlock ? directories.mappedDevice(uidOf(pod), 'csi', name).link : paths.target };
    this.#published.add(paths.target);
    return {
      hostPath, readOnly,
      ...(object?.spec.requiresRepublish === true && { remountAfterMs: republishMs }),
      ...(isPersistent(source) && capabilities.has('EXPAND_VOLUME') && { expand: (bytes: number) => this.#inTurn(`${source.driver}^${handle}`, () => this.#expand(source, { data, volumeCapability, bytes })) }),
      ...(capabilities.has('GET_VOLUME_STATS') && { stats: () => this.#stats(data) }),
    };
  }

  async #expand(source: CSIPersistentVolumeSource, { data, volumeCapability, bytes }: { readonly data: VolumeData; readonly volumeCapability: ReturnType<typeof capabilityOf>; readonly bytes: number }): Promise<void> {
    await this.#driver(source.driver).calls.call('NodeExpandVolume', {
      volumeId: data.volumeHandle, volumePath: data.targetPath, stagingTargetPath: data.stagingPath, volumeCapability,
      capacityRange: { requiredBytes: bytes }, secrets: await this.#secrets(source.nodeExpandSecretRef, 'NodeExpandSecretRef'),
    }, { timeoutMs });
  }

  async #stats({ driverName, volumeHandle, targetPath, stagingPath }: VolumeData): Promise<VolumeStats> {
    const { usage } = await this.#driver(driverName).calls.call('NodeGetVolumeStats', { volumeId: volumeHandle, volumePath: targetPath, stagingTargetPath: stagingPath }, { timeoutMs });
    const [bytes, inodes] = (['BYTES', 'INODES'] as const).map((unit) => usage.find((one) => one.unit === unit));
    return {
      ...(bytes !== undefined && { availableBytes: bytes.available, capacityBytes: bytes.total, usedBytes: bytes.used }),
      ...(inodes !== undefined && { inodesFree: inodes.available, inodes: inodes.total, inodesUsed: inodes.used }),
    };
  }

  async #unmount(podUid: string, { driverName, volumeHandle, targetPath, stagingPath, specVolID }: VolumeData): Promise<void> {
    const { host } = this.#context;
    const driver = this.#driver(driverName);
    this.#published.delete(targetPath);
    await unmapDevice(this.#context, podUid, 'csi', specVolID);
    await driver.calls.call('NodeUnpublishVolume', { volumeId: volumeHandle, targetPath }, { timeoutMs });
    await host.files.removeTree(targetPath);
    if (stagingPath !== '' && !(await this.#isUsedByOthers(podUid, stagingPath))) {
      await driver.calls.call('NodeUnstageVolume', { volumeId: volumeHandle, stagingTargetPath: stagingPath }, { timeoutMs });
      await host.files.removeTree(stagingPath);
    }
    // From here on nothing of this pod's is left of it, whatever fails after.
    await host.files.removeTree(this.#context.directories.volume(podUid, 'csi', specVolID));
    this.#use(driverName, volumeHandle, (users) => users.delete(podUid));
  }

  /** The files of all pods tell: also those of pods that no worker has looked at since the kubelet started. */
  async #isUsedByOthers(podUid: string, stagingPath: string): Promise<boolean> {
    const { host, directories } = this.#context;
    for (const other of await host.files.list(directories.pods)) {
      if (other === podUid) continue;
      for (const name of await host.files.list(this.#folder(other))) if ((await this.#read(other, name))?.stagingPath === stagingPath) return true;
    }
    return false;
  }

  /** The pod's need is told before it is met: nobody detaches what is needed. Rejects while the volume is not attached. */
  async #attached(driver: string, handle: string, podUid: string): Promise<Readonly<Record<string, string>>> {
    this.#use(driver, handle, (users) => users.add(podUid));
    const attachment = await this.#access.attachment(`csi-${sha256Hex(`${handle}${driver}${this.#access.nodeName}`)}`).catch((error: unknown) => {
      // Of an attachment that has yet to be made a node may not even ask.
      if (!isReason(error, 'Forbidden')) throw error;
      return undefined;
    });
    if (attachment?.status?.attached !== true) throw new VolumeError('waiting', `volume ${handle} is not attached`);
    return attachment.status.attachmentMetadata ?? {};
  }

  #use(driver: string, handle: string, change: (users: Set<string>) => void): void {
    const name = `kubernetes.io/csi/${driver}^${handle}`;
    const before = [...this.#inUse.keys()].join();
    const users = this.#inUse.get(name) ?? new Set<string>();
    change(users);
    if (users.size === 0) this.#inUse.delete(name);
    else this.#inUse.set(name, users);
    if ([...this.#inUse.keys()].join() !== before) this.#access.onInUse([...this.#inUse.keys()].sort());
  }

  #driver(name: string): CsiDriver {
    const driver = this.#access.driver(name);
    if (driver === undefined) throw new Error(prefixed(`mounter.SetUpAt failed to get CSI client: driver name ${name} not found in the list of registered CSI drivers`));
    return driver;
  }

  async #secrets(ref: { readonly namespace?: string; readonly name?: string } | undefined, field: string): Promise<Record<string, string>> {
    if (ref?.name === undefined) return {};
    const { namespace = '', name } = ref;
    const secret = await this.#access.secret(namespace, name);
    if (secret === undefined) throw new Error(`fetching ${field} ${namespace}/${name} failed: ${prefixed(`failed to find the secret ${name} in the namespace ${namespace} with error: secrets ${JSON.stringify(name)} not found`)}`);
    return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]));
  }

  #folder(podUid: string): string {
    return `${this.#context.directories.volumes(podUid)}/kubernetes.io~csi`;
  }

  async #read(podUid: string, name: string): Promise<VolumeData | undefined> {
    const text = await this.#context.host.files.readTail(`${this.#context.directories.volume(podUid, 'csi', name)}/vol_data.json`, maxDataBytes);
    return text === '' ? undefined : JSON.parse(text) as VolumeData;
  }

  #paths({ podUid, name, driver, handle, isBlock }: { readonly podUid: string; readonly name: string; readonly driver: string; readonly handle: string; readonly isBlock: boolean }): { readonly target: string; readonly staging: string } {
    const { directories } = this.#context;
    const root = `${directories.rootDir}/plugins/kubernetes.io/csi`;
    return isBlock
      ? { target: `${root}/volumeDevices/publish/${name}/${podUid}`, staging: `${root}/volumeDevices/staging/${name}` }
      : { target: `${directories.volume(podUid, 'csi', name)}/mount`, staging: `${root}/${driver}/${sha256Hex(handle)}/globalmount` };
  }

  async #inTurn<T>(volume: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(volume);
    const turn = (before ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    this.#turns.set(volume, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(volume) === settled) this.#turns.delete(volume);
    }
  }
}

/** Drivers are for volumes that outlive pods unless they say otherwise. */
function checkLifecycle(driver: string, object: CSIDriver | undefined, mode: 'Persistent' | 'Ephemeral'): void {
  const fail = (why: string): Error => new Error(prefixed(`mounter.SetupAt failed to check volume lifecycle mode: volume mode ${JSON.stringify(mode)} not supported by driver ${driver} (${why})`));
  if (object === undefined) {
    if (mode === 'Ephemeral') throw fail('no CSIDriver object');
    return;
  }
  const modes = object.spec.volumeLifecycleModes ?? ['Persistent'];
  if (!modes.includes(mode)) throw fail(`only supports [${modes.map((one) => JSON.stringify(one)).join(' ')}]`);
}
