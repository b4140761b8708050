import type { ConfigMap, Pod, Secret, Service } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { Runtime, RuntimeHandler } from '../runtime/runtime.ts';
import type { BackOff } from './back-off.ts';
import type { DnsSettings } from './dns/pod-dns.ts';
import type { DynamicResources } from './dynamic-resources/dynamic-resources.ts';
import type { PodFacts } from './environment/references.ts';
import type { Host, MachineInfo } from './host.ts';
import type { ImageManager } from './images/image-manager.ts';
import type { MetricsSink } from './metrics/kubelet-metrics.ts';
import type { PodDirectories } from './pod-directories.ts';
import type { PodEvents } from './pod-events.ts';
import type { ProbeManager } from './probes/probe-manager.ts';
import type { ResourceManagers } from './resource-managers/resource-managers.ts';
import type { QosCgroups } from './resources/qos-cgroups.ts';
import type { DevicesOfContainer } from './status/allocated-resources.ts';
import type { StatusManager } from './status/status-manager.ts';
import type { UserNamespaces } from './user-namespaces/user-namespaces.ts';
import type { VolumeManager } from './volumes/volume-manager.ts';

/** What the parts of one kubelet share. */
export interface KubeletContext {
  readonly nodeName: string;
  readonly client: Client;
  readonly runtime: Runtime;
  /** `containerd`, `simulated`: the scheme of container ids in the API. */
  readonly runtimeName: string;
  readonly host: Host;
  readonly machine: MachineInfo;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: PodEvents;
  readonly metrics: MetricsSink;
  readonly directories: PodDirectories;
  readonly dns: DnsSettings;
  /** Parent of `kubepods`; empty for the top. */
  readonly cgroupRoot: string;
  readonly images: ImageManager;
  readonly volumes: VolumeManager;
  readonly probes: ProbeManager;
  readonly statuses: StatusManager;
  readonly crashBackOff: BackOff;
  readonly qosCgroups: QosCgroups;
  /** The most processes and threads of one pod; undefined for no limit. */
  readonly podPidsLimit: number | undefined;
  /** Whether what the machine writes to its logs is shown. */
  readonly systemLogs: boolean;
  /** Profile of containers that name none. */
  readonly seccompDefault: boolean;
  /** Who gives parts of the machine to containers. */
  readonly resourceManagers: ResourceManagers;
  /** Who has claims prepared; undefined where no driver can register: there claims need nothing. */
  readonly dynamicResources: DynamicResources | undefined;
  /** Who knows which devices containers have; nobody on machines without. */
  readonly devicesOfContainers: readonly DevicesOfContainer[];
  /** Who gives pods users of their own. */
  readonly users: UserNamespaces;
  hostIps(): readonly string[];
  facts(podIps: readonly string[]): PodFacts;
  configMap(pod: Pod, name: string): Promise<ConfigMap | undefined>;
  secret(pod: Pod, name: string): Promise<Secret | undefined>;
  services(namespace: string): readonly Service[];
  /** Resolves when services are known: containers need them in their environment. */
  servicesSynced(): Promise<void>;
  /** Why pods with a network of their own cannot start yet; undefined when they can. */
  networkProblem(): string | undefined;
  /** Can the runtime make mounts read-only with all that is mounted below, as far as it has been asked? Of the handler without a name. */
  mountsRecursively(): boolean;
  /** What the runtime says that its handlers can do; empty where it does not say. */
  runtimeHandlers(): readonly RuntimeHandler[];
  /** The handler that the pod's runtime class names; empty for the runtime's default. Rejects when there is no such class. */
  runtimeHandler(pod: Pod): Promise<string>;
  /** Undefined when the pod may run here; else why not. */
  admit(pod: Pod): { readonly reason: string; readonly message: string } | undefined;
  /** Asks the API for the node: what is known of it may be old. Virtual nodes do not watch theirs. */
  refreshNode(): Promise<void>;
  /** Forgets all that is kept by the pod's uid. */
  release(podUid: string): void;
}
