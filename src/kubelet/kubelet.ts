import { mapsEqual } from '../api/meta/equal.ts';
import { uidOf } from '../api/meta/object.ts';
import { milliValue } from '../api/meta/quantity.ts';
import { isMirrorPod } from '../api/pod/references.ts';
import { podCidrsOf } from '../api/node/pod-cidrs.ts';
import { nodes, pods, services } from '../api/resources.ts';
import type { Container, Node, Pod } from '../api/types/core/v1.ts';
import type { EventRecorder } from '../client/event-recorder/event-recorder.ts';
import { createEventRecorder } from '../client/event-recorder/event-recorder.ts';
import type { Informer } from '../client/informer/informer.ts';
import { createInformer } from '../client/informer/informer.ts';
import { defaultCpuReconcileMs, SharedCpus } from './cpus/share-cpus.ts';
import { createContext } from './create-context.ts';
import { CsiDrivers } from './csi/csi-drivers.ts';
import { CsiNode } from './csi/csi-node.ts';
import { DevicePlugins } from './devices/device-plugins.ts';
import { Dra } from './dynamic-resources/dra.ts';
import { createEviction } from './eviction/create-eviction.ts';
import type { EvictionManager } from './eviction/eviction-manager.ts';
import { evictionCheckMs } from './eviction/eviction-manager.ts';
import { heldBackOf, thresholdsOf } from './eviction/settings.ts';
import { crossed, observe, pressureOf } from './eviction/thresholds.ts';
import { defaultImageCollection, ImageCollector, imageCheckMs } from './images/image-collector.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { defaultMaxPods } from './kubelet-options.ts';
import type { KubeletOptions, ServiceSource } from './kubelet-options.ts';
import { defaultLogLimits, logCheckMs, rotateLogs } from './logs/log-rotation.ts';
import { KubeletMetrics, noMetrics } from './metrics/kubelet-metrics.ts';
import type { MetricsSink } from './metrics/kubelet-metrics.ts';
import { NodeLease } from './node/node-lease.ts';
import { NodeReporter } from './node/node-reporter.ts';
import { cleanUpOrphans } from './orphans.ts';
import { PluginWatcher } from './plugins/plugin-watcher.ts';
import type { PodRuntimeState } from './pods/pod-runtime.ts';
import type { PodWorker } from './pods/pod-worker.ts';
import { PodWorkers } from './pods/pod-workers.ts';
import { Relister } from './pods/relister.ts';
import { ReferencedObjects } from './referenced-objects.ts';
import type { MachineManagers } from './resource-managers/machine-managers.ts';
import { createMachineManagers } from './resource-managers/machine-managers.ts';
import { sharesOf } from './resources/linux-resources.ts';
import { ResourceManagers } from './resource-managers/resource-managers.ts';
import { NodeShutdown } from './shutdown/node-shutdown.ts';
import { isStatic } from './static-pods/annotations.ts';
import type { DevicesOfContainer } from './status/allocated-resources.ts';
import { MirrorPods } from './static-pods/mirror-pods.ts';
import { defaultFileCheckMs, StaticPods } from './static-pods/static-pods.ts';

/** How often the runtime is listed: as upstream's generic PLEG where there are no events, and in case one was lost. */
const relistOftenMs = 1_000;
const relistSeldomMs = 10_000;

/** The agent of one node: makes the pods that are bound to it run on its runtime, and reports them and itself. */
export class Kubelet implements AsyncDisposable {
  readonly #options: KubeletOptions;
  readonly #stop = new AbortController();
  readonly #workers: PodWorkers;
  readonly #mirrors: MirrorPods;
  readonly #references: ReferencedObjects;
  readonly #recorder: EventRecorder;
  readonly #images: ImageCollector;
  readonly #eviction: EvictionManager;
  readonly #shutdown: NodeShutdown;
  readonly #metrics: MetricsSink;
  readonly #resourceManagers: ResourceManagers;
  #managers: MachineManagers = {};
  #sharedCpus: SharedCpus | undefined;
  readonly #devicePlugins: DevicePlugins | undefined;
  readonly #plugins: KubeletOptions['plugins'];
  readonly #csiDrivers: CsiDrivers | undefined;
  readonly #dra: Dra | undefined;
  readonly #background: Promise<unknown>[] = [];
  #context!: KubeletContext;
  #reporter!: NodeReporter;
  readonly #lease: NodeLease;
  /** The range that the runtime has been told of, or is being told. */
  #podCidr: string | undefined;
  #ranges: Promise<void> = Promise.resolve();
  #pods!: Informer<Pod>;
  #undoEvents: (() => void) | undefined;

  private constructor(options: KubeletOptions) {
    this.#options = options;
    const { client, runtime, host, clock, random, nodeName } = options;
    const { signal } = this.#stop;
    const logger = options.logger.named('kubelet');
    this.#metrics = options.startsQuietly === true ? noMetrics : new KubeletMetrics();
    this.#resourceManagers = new ResourceManagers({ metrics: this.#metrics, clock });
    this.#workers = new PodWorkers(() => this.#context, (pod) => { if (isStatic(pod)) this.#mirrors.forget(pod); });
    this.#lease = new NodeLease({ client, clock, random, logger, nodeName, node: () => this.#reporter.node, durationSeconds: options.nodeLeaseDurationSeconds, foresightMs: options.foresightMs, signal });
    this.#mirrors = new MirrorPods({ client, clock, logger, nodeName, node: () => this.#reporter.node, signal });
    this.#references = new ReferencedObjects({ client, clock, random, logger, mode: host.virtual ? 'get' : 'watch', onChange: (podUid) => this.#workers.wake(podUid) });
    this.#recorder = createEventRecorder(client, { component: 'kubelet', host: nodeName, clock, random, logger, signal });
    this.#images = new ImageCollector({ runtime, clock, logger, metrics: this.#metrics, policy: options.imageCollection ?? defaultImageCollection, volumeImages: () => [...this.#workers].flatMap(({ pod }) => pod.spec?.volumes?.flatMap(({ image }) => image?.reference ?? []) ?? []) });
    this.#eviction = createEviction({
      reserve: options.reserve ?? {}, context: () => this.#context, workers: this.#workers,
      reclaimDisk: () => this.#images.removeUnused(),
      announce: (reason, message) => this.#announce('Warning', reason, message),
    });
    this.#plugins = options.plugins ?? (host.virtual ? undefined : { directory: `${options.rootDir}/plugins_registry`, files: host.files, clock });
    this.#dra = this.#plugins && new Dra({ client, nodeName, clock, logger, signal, socketClock: this.#plugins.clock, files: host.files, rootDir: options.rootDir, metrics: this.#metrics, onDriver: () => this.#workers.wakeAll(), onHealth: (podUid) => this.#workers.wake(podUid) });
    const sockets = options.devicePlugins ?? (host.virtual ? undefined : { directory: `${options.rootDir}/device-plugins`, podResourcesDirectory: `${options.rootDir}/pod-resources`, clock });
    this.#devicePlugins = sockets && new DevicePlugins({ metrics: this.#metrics, sockets, files: host.files, logger, workers: this.#workers, onChange: () => this.#reporter.checkNow(), machine: () => this.#managers, dynamicResources: this.#dra?.resources });
    if (this.#devicePlugins !== undefined) this.#resourceManagers.add(this.#devicePlugins.manager);
    const csiNode = new CsiNode({ client, nodeName, node: () => this.#reporter.node });
    this.#csiDrivers = this.#plugins && new CsiDrivers({
      clock: this.#plugins.clock,
      onRegistered: async (name, info) => {
        await csiNode.add(name, info);
        // Pods may wait for it.
        this.#workers.wakeAll();
      },
      onGone: (name) => csiNode.remove(name),
    });
    this.#shutdown = new NodeShutdown({
      grace: options.shutdownGrace ?? [], clock,
      pods: () => [...this.#workers].filter(({ isAdmitted }) => isAdmitted).map(({ pod }) => pod),
      end: async (pod, { reason, message, graceSeconds }) => {
        const worker = this.#workers.get(uidOf(pod));
        worker?.evict(reason, message, { graceSeconds, isDisruption: true });
        await worker?.ended;
        await this.#context.statuses.flush(pod);
      },
      announce: () => {
        this.#announce('Normal', 'NodeShutdown', 'Shutdown manager detected shutdown event');
        this.#reporter.checkNow();
      },
    });
  }

  /** Resolves when the node is registered and its pods are being taken care of; see `ready` for the node's readiness. */
  static async start(options: KubeletOptions): Promise<Kubelet> {
    const kubelet = new Kubelet(options);
    try {
      await kubelet.#start();
    } catch (error) {
      await kubelet[Symbol.asyncDispose]();
      throw error;
    }
    return kubelet;
  }

  get nodeName(): string {
    return this.#options.nodeName;
  }

  get context(): KubeletContext {
    return this.#context;
  }

  /** What is read when somebody scrapes, of processors of containers' own and of those that are shared. */
  get machineManagers(): MachineManagers {
    return this.#managers;
  }

  /** Stops telling that the node lives, or goes on: for nodes that are to fall silent though their pods run on. */
  set heartbeats(wanted: boolean) {
    this.#lease.isSilent = !wanted;
    if (wanted) this.#reporter.checkNow();
  }

  /** How far ahead it says that the node lives, from its next heartbeat on; the one that was due meanwhile comes at once. */
  set foresightMs(ms: number) {
    if (ms === this.#lease.foresightMs) return;
    this.#lease.foresightMs = ms;
    this.#reporter.checkNow();
  }

  /** What the host says of itself has changed: the node's status is to tell it soon. */
  lookNow(): void {
    this.#reporter.checkNow();
  }

  /** Resolves when the API has been told that the node is ready. */
  get ready(): Promise<void> {
    return this.#reporter.ready;
  }

  /** The pods of this node, as the API has them, with their newest status. */
  pods(): readonly Pod[] {
    return [...this.#workers].map(({ pod }) => ({ ...pod, status: this.#context.statuses.get(pod) }));
  }

  /** A pod of this node and what runs of it. Without a uid: the pod that now has the name. A mirror's uid is its static pod's. */
  findPod(namespace: string, name: string, uid?: string): { readonly pod: Pod; readonly state: PodRuntimeState } | undefined {
    const mirrored = uid === undefined ? undefined : this.#mirrors.podOf(uid);
    const worker = this.#workers.find(namespace, name, mirrored === undefined ? uid : uidOf(mirrored));
    return worker && { pod: { ...worker.pod, status: this.#context.statuses.get(worker.pod) }, state: worker.state };
  }

  /** The machine is about to go down: says so, and ends the pods as `shutdownGrace` has it. Resolves when they have ended or their time is over. */
  async shutDownNode(): Promise<void> {
    if ((this.#options.shutdownGrace ?? []).length > 0) await this.#shutdown.begin();
  }

  /** Ends the kubelet; containers keep running, as when upstream's stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the kubelet was stopped'));
    this.#undoEvents?.();
    this.#references.stop();
    this.#context?.probes.stop();
    this.#context?.statuses.stop();
    this.#workers.stop();
    await Promise.allSettled(this.#background);
    this.#csiDrivers?.[Symbol.dispose]();
    this.#dra?.[Symbol.dispose]();
    await this.#devicePlugins?.[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const options = this.#options;
    const { client, runtime, host, clock, random, nodeName } = options;
    const { signal } = this.#stop;
    const logger = options.logger.named('kubelet');
    const [machine, version, addresses, userRange] = await Promise.all([host.machineInfo(), runtime.version(), options.addresses ?? host.addresses(), host.subordinateIds?.()]);
    this.#reporter = this.#createReporter(machine, addresses, `${version.runtimeName}://${version.runtimeVersion}`);
    this.#context = createContext(options, {
      machine, addresses, runtimeName: version.runtimeName, recorder: this.#recorder, metrics: this.#metrics, reporter: this.#reporter, workers: this.#workers, references: this.#references, resourceManagers: this.#resourceManagers, csiDrivers: this.#csiDrivers, dynamicResources: this.#dra?.resources, devicesOfContainers: this.#devicesOfContainers(), userRange,
      services: options.services ?? this.#ownServices(),
      mirrorOf: (pod) => this.#mirrors.of(pod),
      refusal: (pod) => this.#shutdown.admit() ?? (host.virtual ? undefined : this.#eviction.admit(pod)),
      observeNode: (node) => this.observe(node),
    });
    await this.#startManagers();
    await this.#context.users.recover();
    // Before any pod asks for what another has.
    if (!this.#resourceManagers.isEmpty) this.#resourceManagers.recover(await runtime.listContainers());
    await this.#dra?.recover();
    await this.#devicePlugins?.start();
    if (options.podCidr !== undefined) await runtime.updatePodCidr(options.podCidr);
    if (!host.virtual) await this.#prepareCgroups(machine);
    if (options.startsQuietly !== true) this.#announce('Normal', 'Starting', 'Starting kubelet.');

    this.#undoEvents = runtime.onEvent(({ type, podUid }) => {
      // What a worker has made it looks at by itself.
      if (type !== 'created' && type !== 'started') this.#workers.wake(podUid);
      if (host.virtual) this.#reporter.touched();
    });
    this.#pods = createInformer(client, pods, { fieldSelector: `spec.nodeName=${nodeName}`, clock, random, logger });
    this.#pods.addHandler({ add: (pod) => this.#put(pod), update: (_, pod) => this.#put(pod), delete: (pod) => this.#remove(pod) });
    await this.#startStaticPods();
    await this.#reporter.register();
    // Not earlier: pods are admitted against what the node has, which is known from here on.
    this.#pods.start(signal);
    if (this.#reporter.node !== undefined) this.observe(this.#reporter.node);
    this.#watchNode();
    this.#run(this.#reporter.run(() => this.#workers.wakeAll()));
    this.#run(this.#lease.run());
    this.#run(this.#adopt());
    if (this.#plugins !== undefined) this.#run(new PluginWatcher({ ...this.#plugins, handlers: [this.#csiDrivers, this.#dra?.drivers].filter((handler) => handler !== undefined), logger, signal }).run());
    if (this.#dra !== undefined) this.#run(this.#runDra(this.#dra));
    if (!host.virtual) this.#keepHouse();
  }

  /** Who knows which devices containers have. */
  #devicesOfContainers(): DevicesOfContainer[] {
    const [plugins, claims] = [this.#devicePlugins?.manager, this.#dra?.resources];
    return [...(plugins === undefined ? [] : [(pod: Pod, container: Container) => plugins.statusOf(uidOf(pod), container.name)]), ...(claims === undefined ? [] : [(pod: Pod, container: Container) => claims.statusOf(pod, container)])];
  }

  async #runDra(dra: Dra): Promise<void> {
    await this.#pods.synced();
    await dra.run((podUid) => this.#workers.get(podUid) !== undefined);
  }

  #createReporter(machine: KubeletContext['machine'], addresses: readonly string[], runtimeVersion: string): NodeReporter {
    const { client, runtime, host, clock, random, nodeName, reserve = {}, ...options } = this.#options;
    const thresholds = thresholdsOf(reserve);
    return new NodeReporter({
      nodeName, client, runtime, host, machine, clock, random, addresses, runtimeVersion,
      logger: options.logger.named('kubelet'), recorder: this.#recorder, signal: this.#stop.signal,
      labels: options.nodeLabels ?? {},
      taints: options.nodeTaints ?? [],
      maxPods: options.maxPods ?? defaultMaxPods,
      version: options.version ?? 'v1.36.0',
      servingPort: options.servingPort,
      capacity: options.capacity,
      devices: () => this.#devicePlugins?.manager.resources() ?? { capacity: {}, allocatable: {} },
      checkMs: options.nodeStatusUpdateFrequencyMs ?? 10_000,
      isQuiet: options.startsQuietly ?? false,
      heldBack: heldBackOf(reserve, machine),
      // Virtual machines change only when they are told to: what they have is looked at when it is reported.
      pressures: (usage) => (host.virtual ? crossed(thresholds, observe(usage)).map(({ signal }) => pressureOf(signal)) : this.#eviction.pressures),
      problem: () => this.#shutdown.problem,
      isSilent: () => this.#lease.isSilent,
      foresightMs: () => this.#lease.foresightMs,
    });
  }

  /** All pods together get what the node does not keep for itself. */
  async #prepareCgroups({ cores, memoryBytes }: KubeletContext['machine']): Promise<void> {
    const { host, reserve: { systemReserved = {}, kubeReserved = {} } = {} } = this.#options;
    const reserved = (resource: string): number => [systemReserved, kubeReserved].reduce((sum, one) => sum + milliValue(one[resource] ?? '0'), 0);
    await host.cgroups.prepare(this.#context.cgroupRoot, { cpuShares: sharesOf(cores * 1000 - reserved('cpu')), memoryBytes: memoryBytes - reserved('memory') / 1000 });
  }

  /** Runs what the files say before anybody asks the API: it may be the API server itself. */
  async #startStaticPods(): Promise<void> {
    const { staticPods: files, nodeName, clock, logger, fileCheckFrequencyMs: checkMs = defaultFileCheckMs } = this.#options;
    if (files === undefined) return;
    await this.#reporter.look();
    const staticPods = new StaticPods({
      files, nodeName, clock, checkMs, logger: logger.named('kubelet'), signal: this.#stop.signal,
      put: (pod) => {
        this.#workers.put(pod);
        this.#mirrors.keep(pod);
      },
      remove: (pod) => this.#workers.remove(pod),
    });
    await staticPods.read();
    this.#run(staticPods.follow());
  }

  /** Parts of the machine that are containers' alone, where that is asked for. Rejects when the machine cannot have it. */
  async #startManagers(): Promise<void> {
    const { managers: settings, machineTopology, host, reserve = {} } = this.#options;
    if (settings === undefined) return;
    const topology = machineTopology ?? await host.topology?.();
    if (topology === undefined) throw new Error('not supported: managers of processors, memory and topology on this machine');
    this.#managers = createMachineManagers({ settings, topology, heldBack: heldBackOf(reserve, this.#context.machine), metrics: this.#metrics, onPool: () => this.#run(this.#sharedCpus?.reconcile() ?? Promise.resolve()) });
    const { cpus, memory, alignment } = this.#managers;
    if (alignment !== undefined) this.#resourceManagers.align(alignment);
    for (const manager of [cpus, memory]) if (manager !== undefined) this.#resourceManagers.add(manager);
    if (cpus === undefined) return;
    const shared = this.#sharedCpus = new SharedCpus(this.#context, this.#workers, cpus);
    this.#run(this.#every(settings.cpu?.reconcileMs ?? defaultCpuReconcileMs, 'shared processors', () => shared.reconcile()));
  }

  /** What a real machine needs to have looked after. */
  #keepHouse(): void {
    const { host } = this.#options;
    this.#run(this.#every(logCheckMs, 'logs', async () => {
      for (const worker of this.#workers) await rotateLogs(this.#context, worker.state.containers, this.#options.containerLogs ?? defaultLogLimits);
    }));
    this.#run(this.#every(evictionCheckMs, 'what the machine has left', async () => {
      const before = this.#eviction.pressures.join();
      await this.#eviction.check();
      if (this.#eviction.pressures.join() !== before) this.#reporter.checkNow();
    }));
    this.#run(this.#every(imageCheckMs, 'images', async () => {
      const { storageAvailableBytes, storageCapacityBytes } = await host.usage();
      const complaint = await this.#images.collect({ availableBytes: storageAvailableBytes, capacityBytes: storageCapacityBytes });
      if (complaint !== undefined) this.#announce('Warning', 'FreeDiskSpaceFailed', complaint);
    }));
  }

  #announce(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { nodeName } = this.#options;
    this.#recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, type, reason, message);
  }

  #ownServices(): ServiceSource {
    const { client, clock, random, logger } = this.#options;
    const informer = createInformer(client, services, { clock, random, logger });
    informer.start(this.#stop.signal);
    return { list: (namespace) => informer.lister.list(namespace), synced: () => informer.synced() };
  }

  /** The node's own object says its pod range, and what others think of it. */
  #watchNode(): void {
    const { client, clock, random, logger, nodeName } = this.#options;
    if (this.#options.isToldOfNode === true) return;
    const informer = createInformer<Node>(client, nodes, { fieldSelector: `metadata.name=${nodeName}`, clock, random, logger });
    informer.addHandler({ add: (node) => this.observe(node), update: (_, node) => this.observe(node) });
    informer.start(this.#stop.signal);
  }

  /** The node's own object as it is now; called by who starts a kubelet that is told of it instead of watching it. */
  observe(node: Node): void {
    this.#reporter.observe(node);
    if (this.#lease.foresightMs > 0 && node.status?.conditions?.some(({ status }) => status === 'Unknown') === true) this.#lease.renewNow();
    const podCidr = podCidrsOf(node).join(',');
    if (podCidr === '' || podCidr === this.#podCidr || this.#options.podCidr !== undefined) return;
    this.#podCidr = podCidr;
    // One after the other: what a range needs on the machine is made step by step.
    this.#ranges = this.#ranges.then(() => this.#options.runtime.updatePodCidr(podCidr)).then(
      () => { if (this.#reporter.networkProblem !== undefined) this.#reporter.checkNow(); },
      (error: unknown) => {
        this.#options.logger.error('the runtime refused the pod range', { node: this.nodeName, podCidr, error });
        // The next that is heard of the node is a chance to try again.
        this.#podCidr = undefined;
      },
    );
  }

  /** Once all pods are known, what runs for none of them is ended. */
  async #adopt(): Promise<void> {
    const { clock, host, relistMs } = this.#options;
    const { runtime } = this.#context;
    await this.#pods.synced();
    this.#mirrors.start();
    const cleanUp = (): Promise<boolean> => cleanUpOrphans(this.#context, (podUid) => this.#workers.get(podUid) !== undefined);
    let isClean = await cleanUp();
    if (host.virtual && relistMs === undefined) return;
    const relister = new Relister(runtime, { clock, metrics: this.#metrics }, (podUid) => this.#workers.wake(podUid));
    for (;;) {
      await clock.sleep(relistMs ?? (runtime.tellsEvents === false ? relistOftenMs : relistSeldomMs), this.#stop.signal);
      await relister.relist().catch((error: unknown) => this.#options.logger.warn('the runtime could not be listed', { error }));
      if (!isClean) isClean = await cleanUp();
    }
  }

  /** Does something again and again until the kubelet ends; that it failed once is said. */
  async #every(periodMs: number, what: string, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#options;
    for (;;) {
      await clock.sleep(periodMs, this.#stop.signal);
      await work().catch((error: unknown) => logger.warn(`looking after ${what} failed`, { node: this.nodeName, error }));
    }
  }

  #put(pod: Pod): void {
    if (isMirrorPod(pod)) {
      const mirrored = this.#mirrors.observe(pod);
      if (mirrored !== undefined && this.#mirrors.of(mirrored) === pod) this.#context.statuses.observe(pod, mirrored);
      return;
    }
    this.#context.statuses.observe(pod);
    this.#tellHost(pod, this.#workers.get(uidOf(pod)));
    this.#workers.put(pod);
  }

  /** What a pod uses of a virtual machine is told in its annotations. */
  #tellHost(pod: Pod, known: PodWorker | undefined): void {
    const { host } = this.#options;
    if (host.observePod === undefined || known === undefined || mapsEqual(known.pod.metadata.annotations, pod.metadata.annotations)) return;
    host.observePod(pod);
    this.#reporter.touched();
  }

  #remove(pod: Pod): void {
    if (isMirrorPod(pod)) this.#mirrors.gone(pod);
    else this.#workers.remove(pod);
  }

  #run(work: Promise<unknown>): void {
    this.#background.push(work.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.logger.error('a part of the kubelet has failed', { node: this.nodeName, error });
    }));
  }
}
