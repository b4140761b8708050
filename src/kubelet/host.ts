import type { Container, Pod } from '../api/types/core/v1.ts';
import type { LinuxResources } from '../runtime/runtime.ts';
import type { HugePages } from './resources/huge-pages.ts';
import type { MachineTopology } from './topology/machine-topology.ts';

/**
 * The machine under a kubelet: everything that it touches outside the runtime and the API. hosts/linux is a real
 * machine, hosts/simulated one that exists in memory alone.
 */
export interface Host {
  /** No files, no network: volumes are checked but not written, probes are answered by `answerProbe`. */
  readonly virtual: boolean;
  machineInfo(): Promise<MachineInfo>;
  /** What is free now, for pressure conditions and statistics. */
  usage(): Promise<MachineUsage>;
  /** The addresses that the node is known by; the first is the primary one. Never empty. */
  addresses(): Promise<readonly string[]>;
  readonly hostname: string;
  /** The machine's own resolver settings, for pods with dnsPolicy Default. */
  resolverConfig(): Promise<ResolverConfig>;
  /** Where its processors and memory are; missing where containers cannot be pinned to them. */
  topology?(): Promise<MachineTopology>;
  /** The users that the machine sets aside for pods (`/etc/subuid` of the user kubelet); undefined where it says nothing of them. Rejects when it contradicts itself. */
  subordinateIds?(): Promise<IdRange | undefined>;
  /** What the machine itself writes to its logs, by the names of folders and a file; undefined where there is nothing. */
  readSystemLog?(names: readonly string[]): Promise<SystemLog | undefined>;
  readonly files: HostFiles;
  readonly devices: HostDevices;
  readonly cgroups: HostCgroups;
  readonly network: HostNetwork;
  /** Present on virtual nodes: answers a probe of any kind. */
  answerProbe?(request: SimulatedProbeRequest): { readonly success: boolean; readonly output: string };
  /** Present on virtual nodes: told of each version of the node's pods, whose annotations may say what they use. */
  observePod?(pod: Pod): void;
}

/** A folder, whose own folders end with a slash, or a file. */
export type SystemLog = { readonly kind: 'folder'; readonly names: readonly string[] } | { readonly kind: 'file'; readonly content: AsyncIterable<Uint8Array> };

export interface MachineInfo {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** GOARCH: amd64, arm64 … */
  readonly architecture: string;
  readonly operatingSystem: string;
  /** Can the kernel enforce AppArmor's profiles? */
  readonly appArmor: boolean;
  /** By the sizes that the kernel has. */
  readonly hugePages: readonly HugePages[];
}

/** So many numbers from the first one on. */
export interface IdRange { readonly first: number; readonly length: number }

export interface MachineUsage {
  readonly memoryAvailableBytes: number;
  readonly memoryWorkingSetBytes: number;
  readonly cpuNanoseconds: number;
  readonly storageAvailableBytes: number;
  readonly storageCapacityBytes: number;
  readonly inodesFree: number;
  readonly inodes: number;
  readonly pidsUsed: number;
  readonly pidsMax: number;
}

export interface ResolverConfig { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] }

export interface TreeFile {
  readonly data: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** Whom the file belongs to; default ourselves. */
  readonly userId?: number;
}

/** How a volume is given to a group (fsGroup and its policy). */
export interface GroupOwnership {
  readonly groupId: number;
  /** Members may read but not write. */
  readonly readOnly: boolean;
  /** Nothing is done where the volume's own directory is as it should be (OnRootMismatch). */
  readonly onlyOnMismatch: boolean;
}

export interface MountRequest {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** `present`: memory was mounted there already. */
export type MemoryMount = 'mounted' | 'present' | 'impossible';

export type PathType = 'missing' | 'directory' | 'file' | 'socket' | 'char-device' | 'block-device' | 'other';

export interface FileSystemUsage {
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly inodesFree: number;
  readonly inodes: number;
  readonly inodesUsed: number;
}

/** Files under the kubelet's root directory and the paths that hostPath volumes name. All reject with Error. */
export interface HostFiles {
  ensureDirectory(path: string, mode?: number): Promise<void>;
  /** Creates the file when it is missing. */
  ensureFile(path: string, mode: number): Promise<void>;
  writeFile(path: string, text: string, mode: number): Promise<void>;
  /** The last bytes of a file, as text; empty when it is missing. */
  readTail(path: string, maxBytes: number): Promise<string>;
  /** A whole file below a directory; rejects when it is larger, no regular file, or when a link leads out of the directory. */
  readInside(directory: string, path: string, maxBytes: number): Promise<string>;
  typeOf(path: string): Promise<PathType>;
  /** Bytes of a file; undefined when it is missing. */
  size(path: string): Promise<number | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** Replaces a file by its compressed form, `.gz`. */
  compress(path: string): Promise<void>;
  /** Names in a directory; empty when it is missing. */
  list(path: string): Promise<readonly string[]>;
  /**
   * Replaces the whole content of a volume at once: readers see the old files or the new ones (`..data` symbolic link).
   * File names are relative and may have slashes. Returns whether anything changed.
   */
  writeTree(directory: string, files: ReadonlyMap<string, TreeFile>, options: { readonly groupId: number | undefined }): Promise<boolean>;
  /** Mounts a memory file system over the directory. */
  mountMemory(directory: string, options: { readonly sizeBytes: number | undefined }): Promise<MemoryMount>;
  /** Mounts a file system over a directory unless one is mounted there. Rejects with what mount(8) says. */
  mount(request: MountRequest): Promise<void>;
  /** Gives the directory and all that is in it to a group, with the set-group-id bit, as fsGroup asks. */
  giveToGroup(directory: string, ownership: GroupOwnership): Promise<void>;
  /** Mounts a part of a volume at `target`; see hosts/linux/sub-path.ts. Rejects with an Error whose `step` is `create` or `prepare`. */
  bindSubPath(request: { readonly volumePath: string; readonly subPath: string; readonly target: string }): Promise<void>;
  /** Bytes on the disk, or in memory, of everything below on the same file system. */
  diskUsage(path: string): Promise<number>;
  /** How full the file system is that a path lies on. */
  fileSystem(path: string): Promise<FileSystemUsage>;
  /** Unmounts whatever is mounted below, then removes the directory. Never crosses a mount that cannot be undone. */
  removeTree(path: string): Promise<void>;
}

/** Where a volume's device is shown: at a place of its own below the kubelet's root, and by a link in the pod's directory. */
export interface DevicePlaces { readonly place: string; readonly link: string }

/** Block devices that are volumes, or that volumes are on. All reject with Error. */
export interface HostDevices {
  /** Shows a device, and keeps it open: it does not go, and no other gets its name. Idempotent. */
  map(device: string, places: DevicePlaces): Promise<void>;
  /** Undoes it; what is not there counts as done. */
  unmap(places: DevicePlaces): Promise<void>;
  /** In bytes. */
  sizeOf(device: string): Promise<number>;
  /** Mounts the file system of a device over a directory unless one is mounted there; makes one first where the device has none. Without a type: ext4. */
  mountFormatted(request: MountRequest): Promise<void>;
}

export interface CgroupUsage {
  readonly cpuNanoseconds?: number;
  readonly userNanoseconds?: number;
  readonly systemNanoseconds?: number;
  /** Times in which it could have been held back, and was; and for how long. */
  readonly periods?: number;
  readonly throttledPeriods?: number;
  readonly throttledNanoseconds?: number;
  readonly memoryBytes?: number;
  readonly workingSetBytes?: number;
  readonly rssBytes?: number;
  readonly cacheBytes?: number;
  readonly swapBytes?: number;
  readonly mappedFileBytes?: number;
  readonly pageFaults?: number;
  readonly majorPageFaults?: number;
  readonly processes?: number;
  /** By device, as `major:minor`. */
  readonly disks: readonly { readonly device: string; readonly readBytes: number; readonly writeBytes: number; readonly reads: number; readonly writes: number }[];
  /** Of the network that its processes are in, without the loop; empty where that is unknown. */
  readonly interfaces: readonly InterfaceUsage[];
}

export interface InterfaceUsage {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
}

export interface HostCgroups {
  /** Makes the top cgroups (kubepods and its QoS levels): all pods together get what the node gives to pods. */
  prepare(root: string, all: { readonly cpuShares: number; readonly memoryBytes: number }): Promise<void>;
  /** What burstable pods weigh together beside guaranteed ones. */
  weighBurstable(root: string, cpuShares: number): Promise<void>;
  /** Makes or updates a pod's cgroup. `pids`: the most processes and threads; undefined for no limit. */
  ensurePod(parent: string, resources: LinuxResources, limits?: { readonly pids?: number }): Promise<void>;
  /**
   * What a container's cgroup has; undefined when it is not there. Where the kernel rounds, it is `expected` that is
   * told as long as it may have been what was asked for.
   */
  readContainer(parent: string, containerId: string, expected: LinuxResources): Promise<LinuxResources | undefined>;
  /** What the processes of a cgroup have used; undefined when there is no such cgroup, and of what the kernel does not count. */
  usage(path: string): Promise<CgroupUsage | undefined>;
  /** Bytes in use; undefined when there is no such cgroup. */
  memoryUsage(path: string): Promise<number | undefined>;
  /** Idempotent. */
  removePod(parent: string): Promise<void>;
  /** The uids of pods that have a cgroup under the root, with its path as `removePod` takes it. */
  listPods(root: string): Promise<readonly { readonly podUid: string; readonly parent: string }[]>;
}

/** Requests to pods, for probes and hooks. Errors' messages are worded as Go's, since probes show them. */
export interface HostNetwork {
  httpGet(request: { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number; readonly path: string; readonly headers: readonly (readonly [string, string])[]; readonly timeoutMs: number }): Promise<{ readonly status: number; readonly body: string; readonly location: string | undefined }>;
  tcpConnect(request: { readonly host: string; readonly port: number; readonly timeoutMs: number }): Promise<void>;
  /** The status name that grpc.health.v1.Health/Check answers: SERVING when well. */
  grpcHealth(request: { readonly host: string; readonly port: number; readonly service: string; readonly timeoutMs: number }): Promise<string>;
}

export type ProbeKind = 'liveness' | 'readiness' | 'startup';

export interface SimulatedProbeRequest {
  readonly kind: ProbeKind;
  readonly pod: Pod;
  readonly container: Container;
  readonly startedAtMs: number;
}
