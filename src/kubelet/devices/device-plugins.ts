import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { HostFiles } from '../host.ts';
import type { DynamicResources } from '../dynamic-resources/dynamic-resources.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { PodWorkers } from '../pods/pod-workers.ts';
import type { MachineManagers } from '../resource-managers/machine-managers.ts';
import { DeviceEndpoints } from './device-endpoints.ts';
import { DeviceManager } from './device-manager.ts';
import type { PodResourcesSource } from './pod-resources.ts';
import { servePodResources } from './pod-resources.ts';

/** Where device plugins and those who watch them meet the kubelet. */
export interface DevicePluginSockets {
  /** `kubelet.sock` is made in it, and plugins put theirs there. */
  readonly directory: string;
  /** Where `kubelet.sock` of the pod resources API is made. */
  readonly podResourcesDirectory: string;
  /** Of the connections: real, whatever the cluster's own time is. */
  readonly clock: Clock;
}

export interface DevicePluginsOptions {
  readonly sockets: DevicePluginSockets;
  readonly files: HostFiles;
  readonly logger: Logger;
  readonly metrics: MetricsSink;
  readonly workers: PodWorkers;
  readonly onChange: () => void;
  /** Who gives processors and memory, which are told of beside the devices. */
  readonly machine: () => MachineManagers;
  /** Whose devices are told of, too. */
  readonly dynamicResources: DynamicResources | undefined;
}

/** Device plugins of one kubelet: who gives the devices, and the sockets. */
export class DevicePlugins implements AsyncDisposable {
  readonly manager: DeviceManager;
  readonly #options: DevicePluginsOptions;
  readonly #servers: AsyncDisposable[] = [];
  #endpoints: DeviceEndpoints | undefined;

  constructor(options: DevicePluginsOptions) {
    this.#options = options;
    this.manager = new DeviceManager({
      now: () => options.sockets.clock.now(),
      endpoint: (resource) => this.#endpoints?.get(resource),
      onChange: options.onChange,
      onHealth: (podUid) => options.workers.wake(podUid),
      onAllocated: (resource, seconds) => options.metrics.observe('kubelet_device_plugin_alloc_duration_seconds', seconds, resource),
    });
  }

  /** Resolves when plugins can register; a socket that cannot be had is told of, and the kubelet does without. */
  async start(): Promise<void> {
    const { sockets: { directory, podResourcesDirectory, clock }, files, logger, metrics } = this.#options;
    const attempt = (what: string, folder: string, serve: () => Promise<AsyncDisposable>): Promise<void> => this.#empty(files, folder).then(serve).then((server) => void this.#servers.push(server), (error: unknown) => logger.warn(`${what} cannot be served`, { folder, error }));
    await attempt('registration of device plugins', directory, async () => {
      this.#endpoints = await DeviceEndpoints.start({
        directory, clock, logger,
        onDevices: (resource, devices) => this.manager.update(resource, devices),
        onRegistered: (resource) => metrics.count('kubelet_device_plugin_registration_total', resource),
        onGone: (resource) => this.manager.lose(resource),
      });
      return this.#endpoints;
    });
    await attempt('the pod resources API', podResourcesDirectory, () => servePodResources(`${podResourcesDirectory}/kubelet.sock`, this.#source()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
  }

  /** Sockets of before answer nobody; plugins that see theirs go register again. */
  async #empty(files: HostFiles, folder: string): Promise<void> {
    await files.ensureDirectory(folder, 0o750);
    for (const name of await files.list(folder)) await files.removeTree(`${folder}/${name}`);
  }

  #source(): PodResourcesSource {
    const { workers, machine, dynamicResources } = this.#options;
    return {
      pods: () => [...workers].filter(({ isAdmitted }) => isAdmitted).map(({ pod }) => pod),
      findPod: (namespace, name) => workers.find(namespace, name)?.pod,
      devicesOf: (podUid, container) => this.manager.devicesOf(podUid, container),
      devices: () => this.manager.devices(),
      claimsOf: (pod, container) => dynamicResources?.claimsOf(pod, container) ?? [],
      cpusOf: (podUid, container) => machine().cpus?.cpusOf(podUid, container) ?? [],
      allocatableCpus: () => machine().cpus?.allocatableCpus() ?? [],
      memoryOf: (podUid, container) => machine().memory?.memoryOf(podUid, container) ?? [],
      allocatableMemory: () => machine().memory?.allocatableMemory() ?? [],
    };
  }
}
