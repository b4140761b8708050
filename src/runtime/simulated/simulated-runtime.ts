import type { Duplex, Readable, Writable } from 'node:stream';
import { PassThrough } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type {
  Container, ContainerConfig, ContainerStats, ContainerStatus, ExecRequest, Image, LinuxResources, LogLine, LogOptions, PodSandbox,
  PodSandboxConfig, PodSandboxStatus, ProcessStreams, RegistryAuth, Runtime, RuntimeEvent, RuntimeFilter, RuntimeHandler,
} from '../runtime.ts';
import { RuntimeError } from '../runtime.ts';
import { behaviourOf, containerTypeAnnotation, usageOf } from './behaviour.ts';
import { runBuiltin } from './builtins.ts';
import { IpPool } from './ip-pool.ts';
import { LogBuffer } from './log-buffer.ts';
import type { SimulatedContainer, SimulatedRuntimeState, SimulatedSandbox } from './state.ts';
import { copyState } from './state.ts';

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Added to every container's own start delay. Default 0. */
  readonly startDelayMs?: number;
  /** How long pulling an image takes. Default 0. */
  readonly pullDelayMs?: number;
  /** Images that are in the store from the start; `all` (the default): whatever is asked for. */
  readonly images?: 'all' | readonly string[];
  /** What it says that its handlers can do. Default: nothing. */
  readonly handlers?: readonly RuntimeHandler[];
  /** Kept of each container's log. Default 64 KiB. */
  readonly logLimitBytes?: number;
  /** What another runtime held (see `capture`): containers run on from there. */
  readonly state?: SimulatedRuntimeState;
}

/** What is there of one pod. */
interface OfPod { readonly sandboxes: SimulatedSandbox[]; readonly containers: SimulatedContainer[] }

/** Containers that exist in memory alone, on the given clock. What they do is told by annotations: see behaviour.ts. */
export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #sandboxes = new Map<string, SimulatedSandbox>();
  readonly #containers = new Map<string, SimulatedContainer>();
  /** By the pod's uid: every step of a pod asks for its own. */
  readonly #pods = new Map<string, OfPod>();
  readonly #images = new Map<string, Image>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  /** One for each range; none before the node has any. */
  #pools: readonly IpPool[] = [];
  #podCidr = '';
  /** Of pods whose annotations have changed since they were started. */
  readonly #annotations = new Map<string, Readonly<Record<string, string>>>();
  #endedCpuNanoseconds = 0;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
    if (Array.isArray(options.images)) for (const image of options.images as readonly string[]) this.#addImage(image);
    if (options.state !== undefined) this.#resume(options.state);
  }

  /** What the runtime holds now, for another that goes on from here. */
  capture(): SimulatedRuntimeState {
    return copyState({ sandboxes: this.#sandboxes, containers: this.#containers, images: this.#images, pools: this.#pools, podCidr: this.#podCidr });
  }

  #resume(state: SimulatedRuntimeState): void {
    const { sandboxes, containers, images, pools, podCidr } = copyState(state);
    for (const sandbox of sandboxes.values()) this.#addSandbox(sandbox);
    for (const image of images.values()) for (const tag of image.repoTags) this.#images.set(tag, image);
    this.#pools = pools;
    this.#podCidr = podCidr;
    for (const container of containers.values()) {
      this.#addContainer(container);
      if (container.state === 'running') this.#exitLater(container);
    }
  }

  async version(): Promise<{ readonly runtimeName: string; readonly runtimeVersion: string }> {
    return { runtimeName: 'simulated', runtimeVersion: '1.0.0' };
  }

  async status(): Promise<Awaited<ReturnType<Runtime['status']>>> {
    const ready = { status: true, reason: '', message: '' };
    const noNetwork = { status: false, reason: 'NetworkPluginNotReady', message: 'Network plugin returns error: no pod range yet' };
    return { runtimeReady: ready, networkReady: this.#pools.length === 0 ? noNetwork : ready, handlers: this.#options.handlers ?? [], supplementalGroupsPolicy: true };
  }

  async updatePodCidr(podCidr: string): Promise<void> {
    if (podCidr === this.#podCidr) return;
    this.#pools = podCidr.split(',').map((range) => new IpPool(range));
    this.#podCidr = podCidr;
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const { hostNetwork } = config.linux;
    if (!hostNetwork && this.#pools.length === 0) throw new RuntimeError('unavailable', 'failed to setup network for sandbox: no pod range yet');
    const ips = hostNetwork ? [] : this.#pools.map((pool) => pool.take());
    const sandbox: SimulatedSandbox = { id: this.#newId(), config, createdAtMs: this.#options.clock.now(), ips, ready: true };
    this.#addSandbox(sandbox);
    return sandbox.id;
  }

  async stopPodSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (sandbox === undefined || !sandbox.ready) return;
    for (const container of this.#containersOf(sandbox)) this.#kill(container, 137, 'Error');
    sandbox.ready = false;
    for (const [index, ip] of sandbox.ips.entries()) this.#pools[index]?.release(ip);
    this.#emit('stopped', sandbox.id, sandbox);
  }

  async removePodSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (sandbox === undefined) return;
    await this.stopPodSandbox(sandboxId);
    for (const container of this.#containersOf(sandbox)) await this.removeContainer(container.id);
    this.#sandboxes.delete(sandboxId);
    const { uid } = sandbox.config;
    const sandboxes = this.#pods.get(uid)?.sandboxes ?? [];
    removeFrom(sandboxes, sandbox);
    if (sandboxes.length === 0) this.#pods.delete(uid);
    this.#annotations.delete(uid);
  }

  async podSandboxStatus(sandboxId: string): Promise<PodSandboxStatus | undefined> {
    const sandbox = this.#sandboxes.get(sandboxId);
    return sandbox && { ...sandboxView(sandbox), ips: sandbox.ready ? sandbox.ips : [] };
  }

  async listPodSandboxes(filter?: RuntimeFilter): Promise<PodSandbox[]> {
    return (filter === undefined ? [...this.#sandboxes.values()] : this.#pods.get(filter.podUid)?.sandboxes ?? []).map(sandboxView);
  }

  /** What a container was asked to be; undefined when there is none. */
  configOf(containerId: string): ContainerConfig | undefined {
    return this.#containers.get(containerId)?.config;
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (sandbox === undefined) throw new RuntimeError('not-found', `sandbox ${JSON.stringify(sandboxId)} not found`);
    const container: SimulatedContainer = {
      id: this.#newId(),
      sandbox,
      config,
      resources: config.linux.resources,
      behaviour: behaviourOf(sandbox.config.annotations, config.name, { type: config.annotations[containerTypeAnnotation], attempt: config.attempt, chance: () => this.#options.random.float() }),
      usage: usageOf(this.#annotations.get(sandbox.config.uid) ?? sandbox.config.annotations, config.name),
      cpuNanoseconds: 0,
      countedToMs: 0,
      createdAtMs: this.#options.clock.now(),
      log: new LogBuffer(this.#options.logLimitBytes ?? 65_536),
      state: 'created',
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: '',
      timer: undefined,
      exited: Promise.withResolvers<void>(),
    };
    this.#addContainer(container);
    this.#emit('created', container.id, sandbox);
    return container.id;
  }

  async startContainer(containerId: string): Promise<void> {
    const container = this.#find(containerId);
    const { clock } = this.#options;
    const { behaviour } = container;
    const delayMs = behaviour.startDelayMs + (this.#options.startDelayMs ?? 0);
    if (delayMs > 0) await clock.sleep(delayMs);
    if (container.state !== 'created') throw new RuntimeError('invalid-argument', `container is in ${container.state.toUpperCase()} state`);
    container.state = 'running';
    container.startedAtMs = container.countedToMs = clock.now();
    if (behaviour.log !== undefined) container.log.write('stdout', behaviour.log.endsWith('\n') ? behaviour.log : `${behaviour.log}\n`, clock.now());
    this.#emit('started', containerId, container.sandbox);
    if (!this.#killWhenTooLarge(container)) this.#exitLater(container);
  }

  /** The pod's annotations have changed: what its containers use is read from them anew. */
  annotate(podUid: string, annotations: Readonly<Record<string, string>>): void {
    const pod = this.#pods.get(podUid);
    if (pod === undefined) return;
    this.#annotations.set(podUid, annotations);
    for (const container of pod.containers) {
      this.#count(container);
      container.usage = usageOf(annotations, container.config.name);
      this.#killWhenTooLarge(container);
    }
  }

  /** What all containers together use now. */
  get usage(): { readonly cpuNanoseconds: number; readonly memoryBytes: number } {
    let [cpuNanoseconds, memoryBytes] = [this.#endedCpuNanoseconds, 0];
    for (const container of this.#containers.values()) {
      this.#count(container);
      cpuNanoseconds += container.cpuNanoseconds;
      if (container.state === 'running') memoryBytes += container.usage.memoryBytes;
    }
    return { cpuNanoseconds, memoryBytes };
  }

  #count(container: SimulatedContainer): void {
    if (container.state !== 'running') return;
    const nowMs = this.#options.clock.now();
    container.cpuNanoseconds += (nowMs - container.countedToMs) * container.usage.cores * 1e6;
    container.countedToMs = nowMs;
  }

  /** The kernel's part: a container that uses more memory than its limit is killed. */
  #killWhenTooLarge(container: SimulatedContainer): boolean {
    const limit = container.resources.memoryLimitBytes;
    if (container.state !== 'running' || limit <= 0 || container.usage.memoryBytes <= limit) return false;
    this.#kill(container, 137, 'OOMKilled');
    return true;
  }

  /** As its annotations say, counted from its start. */
  #exitLater(container: SimulatedContainer): void {
    const { exitAfterMs, exitCode, oomKilled } = container.behaviour;
    if (exitAfterMs === undefined) return;
    const { clock } = this.#options;
    container.timer = clock.setTimer(container.startedAtMs + exitAfterMs - clock.now(), () => {
      this.#kill(container, exitCode, oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error');
    }, { unref: true });
  }

  async stopContainer(containerId: string, gracePeriodSeconds: number): Promise<void> {
    const container = this.#containers.get(containerId);
    if (container === undefined || container.state === 'exited') return;
    if (container.state === 'created') return this.#kill(container, 137, 'Error');
    const { behaviour } = container;
    const graceMs = gracePeriodSeconds * 1000;
    const survives = behaviour.ignoreSigterm || behaviour.stopDelayMs > graceMs;
    const delayMs = survives ? graceMs : behaviour.stopDelayMs;
    const end = (): void => survives ? this.#kill(container, 137, 'Error') : this.#kill(container, 0, 'Completed');
    if (delayMs <= 0) return end();
    const timer = this.#options.clock.setTimer(delayMs, end, { unref: true });
    await container.exited.promise;
    timer.cancel();
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.#containers.get(containerId);
    if (container === undefined) return;
    if (container.state === 'running') this.#kill(container, 137, 'Error');
    container.log.close();
    this.#endedCpuNanoseconds += container.cpuNanoseconds;
    this.#containers.delete(containerId);
    removeFrom(this.#pods.get(container.sandbox.config.uid)?.containers ?? [], container);
    this.#emit('deleted', containerId, container.sandbox);
  }

  async updateContainerResources(containerId: string, resources: LinuxResources): Promise<void> {
    const container = this.#running(containerId);
    container.resources = resources;
    this.#killWhenTooLarge(container);
  }

  async listContainers(filter?: RuntimeFilter): Promise<Container[]> {
    return (filter === undefined ? [...this.#containers.values()] : this.#pods.get(filter.podUid)?.containers ?? []).map(containerView);
  }

  async containerStatus(containerId: string): Promise<ContainerStatus | undefined> {
    const container = this.#containers.get(containerId);
    if (container === undefined) return undefined;
    const { startedAtMs, finishedAtMs, exitCode, reason, config } = container;
    return { ...containerView(container), startedAtMs, finishedAtMs, exitCode, reason, message: '', imageId: config.imageRef, logPath: config.logPath, resources: container.resources };
  }

  async execSync(containerId: string, command: readonly string[]): Promise<{ readonly stdout: Uint8Array; readonly stderr: Uint8Array; readonly exitCode: number }> {
    const { stdout, stderr, exitCode } = runBuiltin(command, this.#environmentOf(this.#running(containerId)));
    const encoder = new TextEncoder();
    return { stdout: encoder.encode(stdout), stderr: encoder.encode(stderr), exitCode };
  }

  async exec(containerId: string, request: ExecRequest): Promise<ProcessStreams> {
    const result = runBuiltin(request.command, this.#environmentOf(this.#running(containerId)));
    const output = (wanted: boolean, text: string): Readable | undefined => {
      if (!wanted) return undefined;
      const stream = new PassThrough();
      stream.end(request.tty ? text.replace(/(?<!\r)\n/g, '\r\n') : text);
      return stream;
    };
    return {
      stdin: request.stdin ? sink() : undefined,
      stdout: output(request.stdout, request.tty ? result.stdout + result.stderr : result.stdout),
      stderr: request.tty ? undefined : output(request.stderr, result.stderr),
      resize: () => {},
      exit: Promise.resolve({ exitCode: result.exitCode }),
      close: () => {},
    };
  }

  /** Follows the log from now on; input is swallowed. */
  async attach(containerId: string, request: Omit<ExecRequest, 'command'>): Promise<ProcessStreams> {
    const container = this.#running(containerId);
    const stop = new AbortController();
    const stdout = new PassThrough();
    const pump = async (): Promise<{ exitCode: number }> => {
      for await (const line of container.log.read({ follow: true, tailLines: 0, signal: stop.signal })) stdout.write(line.content);
      stdout.end();
      return { exitCode: container.exitCode };
    };
    return {
      stdin: request.stdin ? sink() : undefined,
      stdout,
      stderr: undefined,
      resize: () => {},
      exit: pump(),
      close: () => stop.abort(),
    };
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    if (!this.#sandboxes.has(sandboxId)) throw new RuntimeError('not-found', `sandbox ${JSON.stringify(sandboxId)} not found`);
    throw new RuntimeError('invalid-argument', `not supported: nothing listens on port ${port}, the pod runs on a simulated node`);
  }

  readLog(containerId: string, options: LogOptions): AsyncIterable<LogLine> {
    return this.#find(containerId).log.read(options);
  }

  /** A log in memory has no file. */
  async reopenLog(): Promise<void> {}

  async listImages(): Promise<Image[]> {
    return [...this.#images.values()];
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    const known = this.#images.get(image) ?? [...this.#images.values()].find((candidate) => candidate.id === image);
    if (known !== undefined || (this.#options.images ?? 'all') !== 'all' || isMissing(image)) return known;
    return this.#addImage(image);
  }

  /** Fails for images whose name or tag starts with `nonexistent`, to try pull failures. */
  async pullImage(image: string, auth?: RegistryAuth): Promise<string> {
    void auth;
    const delayMs = this.#options.pullDelayMs ?? 0;
    if (delayMs > 0) await this.#options.clock.sleep(delayMs);
    if (isMissing(image)) throw new RuntimeError('image-pull', `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`);
    return (this.#images.get(image) ?? this.#addImage(image)).id;
  }

  async removeImage(image: string): Promise<void> {
    const known = await this.imageStatus(image);
    if (known !== undefined) for (const tag of known.repoTags) this.#images.delete(tag);
  }

  async imageFsInfo(): Promise<{ readonly mountpoint: string; readonly usedBytes: number; readonly inodesUsed: number }> {
    return { mountpoint: '/simulated', usedBytes: 0, inodesUsed: 0 };
  }

  async containerStats(): Promise<ContainerStats[]> {
    return [...this.#containers.values()].filter((container) => container.state === 'running').map((container) => {
      this.#count(container);
      return {
        containerId: container.id,
        name: container.config.name,
        sandboxId: container.sandbox.id,
        podUid: container.sandbox.config.uid,
        cpuUsageCoreNanoseconds: Math.round(container.cpuNanoseconds),
        memoryWorkingSetBytes: container.usage.memoryBytes,
        rootfsUsedBytes: 4096,
      };
    });
  }

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers.values()) {
      container.timer?.cancel();
      container.log.close();
      container.exited.resolve();
    }
    this.#listeners.clear();
  }

  /** Writes to a container's log, as its process would: for tests and demonstrations. */
  writeLog(containerId: string, text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.#find(containerId).log.write(stream, text, this.#options.clock.now());
  }

  /** Ends a container as if its process had ended: for fault injection. */
  crash(containerId: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    this.#kill(this.#find(containerId), exitCode, reason);
  }

  #kill(container: SimulatedContainer, exitCode: number, reason: string): void {
    if (container.state === 'exited') return;
    this.#count(container);
    container.timer?.cancel();
    container.timer = undefined;
    container.state = 'exited';
    container.finishedAtMs = this.#options.clock.now();
    container.exitCode = exitCode;
    container.reason = reason;
    container.log.close();
    container.exited.resolve();
    this.#emit('stopped', container.id, container.sandbox);
  }

  #emit(type: RuntimeEvent['type'], containerId: string, sandbox: SimulatedSandbox): void {
    for (const listener of this.#listeners) listener({ type, containerId, podUid: sandbox.config.uid });
  }

  #containersOf(sandbox: SimulatedSandbox): SimulatedContainer[] {
    return (this.#pods.get(sandbox.config.uid)?.containers ?? []).filter((container) => container.sandbox === sandbox);
  }

  #addSandbox(sandbox: SimulatedSandbox): void {
    this.#sandboxes.set(sandbox.id, sandbox);
    const { uid } = sandbox.config;
    const pod = this.#pods.get(uid);
    if (pod === undefined) this.#pods.set(uid, { sandboxes: [sandbox], containers: [] });
    else pod.sandboxes.push(sandbox);
  }

  /** Its sandbox is there before it, and goes after it. */
  #addContainer(container: SimulatedContainer): void {
    this.#containers.set(container.id, container);
    this.#pods.get(container.sandbox.config.uid)?.containers.push(container);
  }

  #find(containerId: string): SimulatedContainer {
    const container = this.#containers.get(containerId);
    if (container === undefined) throw new RuntimeError('not-found', `container ${JSON.stringify(containerId)} not found`);
    return container;
  }

  #running(containerId: string): SimulatedContainer {
    const container = this.#find(containerId);
    if (container.state !== 'running') throw new RuntimeError('invalid-argument', `container is in ${container.state.toUpperCase()} state`);
    return container;
  }

  #environmentOf(container: SimulatedContainer): Map<string, string> {
    const environment = new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ['HOSTNAME', container.sandbox.config.hostname]]);
    for (const { name, value } of container.config.env) environment.set(name, value);
    return environment;
  }

  #newId(): string {
    const { random } = this.#options;
    return `${random.uuid()}${random.uuid()}`.replaceAll('-', '');
  }

  #addImage(name: string): Image {
    const id = `sha256:${digestOf(name)}`;
    const repository = name.includes('@') ? name.split('@')[0]! : name.replace(/:[^:/]*$/, '');
    const image: Image = { id, repoTags: [name], repoDigests: [`${repository}@${id}`], sizeBytes: 1_048_576, uid: 0, username: '', pinned: false };
    this.#images.set(name, image);
    return image;
  }
}

function removeFrom<T>(list: T[], one: T): void {
  const index = list.indexOf(one);
  if (index >= 0) list.splice(index, 1);
}

/** Not a digest, only a stable text of the right form: equal names give equal ids in every run. */
function digestOf(name: string): string {
  let text = '';
  for (let part = 0; part < 8; part++) {
    let hash = 0x811c9dc5 ^ part;
    for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    text += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return text;
}

function isMissing(image: string): boolean {
  return /(^|[:/])nonexistent/.test(image);
}

function sink(): Writable {
  return new PassThrough().resume();
}

function sandboxView(sandbox: SimulatedSandbox): PodSandbox {
  const { name, uid, namespace, attempt, labels, annotations } = sandbox.config;
  return { id: sandbox.id, name, uid, namespace, attempt, ready: sandbox.ready, createdAtMs: sandbox.createdAtMs, labels, annotations };
}

function containerView(container: SimulatedContainer): Container {
  const { name, attempt, image, imageRef, labels, annotations } = container.config;
  return { id: container.id, sandboxId: container.sandbox.id, name, attempt, image, imageRef, state: container.state, createdAtMs: container.createdAtMs, labels, annotations };
}
