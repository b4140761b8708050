import { mapsEqual } from '../api/meta/equal.ts';
import { nameOf, namespaceOf, uidOf } from '../api/meta/object.ts';
import { configmaps, nodes, persistentvolumeclaims, persistentvolumes, pods, runtimeclasses, secrets, services } from '../api/resources.ts';
import type { Node, Pod, Service, Taint } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder } from '../client/event-recorder/event-recorder.ts';
import type { Informer } from '../client/informer/informer.ts';
import { createInformer } from '../client/informer/informer.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { admitPod } from './admission/registry.ts';
import { BackOff } from './back-off.ts';
import { EvictionManager, evictionCheckMs } from './eviction/eviction-manager.ts';
import { usageByPod } from './eviction/ranking.ts';
import type { NodeReserve } from './eviction/settings.ts';
import { heldBackOf, thresholdsOf } from './eviction/settings.ts';
import { crossed, observe, pressureOf } from './eviction/thresholds.ts';
import type { Host } from './host.ts';
import type { ImageCollection } from './images/image-collector.ts';
import { defaultImageCollection, ImageCollector, imageCheckMs } from './images/image-collector.ts';
import { ImageManager } from './images/image-manager.ts';
import type { KubeletContext } from './kubelet-context.ts';
import type { LogRotationLimits } from './logs/log-rotation.ts';
import { defaultLogLimits, logCheckMs, rotateLogs } from './logs/log-rotation.ts';
import { keepNodeLease } from './node/node-lease.ts';
import { NodeReporter } from './node/node-reporter.ts';
import { cleanUpOrphans } from './orphans.ts';
import { PodDirectories } from './pod-directories.ts';
import { PodEvents } from './pod-events.ts';
import type { PodRuntimeState } from './pods/pod-runtime.ts';
import { specOf } from './pods/pod-spec.ts';
import { PodWorker } from './pods/pod-worker.ts';
import { Relister } from './pods/relister.ts';
import { ProbeManager } from './probes/probe-manager.ts';
import { ReferencedObjects } from './referenced-objects.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { StatusManager } from './status/status-manager.ts';
import { trustBundlesOf } from './volumes/projected/trust-bundles.ts';
import { VolumeManager } from './volumes/volume-manager.ts';

/** Services for environment variables. Kubelets in one process share one. */
export interface ServiceSource {
  list(namespace: string): readonly Service[];
  synced(): Promise<void>;
}

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
  /** What the node keeps for itself, and when it evicts for it. Default: upstream's thresholds, no reserves. */
  readonly reserve?: NodeReserve;
  /** When images are removed. Default: upstream's, from 85 % to 80 % of the disk. */
  readonly imageCollection?: ImageCollection;
  /** Default: 10 MiB, five files. */
  readonly containerLogs?: LogRotationLimits;
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
  /** Default: an informer of its own. */
  readonly services?: ServiceSource;
  /** How often the runtime is listed in case it lost an event. Default 10 s on real nodes; virtual nodes never do. */
  readonly relistMs?: number;
  /** As kubelet configuration's `nodeLeaseDurationSeconds`: the lease is renewed four times in it. Default 40. */
  readonly nodeLeaseDurationSeconds?: number;
  /** As kubelet configuration's `nodeStatusUpdateFrequency`. Default 10 s. */
  readonly nodeStatusUpdateFrequencyMs?: number;
  /** Somebody calls `observe` with each version of the node, so that it is not watched: thousands would watch one each. Default false. */
  readonly isToldOfNode?: boolean;
  /** Without events of the node's start, of which thousands would say the same. Default false. */
  readonly startsQuietly?: boolean;
}

/** The agent of one node: makes the pods that are bound to it run on its runtime, and reports them and itself. */
export class Kubelet implements AsyncDisposable {
  readonly #options: KubeletOptions;
  readonly #stop = new AbortController();
  readonly #workers = new Map<string, PodWorker>();
  readonly #byName = new Map<string, PodWorker>();
  readonly #background: Promise<unknown>[] = [];
  #context!: KubeletContext;
  #reporter!: NodeReporter;
  #references!: ReferencedObjects;
  /** The range that the runtime has been told of, or is being told. */
  #podCidr: string | undefined;
  #ranges: Promise<void> = Promise.resolve();
  #eviction!: EvictionManager;
  #pods!: Informer<Pod>;
  #services!: ServiceSource;
  #undoEvents: (() => void) | undefined;
  #addresses: readonly string[] = [];
  #silent = false;

  private constructor(options: KubeletOptions) {
    this.#options = options;
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

  /** Stops telling that the node lives, or goes on: for nodes that are to fall silent though their pods run on. */
  set heartbeats(wanted: boolean) {
    this.#silent = !wanted;
    if (wanted) this.#reporter.checkNow();
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
    return [...this.#workers.values()].map(({ pod }) => ({ ...pod, status: this.#context.statuses.get(pod) }));
  }

  /** A pod of this node and what runs of it. Without a uid: the pod that now has the name. */
  findPod(namespace: string, name: string, uid?: string): { readonly pod: Pod; readonly state: PodRuntimeState } | undefined {
    const worker = uid === undefined ? this.#byName.get(`${namespace}/${name}`) : this.#workers.get(uid);
    return worker && { pod: { ...worker.pod, status: this.#context.statuses.get(worker.pod) }, state: worker.state };
  }

  /** Ends the kubelet; containers keep running, as when upstream's stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the kubelet was stopped'));
    this.#undoEvents?.();
    this.#references?.stop();
    this.#context?.probes.stop();
    this.#context?.statuses.stop();
    for (const worker of this.#workers.values()) worker.stop();
    await Promise.allSettled(this.#background);
  }

  async #start(): Promise<void> {
    const { client, runtime, host, clock, random, nodeName } = this.#options;
    const { signal } = this.#stop;
    const logger = this.#options.logger.named('kubelet');
    const [machine, version, addresses] = await Promise.all([host.machineInfo(), runtime.version(), this.#options.addresses ?? host.addresses()]);
    this.#addresses = addresses;
    const { reserve = {} } = this.#options;
    const thresholds = thresholdsOf(reserve);
    const recorder = createEventRecorder(client, { component: 'kubelet', host: nodeName, clock, random, logger, signal });
    this.#reporter = new NodeReporter({
      nodeName, client, runtime, host, machine, clock, logger, recorder, addresses, signal,
      labels: this.#options.nodeLabels ?? {},
      taints: this.#options.nodeTaints ?? [],
      maxPods: this.#options.maxPods ?? 110,
      version: this.#options.version ?? 'v1.36.0',
      runtimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
      servingPort: this.#options.servingPort,
      capacity: this.#options.capacity,
      checkMs: this.#options.nodeStatusUpdateFrequencyMs ?? 10_000,
      isQuiet: this.#options.startsQuietly ?? false,
      heldBack: heldBackOf(reserve, machine),
      // Virtual machines change only when they are told to: what they have is looked at when it is reported.
      pressures: (usage) => (host.virtual ? crossed(thresholds, observe(usage)).map(({ signal }) => pressureOf(signal)) : this.#eviction.pressures),
      isSilent: () => this.#silent,
    });
    const images = new ImageCollector({ runtime, clock, logger, policy: this.#options.imageCollection ?? defaultImageCollection });
    this.#eviction = this.#createEviction(thresholds, images, (type, reason, message) => recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, type, reason, message));
    this.#context = this.#createContext(version.runtimeName, machine, recorder, logger);
    this.#services = this.#options.services ?? this.#ownServices();
    if (this.#options.podCidr !== undefined) await runtime.updatePodCidr(this.#options.podCidr);
    if (!host.virtual) await host.cgroups.prepare(this.#context.cgroupRoot);
    if (this.#options.startsQuietly !== true) recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, 'Normal', 'Starting', 'Starting kubelet.');

    this.#undoEvents = runtime.onEvent(({ podUid }) => {
      this.#workers.get(podUid)?.wake();
      if (host.virtual) this.#reporter.touched();
    });
    this.#pods = createInformer(client, pods, { fieldSelector: `spec.nodeName=${nodeName}`, clock, random, logger });
    this.#pods.addHandler({ add: (pod) => this.#put(pod), update: (_, pod) => this.#put(pod), delete: (pod) => this.#remove(pod) });
    await this.#reporter.register();
    // Not earlier: pods are admitted against what the node has, which is known from here on.
    this.#pods.start(signal);
    if (this.#reporter.node !== undefined) this.observe(this.#reporter.node);
    this.#watchNode();
    this.#run(this.#reporter.run(() => { for (const worker of this.#workers.values()) worker.wake(); }));
    this.#run(keepNodeLease({ client, clock, logger, nodeName, node: () => this.#reporter.node, isSilent: () => this.#silent, durationSeconds: this.#options.nodeLeaseDurationSeconds, signal }));
    this.#run(this.#adopt());
    if (host.virtual) return;
    this.#run(this.#every(logCheckMs, 'logs', async () => {
      for (const worker of this.#workers.values()) await rotateLogs(this.#context, worker.state.containers, this.#options.containerLogs ?? defaultLogLimits);
    }));
    this.#run(this.#every(evictionCheckMs, 'what the machine has left', async () => {
      const before = this.#eviction.pressures.join();
      await this.#eviction.check();
      if (this.#eviction.pressures.join() !== before) this.#reporter.checkNow();
    }));
    this.#run(this.#every(imageCheckMs, 'images', async () => {
      const { storageAvailableBytes, storageCapacityBytes } = await host.usage();
      const complaint = await images.collect({ availableBytes: storageAvailableBytes, capacityBytes: storageCapacityBytes });
      if (complaint !== undefined) recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, 'Warning', 'FreeDiskSpaceFailed', complaint);
    }));
  }

  #createContext(runtimeName: string, machine: KubeletContext['machine'], recorder: ReturnType<typeof createEventRecorder>, logger: Logger): KubeletContext {
    const { client, runtime, host, clock, random, nodeName, rootDir } = this.#options;
    const events = new PodEvents(recorder);
    const directories = new PodDirectories(rootDir, this.#options.podLogsDir ?? `${rootDir}/pod-logs`);
    const tokens = new ServiceAccountTokens({ client, clock, random });
    const wake = (podUid: string): void => this.#workers.get(podUid)?.wake();
    this.#references = new ReferencedObjects({ client, clock, random, logger, mode: host.virtual ? 'get' : 'watch', onChange: wake });
    const references = this.#references;
    const facts = (podIps: readonly string[]): ReturnType<KubeletContext['facts']> => ({ podIps, hostIps: this.#addresses, allocatable: this.#reporter.allocatable });
    const objects = {
      configMap: (pod: Pod, name: string) => references.get(uidOf(pod), configmaps, namespaceOf(pod), name),
      secret: (pod: Pod, name: string) => references.get(uidOf(pod), secrets, namespaceOf(pod), name),
    };
    const context: KubeletContext = {
      nodeName, client, runtime, runtimeName, host, machine, clock, random, logger, events, directories, facts, ...objects,
      dns: { clusterDns: this.#options.clusterDns ?? [], clusterDomain: this.#options.clusterDomain ?? 'cluster.local' },
      cgroupRoot: this.#options.cgroupRoot ?? '',
      images: new ImageManager({ runtime, clock, events }),
      volumes: new VolumeManager({
        host, directories, tokens, facts: () => facts([]), ...objects,
        persistentVolumeClaim: (pod, name) => references.read(persistentvolumeclaims, { namespace: namespaceOf(pod), name }),
        persistentVolume: (name) => references.read(persistentvolumes, { name }),
        trustBundles: (pod, request) => trustBundlesOf(references, uidOf(pod), request),
      }, clock),
      probes: new ProbeManager({ host, runtime, clock, events, onVerdict: wake }),
      statuses: new StatusManager({ client, clock, logger }),
      crashBackOff: new BackOff(clock, { initialMs: 10_000, maxMs: 300_000 }),
      hostIps: () => this.#addresses,
      services: (namespace) => this.#services.list(namespace),
      servicesSynced: () => this.#services.synced(),
      networkProblem: () => this.#reporter.networkProblem,
      admit: (pod) => admitPod(pod, {
        node: this.#reporter.node,
        allocatable: this.#reporter.allocatable,
        others: [...this.#workers.values()].filter((worker) => worker.isAdmitted).map((worker) => worker.allocated),
        runtime: this.#reporter.runtimeStatus,
        kernelVersion: host.virtual ? '999' : machine.kernelVersion,
        allowedUnsafeSysctls: this.#options.allowedUnsafeSysctls ?? [],
        appArmor: machine.appArmor,
        pressure: (candidate) => (host.virtual ? undefined : this.#eviction.admit(candidate)),
      }),
      refreshNode: async () => {
        const node = await client.get(nodes, { name: nodeName }).catch(() => undefined);
        if (node !== undefined) this.observe(node);
      },
      runtimeHandler: async (pod) => {
        const { runtimeClassName: name } = specOf(pod);
        if (name === undefined || name === '') return '';
        const runtimeClass = await references.read(runtimeclasses, { name });
        if (runtimeClass === undefined) throw new Error(`runtimeclass.node.k8s.io ${JSON.stringify(name)} not found`);
        return runtimeClass.handler;
      },
      release: (podUid) => {
        references.release(podUid);
        tokens.forget(podUid);
        context.images.forget(podUid);
        context.probes.remove(podUid);
        context.statuses.forget(podUid);
        context.crashBackOff.forget(`${podUid}_`);
      },
    };
    return context;
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
    const podCidr = node.spec?.podCIDR;
    if (podCidr === undefined || podCidr === '' || podCidr === this.#podCidr || this.#options.podCidr !== undefined) return;
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
    await this.#pods.synced();
    await cleanUpOrphans(this.#context, (podUid) => this.#workers.has(podUid));
    if (host.virtual && relistMs === undefined) return;
    const relister = new Relister(this.#options.runtime, (podUid) => this.#workers.get(podUid)?.wake());
    for (;;) {
      await clock.sleep(relistMs ?? 10_000, this.#stop.signal);
      await relister.relist().catch((error: unknown) => this.#options.logger.warn('the runtime could not be listed', { error }));
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

  #createEviction(thresholds: ReturnType<typeof thresholdsOf>, images: ImageCollector, announce: (type: 'Normal' | 'Warning', reason: string, message: string) => void): EvictionManager {
    const { host, runtime, clock, reserve = {} } = this.#options;
    return new EvictionManager({
      thresholds,
      transitionMs: reserve.evictionPressureTransitionPeriodMs ?? 300_000,
      maxPodGraceSeconds: reserve.evictionMaxPodGracePeriodSeconds ?? 0,
      usage: () => host.usage(),
      now: () => clock.now(),
      pods: () => [...this.#workers.values()].filter(({ isAdmitted, state }) => isAdmitted && state.containers.some((container) => container.state === 'running')).map(({ allocated }) => allocated),
      usageOf: async () => usageByPod(await runtime.containerStats()),
      emptyDirs: (pod, volume) => host.files.diskUsage(this.#context.directories.volume(uidOf(pod), 'empty-dir', volume)),
      evict: ({ pod, message, graceSeconds, isDisruption }) => {
        this.#context.events.warning(pod, 'Evicted', message);
        this.#workers.get(uidOf(pod))?.evict('Evicted', message, { graceSeconds, isDisruption });
      },
      reclaimDisk: () => images.removeUnused(),
      announce: (reason, message) => announce('Warning', reason, message),
    });
  }

  #put(pod: Pod): void {
    const uid = uidOf(pod);
    this.#context.statuses.observe(pod);
    const known = this.#workers.get(uid);
    if (known !== undefined) {
      if (this.#options.host.observePod !== undefined && !mapsEqual(known.pod.metadata.annotations, pod.metadata.annotations)) {
        this.#options.host.observePod(pod);
        this.#reporter.touched();
      }
      if (known.pod.metadata.generation !== pod.metadata.generation) this.#wakeResizes(known);
      known.update(pod);
      return;
    }
    const worker = new PodWorker(this.#context, pod, (podUid) => {
      this.#workers.delete(podUid);
      this.#wakeResizes(worker);
      const key = `${namespaceOf(pod)}/${nameOf(pod)}`;
      if (this.#byName.get(key) === worker) this.#byName.delete(key);
    });
    this.#workers.set(uid, worker);
    this.#byName.set(`${namespaceOf(pod)}/${nameOf(pod)}`, worker);
  }

  /** One of the others has changed or gone: there may be room now for those that wait to grow. */
  #wakeResizes(except: PodWorker): void {
    for (const other of this.#workers.values()) if (other !== except && other.isResizePending) other.wake();
  }

  #remove(pod: Pod): void {
    this.#workers.get(uidOf(pod))?.remove();
  }

  #run(work: Promise<unknown>): void {
    this.#background.push(work.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.logger.error('a part of the kubelet has failed', { node: this.nodeName, error });
    }));
  }
}
