import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type {
  Container, ContainerConfig, ContainerStats, ContainerStatus, ExecRequest, Image, LinuxResources, LogLine, LogOptions, Mount, PodSandbox, PodSandboxConfig, PodSandboxStatus, ProcessStreams,
  RegistryAuth, Runtime, RuntimeEvent, RuntimeFilter,
} from '../runtime.ts';
import { RuntimeError } from '../runtime.ts';
import { CriClient, criWire, defaultTimeoutMs } from './cri-client.ts';
import { watchEvents } from './events.ts';
import type { EventSource, RawEvent } from './events.ts';
import { GrpcChannel } from '../grpc/channel.ts';
import type { ImageMounter } from './image-mounter.ts';
import { readLogFile } from './log-reader.ts';
import { authRequest, containerRequest, podSandboxRequest, resourcesRequest } from './requests.ts';
import { podUidLabel, podUidOf, toCondition, toContainer, toContainerStats, toContainerStatus, toImage, toPodSandbox, toPodSandboxStatus } from './responses.ts';
import type { StreamDialer } from './stream-dialer.ts';

export interface ContainerdRuntimeOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dialer: StreamDialer;
  /** Sets the pods' network up for the node's range. Without it the network is someone else's. */
  readonly configureNetwork?: (podCidr: string) => Promise<void>;
  /** Whether what that configured has to work soon. Default true. */
  readonly awaitsNetwork?: boolean;
  /** Told of each sandbox's cgroup before it is made. */
  readonly onCgroupParent?: (cgroupParent: string) => void;
  /** For image volumes where containerd has none. Without it they are refused there. */
  readonly imageMounter?: ImageMounter;
}

const maxExecOutputBytes = 16 * 1024 * 1024;
/** Waits between looks at CRI's view after an event, which runs ahead of it by a few milliseconds. */
const settleDelaysMs = [0, 2, 5, 10, 20, 50, 100, 250, 500];

/** Of a list, what belongs to one pod. */
function selecting(filter: RuntimeFilter | undefined): { readonly filter?: { readonly labelSelector: Readonly<Record<string, string>> } } {
  return filter === undefined ? {} : { filter: { labelSelector: { [podUidLabel]: filter.podUid } } };
}
const networkReadyTimeoutMs = 10_000;

/** What we know of an id, so that events of it can be told by pod: containers and sandboxes alike. */
interface Known { readonly podUid: string; readonly sandboxId: string }

/** A kubelet's runtime over containerd's CRI plugin. Owns the connection, not the containerd process. */
export class ContainerdRuntime implements Runtime {
  readonly #channel: GrpcChannel;
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #dialer: StreamDialer;
  readonly #awaitsNetwork: boolean;
  readonly #configureNetwork: ((podCidr: string) => Promise<void>) | undefined;
  readonly #onCgroupParent: ((cgroupParent: string) => void) | undefined;
  readonly #imageMounter: ImageMounter | undefined;
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #stopWatching: (() => void) | undefined;
  #eventSource: EventSource = 'cri';

  constructor(options: ContainerdRuntimeOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#dialer = options.dialer;
    this.#configureNetwork = options.configureNetwork;
    this.#awaitsNetwork = options.awaitsNetwork ?? true;
    this.#onCgroupParent = options.onCgroupParent;
    this.#imageMounter = options.imageMounter;
    this.#channel = new GrpcChannel({ socketPath: options.socketPath, clock: options.clock, loadWire: criWire });
    this.#cri = new CriClient(this.#channel);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stopWatching?.();
    this.#listeners.clear();
    this.#channel.close();
    return Promise.resolve();
  }

  async version(): Promise<{ readonly runtimeName: string; readonly runtimeVersion: string }> {
    const { runtimeName, runtimeVersion } = await this.#cri.call('Version', { version: 'v1' });
    return { runtimeName, runtimeVersion };
  }

  async status(): ReturnType<Runtime['status']> {
    const { status, runtimeHandlers, features } = await this.#cri.call('Status', {});
    return {
      runtimeReady: toCondition(status, 'RuntimeReady'),
      networkReady: toCondition(status, 'NetworkReady'),
      handlers: runtimeHandlers.map(({ name, features: can }) => ({ name, recursiveReadOnlyMounts: can?.recursiveReadOnlyMounts ?? false, userNamespaces: can?.userNamespaces ?? false })),
      supplementalGroupsPolicy: features?.supplementalGroupsPolicy ?? false,
    };
  }

  async updatePodCidr(podCidr: string): Promise<void> {
    if (this.#configureNetwork !== undefined) {
      await this.#configureNetwork(podCidr).catch((error: unknown) => { throw new RuntimeError('unknown', error instanceof Error ? error.message : String(error), { cause: error }); });
    }
    await this.#cri.call('UpdateRuntimeConfig', { runtimeConfig: { networkConfig: { podCidr } } });
    if (this.#configureNetwork === undefined || !this.#awaitsNetwork) return;
    // containerd notices the new CNI configuration by itself, a moment later.
    const deadline = this.#clock.monotonicMs() + networkReadyTimeoutMs;
    for (;;) {
      const { networkReady } = await this.status();
      if (networkReady.status) return;
      if (this.#clock.monotonicMs() >= deadline) throw new RuntimeError('unavailable', `the pod network did not become ready: ${networkReady.message}`);
      await this.#clock.sleep(10);
    }
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    this.#onCgroupParent?.(config.linux.cgroupParent);
    await mkdir(config.logDirectory, { recursive: true, mode: 0o755 });
    const { podSandboxId } = await this.#cri.call('RunPodSandbox', { config: podSandboxRequest(config), runtimeHandler: config.runtimeHandler }, { timeoutMs: 2 * defaultTimeoutMs });
    this.#known.set(podSandboxId, { podUid: config.uid, sandboxId: podSandboxId });
    this.#tellOwn('created', podSandboxId);
    this.#tellOwn('started', podSandboxId);
    return podSandboxId;
  }

  async stopPodSandbox(sandboxId: string): Promise<void> {
    await ignoreNotFound(this.#cri.call('StopPodSandbox', { podSandboxId: sandboxId }));
  }

  async removePodSandbox(sandboxId: string): Promise<void> {
    await ignoreNotFound(this.#cri.call('RemovePodSandbox', { podSandboxId: sandboxId }));
    await this.#imageMounter?.release(sandboxId);
  }

  async podSandboxStatus(sandboxId: string): Promise<PodSandboxStatus | undefined> {
    const answer = await ignoreNotFound(this.#cri.call('PodSandboxStatus', { podSandboxId: sandboxId }));
    return answer?.status ? toPodSandboxStatus(answer.status) : undefined;
  }

  async listPodSandboxes(filter?: RuntimeFilter): Promise<PodSandbox[]> {
    const sandboxes = (await this.#cri.call('ListPodSandbox', selecting(filter))).items.map(toPodSandbox);
    for (const sandbox of sandboxes) this.#known.set(sandbox.id, { podUid: sandbox.uid, sandboxId: sandbox.id });
    return sandboxes;
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig): Promise<string> {
    if (config.logPath !== '') await mkdir(dirname(join(sandboxConfig.logDirectory, config.logPath)), { recursive: true, mode: 0o755 });
    if (config.cdiDevices !== undefined && !(await this.#isSince(1, 7))) throw new RuntimeError('unknown', 'not supported: CDI devices with this version of containerd; 1.7 was the first');
    const mounts = await this.#withImages(sandboxId, config.mounts);
    const { containerId } = await this.#cri.call('CreateContainer', { podSandboxId: sandboxId, config: containerRequest({ ...config, mounts }, sandboxConfig), sandboxConfig: podSandboxRequest(sandboxConfig) });
    this.#known.set(containerId, { podUid: sandboxConfig.uid, sandboxId });
    this.#tellOwn('created', containerId);
    return containerId;
  }

  /** Images are mounted by containerd where it can, else here: then the mount is one of a directory. */
  async #withImages(sandboxId: string, mounts: readonly Mount[]): Promise<readonly Mount[]> {
    if (mounts.every(({ image }) => image === undefined) || (await this.#isSince(2, 1))) return mounts;
    const mounter = this.#imageMounter;
    if (mounter === undefined) throw new RuntimeError('unknown', 'not supported: image volumes with this version of containerd');
    return Promise.all(mounts.map(async ({ image, ...mount }): Promise<Mount> => {
      if (image === undefined) return mount;
      const hostPath = await mounter.mount({ sandboxId, imageRef: image.ref, subPath: image.subPath }).catch((error: unknown) => { throw new RuntimeError('unknown', `failed to mount image volume: ${(error as Error).message}`, { cause: error }); });
      return { ...mount, hostPath };
    }));
  }

  /** containerd does not say what it can do, but its version tells. */
  async #isSince(first: number, second: number): Promise<boolean> {
    const [major = 0, minor = 0] = (await this.version()).runtimeVersion.replace(/^v/, '').split('.').map((part) => Number.parseInt(part, 10));
    return major > first || (major === first && minor >= second);
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#cri.call('StartContainer', { containerId });
    this.#tellOwn('started', containerId);
  }

  async stopContainer(containerId: string, gracePeriodSeconds: number): Promise<void> {
    const timeout = Math.max(0, Math.ceil(gracePeriodSeconds));
    await ignoreNotFound(this.#cri.call('StopContainer', { containerId, timeout }, { timeoutMs: defaultTimeoutMs + timeout * 1000 }));
  }

  async removeContainer(containerId: string): Promise<void> {
    await ignoreNotFound(this.#cri.call('RemoveContainer', { containerId }));
  }

  async updateContainerResources(containerId: string, resources: LinuxResources): Promise<void> {
    await this.#cri.call('UpdateContainerResources', { containerId, linux: resourcesRequest(resources) });
  }

  async listContainers(filter?: RuntimeFilter): Promise<Container[]> {
    const containers = (await this.#cri.call('ListContainers', selecting(filter))).containers.map(toContainer);
    for (const container of containers) this.#known.set(container.id, { podUid: podUidOf(container.labels), sandboxId: container.sandboxId });
    return containers;
  }

  async containerStatus(containerId: string): Promise<ContainerStatus | undefined> {
    const answer = await ignoreNotFound(this.#cri.call('ContainerStatus', { containerId }));
    if (!answer?.status) return undefined;
    return toContainerStatus(answer.status, await this.#sandboxOf(containerId));
  }

  async #sandboxOf(containerId: string): Promise<string> {
    const known = this.#known.get(containerId);
    if (known !== undefined) return known.sandboxId;
    await this.listContainers();
    return this.#known.get(containerId)?.sandboxId ?? '';
  }

  async execSync(containerId: string, command: readonly string[], timeoutMs: number): ReturnType<Runtime['execSync']> {
    // CRI counts whole seconds (0: for ever); the call's own deadline keeps the exact time.
    const timeout = timeoutMs <= 0 ? 0 : Math.ceil(timeoutMs / 1000);
    const answer = await this.#cri.call('ExecSync', { containerId, cmd: command, timeout }, { timeoutMs: timeoutMs <= 0 ? 2 ** 31 - 1 : timeoutMs });
    return { stdout: answer.stdout.subarray(0, maxExecOutputBytes), stderr: answer.stderr.subarray(0, maxExecOutputBytes), exitCode: answer.exitCode };
  }

  async exec(containerId: string, request: ExecRequest): Promise<ProcessStreams> {
    const { command, ...streams } = request;
    const { url } = await this.#cri.call('Exec', { containerId, cmd: command, ...streams });
    return this.#dialer.dialRemoteCommand(url, streams);
  }

  async attach(containerId: string, request: Omit<ExecRequest, 'command'>): Promise<ProcessStreams> {
    const { url } = await this.#cri.call('Attach', { containerId, ...request });
    return this.#dialer.dialRemoteCommand(url, request);
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    const { url } = await this.#cri.call('PortForward', { podSandboxId: sandboxId, port: [port] });
    return this.#dialer.dialPortForward(url, port);
  }

  async *readLog(containerId: string, options: LogOptions): AsyncGenerator<LogLine, void, undefined> {
    const status = await this.containerStatus(containerId);
    if (status === undefined) throw new RuntimeError('not-found', `container ${JSON.stringify(containerId)} not found`);
    yield* readLogFile({
      path: status.logPath,
      clock: this.#clock,
      isRunning: async () => {
        const now = await this.containerStatus(containerId);
        return now !== undefined && (now.state === 'running' || now.state === 'created');
      },
      onStopped: (callback) => this.onEvent((event) => {
        if (event.containerId === containerId && (event.type === 'stopped' || event.type === 'deleted')) callback();
      }),
    }, options);
  }

  async reopenLog(containerId: string): Promise<void> {
    await this.#cri.call('ReopenContainerLog', { containerId });
  }

  async listImages(): Promise<Image[]> {
    return (await this.#cri.call('ListImages', {})).images.map(toImage);
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    const answer = await ignoreNotFound(this.#cri.call('ImageStatus', { image: { image } }));
    return answer?.image ? toImage(answer.image) : undefined;
  }

  async pullImage(image: string, auth?: RegistryAuth): Promise<string> {
    try {
      // No deadline: containerd itself gives up when a pull makes no progress.
      const answer = await this.#cri.call('PullImage', { image: { image }, ...(auth !== undefined && { auth: authRequest(auth) }) }, { timeoutMs: 2 ** 31 - 1 });
      return answer.imageRef;
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'unavailable') throw error;
      throw new RuntimeError('image-pull', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  async removeImage(image: string): Promise<void> {
    await ignoreNotFound(this.#cri.call('RemoveImage', { image: { image } }));
  }

  async imageFsInfo(): ReturnType<Runtime['imageFsInfo']> {
    const filesystem = (await this.#cri.call('ImageFsInfo', {})).imageFilesystems[0];
    return { mountpoint: filesystem?.fsId?.mountpoint ?? '', usedBytes: filesystem?.usedBytes?.value ?? 0, inodesUsed: filesystem?.inodesUsed?.value ?? 0 };
  }

  async containerStats(): Promise<ContainerStats[]> {
    const { stats } = await this.#cri.call('ListContainerStats', {});
    return Promise.all(stats.map(async (one) => toContainerStats(one, await this.#sandboxOf(one.attributes?.id ?? ''))));
  }

  get tellsEvents(): boolean {
    return this.#eventSource !== 'none';
  }

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    // One wrapper a registration, so that a function given twice is called twice and undone once.
    const own = (event: RuntimeEvent): void => listener(event);
    this.#listeners.add(own);
    this.#stopWatching ??= watchEvents({
      channel: this.#channel, clock: this.#clock, logger: this.#logger,
      onEvent: (event) => {
        // Of a sandbox that is gone it does not say whose it was.
        const podUid = event.podUid === '' ? this.#known.get(event.containerId)?.podUid : event.podUid;
        if (podUid !== undefined) for (const told of this.#listeners) told({ ...event, podUid });
      },
      onRawEvent: (event) => { this.#settle(event).catch(() => {}); },
      onSource: (source) => { this.#eventSource = source; },
    });
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    };
  }

  /** What was made here, where the runtime's own stream does not tell it. */
  #tellOwn(type: 'created' | 'started', containerId: string): void {
    const podUid = this.#known.get(containerId)?.podUid;
    if (this.#eventSource !== 'containerd' || podUid === undefined) return;
    for (const listener of this.#listeners) listener({ type, containerId, podUid });
  }

  /** Waits until CRI tells the same as the event did, then passes it on: who asks CRI upon an event must not see the past. */
  async #settle(event: RawEvent): Promise<void> {
    for (const delayMs of settleDelaysMs) {
      if (delayMs > 0) await this.#clock.sleep(delayMs);
      if (await this.#seen(event)) break;
    }
    const known = this.#known.get(event.containerId);
    if (event.type === 'deleted') this.#known.delete(event.containerId);
    if (known === undefined) return;
    for (const listener of this.#listeners) listener({ ...event, podUid: known.podUid });
  }

  async #seen(event: RawEvent): Promise<boolean> {
    const known = this.#known.get(event.containerId);
    const isSandbox = known?.sandboxId === event.containerId;
    const container = isSandbox ? undefined : await ignoreNotFound(this.#cri.call('ContainerStatus', { containerId: event.containerId }));
    const sandbox = container === undefined && (known === undefined || isSandbox) ? await ignoreNotFound(this.#cri.call('PodSandboxStatus', { podSandboxId: event.containerId })) : undefined;
    const state = container?.status?.state;
    const sandboxState = sandbox?.status?.state;
    if (container?.status && !this.#known.has(event.containerId)) await this.#sandboxOf(event.containerId);
    if (sandbox?.status) this.#known.set(event.containerId, { podUid: sandbox.status.metadata?.uid ?? '', sandboxId: event.containerId });
    switch (event.type) {
      case 'created':
      case 'started': return state !== undefined || sandboxState !== undefined;
      case 'stopped': return state === 'CONTAINER_EXITED' || sandboxState === 'SANDBOX_NOTREADY' || (state === undefined && sandboxState === undefined);
      case 'deleted': return state === undefined && sandboxState === undefined;
    }
  }
}

async function ignoreNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'not-found') return undefined;
    throw error;
  }
}
