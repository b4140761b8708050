import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * What a kubelet drives, shaped like CRI v1 (RuntimeService and ImageService). Implementations: containerd/ (gRPC) and
 * simulated/ (in process). Times are milliseconds since the epoch, 0 where not yet. All calls reject with RuntimeError.
 */
export interface Runtime extends AsyncDisposable {
  version(): Promise<{ readonly runtimeName: string; readonly runtimeVersion: string }>;
  status(): Promise<RuntimeStatus>;
  /** Tells the runtime the node's pod range; the network becomes ready after it. */
  updatePodCidr(podCidr: string): Promise<void>;

  /** Creates and starts a sandbox with its network; returns its id. On error nothing is left behind. */
  runPodSandbox(config: PodSandboxConfig): Promise<string>;
  /** Idempotent: stops all containers in it, tears its network down. */
  stopPodSandbox(sandboxId: string): Promise<void>;
  removePodSandbox(sandboxId: string): Promise<void>;
  /** Undefined when there is none. */
  podSandboxStatus(sandboxId: string): Promise<PodSandboxStatus | undefined>;
  /** The filter is what the caller needs; an implementation may answer with more. */
  listPodSandboxes(filter?: RuntimeFilter): Promise<PodSandbox[]>;

  createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig): Promise<string>;
  startContainer(containerId: string): Promise<void>;
  /** SIGTERM (or the image's stop signal), SIGKILL after the grace period. Resolves when it has exited. Idempotent. */
  stopContainer(containerId: string, gracePeriodSeconds: number): Promise<void>;
  removeContainer(containerId: string): Promise<void>;
  /** Changes the limits of a container that runs. What it has from then on, `containerStatus` tells where the runtime knows. */
  updateContainerResources(containerId: string, resources: LinuxResources): Promise<void>;
  /** The filter is what the caller needs; an implementation may answer with more. */
  listContainers(filter?: RuntimeFilter): Promise<Container[]>;
  /** Undefined when there is none. */
  containerStatus(containerId: string): Promise<ContainerStatus | undefined>;

  /** Runs a command to its end. Output is cut at 16 MiB. Rejects with code 'deadline-exceeded' on time-out. */
  execSync(containerId: string, command: readonly string[], timeoutMs: number): Promise<{ readonly stdout: Uint8Array; readonly stderr: Uint8Array; readonly exitCode: number }>;
  exec(containerId: string, request: ExecRequest): Promise<ProcessStreams>;
  attach(containerId: string, request: Omit<ExecRequest, 'command'>): Promise<ProcessStreams>;
  /** A byte stream to a TCP port inside the pod's network namespace. */
  portForward(sandboxId: string, port: number): Promise<Duplex>;
  /** The container's log. `follow` keeps the stream open until the container has exited and all is read, or the signal aborts. */
  readLog(containerId: string, options: LogOptions): AsyncIterable<LogLine>;

  /** The container's log was moved away: what it writes from now on goes to a new file of the old name. */
  reopenLog(containerId: string): Promise<void>;

  listImages(): Promise<Image[]>;
  /** By name, tag, digest or id. Undefined when it is not in the store. */
  imageStatus(image: string): Promise<Image | undefined>;
  /** Returns the reference that containers are made from (an image id or digest). */
  pullImage(image: string, auth?: RegistryAuth): Promise<string>;
  removeImage(image: string): Promise<void>;
  imageFsInfo(): Promise<{ readonly mountpoint: string; readonly usedBytes: number; readonly inodesUsed: number }>;

  containerStats(): Promise<ContainerStats[]>;
  /**
   * Changes as they happen, so that the kubelet need not poll fast. May lose events: the kubelet relists from time to
   * time whatever this says. Returns its undo.
   */
  onEvent(listener: (event: RuntimeEvent) => void): () => void;
  /** False where the runtime has no events to tell: then whoever wants to know must ask often. Default true. */
  readonly tellsEvents?: boolean;
}

/** Narrows a list to one pod: sandboxes by their uid, containers by the label `io.kubernetes.pod.uid`. */
export interface RuntimeFilter { readonly podUid: string }

export type RuntimeErrorCode = 'not-found' | 'already-exists' | 'invalid-argument' | 'deadline-exceeded' | 'unavailable' | 'image-pull' | 'unknown';

export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  constructor(code: RuntimeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RuntimeError';
    this.code = code;
  }
}

export interface RuntimeStatus {
  readonly runtimeReady: Condition;
  readonly networkReady: Condition;
  /** What it can do by the name of a runtime class's handler; `''` for the default one. Empty where it does not say. */
  readonly handlers: readonly RuntimeHandler[];
  /** Does it keep groups of the image apart from those that a pod asks for (`supplementalGroupsPolicy: Strict`)? */
  readonly supplementalGroupsPolicy: boolean;
}

export interface RuntimeHandler { readonly name: string; readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean }

export interface Condition { readonly status: boolean; readonly reason: string; readonly message: string }

export interface PodSandboxConfig {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  /** Counts recreations of the sandbox, from 0. */
  readonly attempt: number;
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dns: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] } | undefined;
  readonly portMappings: readonly { readonly protocol: 'TCP' | 'UDP' | 'SCTP'; readonly containerPort: number; readonly hostPort: number; readonly hostIp: string }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: {
    readonly cgroupParent: string;
    readonly hostNetwork: boolean;
    readonly hostPid: boolean;
    readonly hostIpc: boolean;
    readonly shareProcessNamespace: boolean;
    /** Users and groups of its own; undefined: those of the machine. Mounts show their files as if they were theirs. */
    readonly users?: IdMapping;
    readonly sysctls: Readonly<Record<string, string>>;
    readonly securityContext: SecurityContext;
    /** Sum of the pod's containers, for the sandbox's cgroup; undefined where unset. */
    readonly resources: LinuxResources | undefined;
  };
  readonly runtimeHandler: string;
}

/** So many users, and groups, from `containerId` on are those of the machine from `hostId` on. */
export interface IdMapping { readonly containerId: number; readonly hostId: number; readonly length: number }

export interface PodSandbox {
  readonly id: string;
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PodSandboxStatus extends PodSandbox {
  /** First is the primary; empty with host networking or before the network is up. */
  readonly ips: readonly string[];
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsUserName?: string;
  readonly supplementalGroups: readonly number[];
  /** Strict: the groups that the image gives the user do not count. Default: they do. */
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict';
  readonly privileged: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly noNewPrivileges: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly seccomp: { readonly type: 'RuntimeDefault' | 'Unconfined' } | { readonly type: 'Localhost'; readonly path: string };
  readonly appArmor?: SecurityContext['seccomp'];
  /** Default masked paths are applied unless true (procMount: Unmasked, or privileged). */
  readonly unmaskedProc: boolean;
}

export interface LinuxResources {
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpuShares: number;
  readonly memoryLimitBytes: number;
  readonly oomScoreAdj: number;
  /** Processors and memory nodes, as cgroups write them: `0-3,7`. Undefined: those of the pod's cgroup. */
  readonly cpus?: string;
  readonly memoryNodes?: string;
  /** By the kernel's name of the page's size, such as `2MB`. */
  readonly hugePageLimits?: readonly { readonly pageSize: string; readonly bytes: number }[];
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readOnly: boolean;
  readonly propagation: 'private' | 'host-to-container' | 'bidirectional';
  /** With `readOnly`: also what is mounted below. Only where the handler's status says so. */
  readonly recursiveReadOnly?: boolean;
  /** Shows the files of an image, read-only, instead of `hostPath`; a part of them where `subPath` is not empty. */
  readonly image?: { readonly ref: string; readonly subPath: string };
}

export interface ContainerConfig {
  readonly name: string;
  /** Restart count of this container. */
  readonly attempt: number;
  /** What pullImage or imageStatus gave. */
  readonly imageRef: string;
  /** The name as the user wrote it. */
  readonly image: string;
  /** Undefined: the image's entry point. */
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly { readonly hostPath: string; readonly containerPath: string; readonly permissions: string }[];
  /** Devices that CDI files on the machine describe, by qualified name: `vendor.com/class=name`. Default: none. */
  readonly cdiDevices?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's logDirectory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly linux: {
    readonly resources: LinuxResources;
    readonly securityContext: SecurityContext;
    /** Shares the process namespace of this container of the same sandbox, for debugging. */
    readonly targetContainerId?: string;
  };
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ContainerStatus extends Container {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** Completed, Error, OOMKilled, ContainerCannotRun … as the runtime says. */
  readonly reason: string;
  readonly message: string;
  readonly imageId: string;
  readonly logPath: string;
  /** What its cgroup has; undefined where the runtime does not tell. */
  readonly resources?: LinuxResources;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A process whose streams are attached. Destroying the streams ends the session. */
export interface ProcessStreams {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  /** Undefined with a tty. */
  readonly stderr: Readable | undefined;
  resize(width: number, height: number): void;
  /** Resolves when the process has exited and its output has been read. Rejects with RuntimeError. */
  readonly exit: Promise<{ readonly exitCode: number }>;
  close(): void;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Lines from the end; undefined: all. */
  readonly tailLines?: number;
  /** Only lines written at or after this moment. */
  readonly sinceMs?: number;
  readonly signal: AbortSignal;
}

export interface LogLine {
  /** RFC 3339 with nanoseconds, as the runtime wrote it. */
  readonly timestamp: string;
  readonly stream: 'stdout' | 'stderr';
  /** Without the timestamp; ends with a newline unless the container wrote a partial line. */
  readonly content: Uint8Array;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** The user that the image runs as, by number or name; for runAsNonRoot. */
  readonly uid: number | undefined;
  readonly username: string;
  readonly pinned: boolean;
}

export interface RegistryAuth { readonly username: string; readonly password: string; readonly serverAddress: string; readonly identityToken: string; readonly registryToken: string }

export interface ContainerStats {
  readonly containerId: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly cpuUsageCoreNanoseconds: number;
  readonly memoryWorkingSetBytes: number;
  readonly rootfsUsedBytes: number;
}

export interface RuntimeEvent { readonly type: 'created' | 'started' | 'stopped' | 'deleted'; readonly containerId: string; readonly podUid: string }
