import type { Service, Taint } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { DevicePluginSockets } from './devices/device-plugins.ts';
import type { NodeReserve } from './eviction/settings.ts';
import type { Host } from './host.ts';
import type { ImageCollection } from './images/image-collector.ts';
import type { LogRotationLimits } from './logs/log-rotation.ts';
import type { PluginWatcherOptions } from './plugins/plugin-watcher.ts';
import type { ManagerSettings } from './resource-managers/settings.ts';
import type { ShutdownGrace } from './shutdown/shutdown-groups.ts';
import type { StaticPodFiles } from './static-pods/static-pod-files.ts';
import type { MachineTopology } from './topology/machine-topology.ts';

/** Services for environment variables. Kubelets in one process share one. */
export interface ServiceSource {
  list(namespace: string): readonly Service[];
  synced(): Promise<void>;
}

/** As upstream's `maxPods`. */
export const defaultMaxPods = 110;

export interface KubeletOptions {
  readonly nodeName: string;
  readonly client: Client;
  readonly runtime: Runtime;
  readonly host: Host;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Everything that the kubelet keeps lies under here. */
  readonly rootDir: string;
  /** Where containers' logs go: a directory a pod. Default: `pod-logs` under the root. */
  readonly podLogsDir?: string;
  readonly clusterDns?: readonly string[];
  /** Default `cluster.local`. */
  readonly clusterDomain?: string;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly Taint[];
  /** Instead of what the machine has: `{ cpu: '8', memory: '32Gi' }`. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** Default 110. */
  readonly maxPods?: number;
  /** How many users pods with `hostUsers: false` have of their own: a multiple of 65536, the default. */
  readonly userIdsPerPod?: number;
  /** What the node keeps for itself, and when it evicts for it. Default: upstream's thresholds, no reserves. */
  readonly reserve?: NodeReserve;
  /** When images are removed. Default: upstream's, from 85 % to 80 % of the disk. */
  readonly imageCollection?: ImageCollection;
  /** Default: 10 MiB, five files. */
  readonly containerLogs?: LogRotationLimits;
  /** As kubelet configuration's `podPidsLimit`: the most processes and threads of one pod. Default: no limit. */
  readonly podPidsLimit?: number;
  /** How many images are pulled at once. Default 5. */
  readonly maxParallelImagePulls?: number;
  /** As kubelet configuration's `crashLoopBackOff.maxContainerRestartPeriod`. Default five minutes. */
  readonly maxRestartDelayMs?: number;
  /** As kubelet configuration's `enableSystemLogHandler`: what the machine writes to its logs is shown under `/logs`. Default true. */
  readonly systemLogs?: boolean;
  /** As kubelet configuration's `seccompDefault`: containers that name no profile get the runtime's. Default false. */
  readonly seccompDefault?: boolean;
  /** Beside the safe ones: names, or prefixes that end in `*`. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** Instead of the machine's. The first is the primary one. */
  readonly addresses?: readonly string[];
  /** The pod range, when it does not come from the node's spec. */
  readonly podCidr?: string;
  /** Where this kubelet's API is served (see server/), as the node's status says it. Absent: nowhere. */
  readonly servingPort?: number;
  /** Reported as the kubelet's version. Default `v1.36.0`. */
  readonly version?: string;
  /** Parent of `kubepods`, with a leading slash; default the top. */
  readonly cgroupRoot?: string;
  /** Pods that this node runs whatever the API says (KubeletConfiguration's `staticPodPath`). */
  readonly staticPods?: StaticPodFiles;
  /** As kubelet configuration's `fileCheckFrequency`. Default 20 s; changes that the files tell of are seen at once. */
  readonly fileCheckFrequencyMs?: number;
  /** Where device plugins register. Default: nowhere on virtual machines, else below the root. */
  readonly devicePlugins?: DevicePluginSockets;
  /** Where plugins register that drive volumes. Default: nowhere on virtual machines, else below the root. */
  readonly plugins?: Pick<PluginWatcherOptions, 'directory' | 'clock' | 'files'>;
  /** Who has which part of the machine. Default: all containers share all of it. */
  readonly managers?: ManagerSettings;
  /** Instead of the machine's own: where processors and memory are. */
  readonly machineTopology?: MachineTopology;
  /** What pods get when the node is shut down; see `Kubelet.shutDownNode`. Default: nothing, they are left running. */
  readonly shutdownGrace?: ShutdownGrace;
  /** Default: an informer of its own. */
  readonly services?: ServiceSource;
  /** How often the runtime is listed in case it lost an event. Default 10 s on real nodes, 1 s where the runtime tells none; virtual nodes never do. */
  readonly relistMs?: number;
  /** As kubelet configuration's `nodeLeaseDurationSeconds`: the lease is renewed four times in it. Default 40. */
  readonly nodeLeaseDurationSeconds?: number;
  /** Of simulated nodes: how far ahead their lease says that they live. Whoever lets one die takes it back (see take-promise-back.ts). Default 0. */
  readonly foresightMs?: number;
  /** As kubelet configuration's `nodeStatusUpdateFrequency`. Default 10 s. */
  readonly nodeStatusUpdateFrequencyMs?: number;
  /** Somebody calls `observe` with each version of the node, so that it is not watched: thousands would watch one each. Default false. */
  readonly isToldOfNode?: boolean;
  /** Without events of the node's start, of which thousands would say the same. Default false. */
  readonly startsQuietly?: boolean;
}
