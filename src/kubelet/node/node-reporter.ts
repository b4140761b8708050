import { semanticEqual } from '../../api/meta/equal.ts';
import { nodes } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node, NodeCondition, NodeStatus, Taint } from '../../api/types/core/v1.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { reactingTo } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Image, Runtime, RuntimeStatus } from '../../runtime/runtime.ts';
import type { Pressure } from '../eviction/thresholds.ts';
import type { Host, MachineInfo, MachineUsage } from '../host.ts';
import { announced, toMirror } from './announced-resources.ts';
import { generateNodeStatus } from './node-status.ts';

/** Until the node is ready for the first time, what is missing is looked at often. */
const fastCheckMs = 100;
const reportMs = 300_000;
const registerRetryMs = 200;

export interface NodeReporterOptions {
  readonly nodeName: string;
  readonly client: Client;
  readonly runtime: Runtime;
  readonly host: Host;
  readonly machine: MachineInfo;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: EventRecorder;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly maxPods: number;
  readonly addresses: readonly string[];
  readonly version: string;
  readonly runtimeVersion: string;
  readonly servingPort: number | undefined;
  /** Overrides what the machine has. */
  readonly capacity: Readonly<Record<string, string>> | undefined;
  /** What plugins have found on it. */
  readonly devices: () => { readonly capacity: Readonly<Record<string, string>>; readonly allocatable: Readonly<Record<string, string>> };
  /** What the machine is short of. */
  readonly pressures: (usage: MachineUsage) => readonly Pressure[];
  /** See generateNodeStatus; CPU in thousandths, the rest in bytes. */
  readonly heldBack: Readonly<Record<string, number>>;
  /** Why the node is not ready for a reason of the kubelet's own; undefined when there is none. */
  readonly problem: () => string | undefined;
  /** How often the node is looked at. */
  readonly checkMs: number;
  /** No events of how it starts. */
  readonly isQuiet: boolean;
  /** While it holds, nothing is reported. */
  readonly isSilent: () => boolean;
  /** How far ahead the node's lease says that it lives: so long its status needs no new time either. */
  readonly foresightMs: () => number;
  readonly signal: AbortSignal;
}

/** What a look at the machine finds; whatever else the status says does not change while the kubelet runs. */
interface Sight {
  /** Why the node is not ready. */
  readonly problem: string | undefined;
  readonly pressures: readonly Pressure[];
  readonly images: readonly Image[];
  readonly runtime: RuntimeStatus | undefined;
  readonly devices: ReturnType<NodeReporterOptions['devices']>;
}

/** Registers the node and keeps its status true: written when it changes, else every five minutes. */
export class NodeReporter {
  readonly #options: NodeReporterOptions;
  readonly #ready = Promise.withResolvers<void>();
  #node: Node | undefined;
  #status: NodeStatus | undefined;
  #reportedAtMs = -Infinity;
  /** What was seen and what the API had when the two last agreed. */
  #told: { readonly seen: Sight; readonly written: NodeStatus; readonly volumesInUse: readonly string[] } | undefined;
  /** By how much the next report without a change comes later, as a share of the period. */
  #delay = 0;
  #networkProblem: string | undefined = 'container runtime status check may not have completed yet';
  #runtimeStatus: RuntimeStatus | undefined;
  #volumesInUse: readonly string[] = [];
  #wasReady = false;
  #wake: (() => void) | undefined;
  /** When it is looked at again, monotonic, while it rests. */
  #nextMs = Infinity;
  /** Asked for while a look was under way. */
  #again = false;
  /** Something has happened since the last look. */
  #isTouched = false;
  #timer: Timer | undefined;

  constructor(options: NodeReporterOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {});
    options.signal.addEventListener('abort', () => {
      this.#ready.reject(options.signal.reason);
      this.#wake?.();
    }, { once: true });
  }

  get node(): Node | undefined {
    return this.#node;
  }

  /** Resolves when the API has been told, for the first time, that the node is ready. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get allocatable(): Readonly<Record<string, string>> {
    return { ...announced(this.#node?.status, this.#status), ...this.#status?.allocatable };
  }

  /** Why the pod network cannot be used yet. */
  get networkProblem(): string | undefined {
    return this.#networkProblem;
  }

  /** What the runtime said of itself last. */
  get runtimeStatus(): RuntimeStatus | undefined {
    return this.#runtimeStatus;
  }

  /** Looks at the machine and the runtime without telling anybody: what pods are admitted against is known from then on. */
  async look(): Promise<void> {
    this.#generate(await this.#look());
  }

  /** Looks at the runtime again now: something that the node waits for may be there. */
  checkNow(): void {
    this.#again = true;
    this.#wake?.();
  }

  /** The attached volumes that pods need, as the status names them: none of these may be detached. */
  useVolumes(volumes: readonly string[]): void {
    this.#volumesInUse = volumes;
    this.checkNow();
  }

  /** Something has happened on the node that its status may tell of: it is looked at when it is due. */
  touched(): void {
    const { clock, checkMs } = this.#options;
    this.#isTouched = true;
    if (this.#nextMs - clock.monotonicMs() > checkMs) this.#wake?.();
  }

  /** The node as the watch shows it. */
  observe(node: Node): void {
    this.#node = node;
    // Others have called it silent, or announced resources for it.
    if (node.status?.conditions?.some(({ status }) => status === 'Unknown') === true || toMirror(node.status, this.#status) !== undefined) this.touched();
  }

  /** Creates the node, or takes over the one that is there. Retries until it works. */
  async register(): Promise<void> {
    const { client, clock, logger, nodeName, signal } = this.#options;
    for (;;) {
      try {
        const status = this.#generate(await this.#look());
        try {
          this.#node = await reactingTo('!start', () => client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: this.#metadata(), spec: { ...(this.#options.taints.length > 0 && { taints: [...this.#options.taints] }) }, status }));
        } catch (error) {
          if (!isReason(error, 'AlreadyExists')) throw error;
          this.#node = await reactingTo('!start', () => client.patch(nodes, { name: nodeName }, { type: 'strategic', value: { metadata: { labels: this.#metadata().labels, annotations: this.#metadata().annotations } } }));
        }
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        logger.warn('node could not be registered', { node: nodeName, error });
        await clock.sleep(registerRetryMs, signal);
      }
    }
  }

  /** Reports until the signal aborts. `onNetworkReady` is called each time that the network becomes usable. */
  async run(onNetworkReady: () => void): Promise<void> {
    const { logger, nodeName, signal } = this.#options;
    while (!signal.aborted) {
      const before = this.#networkProblem;
      this.#isTouched = false;
      try {
        await this.#report();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('node status could not be written', { node: nodeName, error });
        this.#isTouched = true;
      }
      if (before !== undefined && this.#networkProblem === undefined) onNetworkReady();
      await this.#rest();
    }
  }

  /** How long after a report the next is due though nothing has changed. */
  get #reportMs(): number {
    return Math.round(Math.max(reportMs, this.#options.foresightMs() / 2) * (1 + this.#delay));
  }

  /** Nothing happens by itself on a virtual node, so it rests until it is touched, or has to be heard of again. */
  #restMs(startMs: number): number {
    const { host, checkMs } = this.#options;
    if (host.virtual && !this.#isTouched) {
      const leftMs = this.#reportedAtMs + this.#reportMs - startMs;
      // A silent node has not reported though that was due.
      return leftMs > 0 ? leftMs : this.#reportMs;
    }
    return this.#wasReady || host.virtual ? checkMs : fastCheckMs;
  }

  async #rest(): Promise<void> {
    const { clock, signal } = this.#options;
    const startMs = clock.monotonicMs();
    while (!this.#again && !signal.aborted) {
      this.#nextMs = startMs + this.#restMs(startMs);
      const leftMs = this.#nextMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#timer = clock.setTimer(leftMs, resolve);
      });
      this.#timer?.cancel();
    }
    this.#again = false;
    this.#wake = undefined;
    this.#nextMs = Infinity;
  }

  #metadata(): { name: string; labels: Record<string, string>; annotations: Record<string, string> } {
    const { machine, nodeName, host, labels } = this.#options;
    return {
      name: nodeName,
      labels: {
        'beta.kubernetes.io/arch': machine.architecture,
        'beta.kubernetes.io/os': machine.operatingSystem,
        'kubernetes.io/arch': machine.architecture,
        'kubernetes.io/hostname': host.hostname,
        'kubernetes.io/os': machine.operatingSystem,
        ...labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    };
  }

  async #look(): Promise<Sight> {
    const { runtime, host, pressures, devices } = this.#options;
    const [problem, images, usage] = await Promise.all([this.#problem(), runtime.listImages().catch((): Image[] => []), host.usage()]);
    return { problem, images, pressures: pressures(usage), runtime: this.#runtimeStatus, devices: devices() };
  }

  #generate({ problem, images, pressures, runtime, devices }: Sight): NodeStatus {
    const { host, machine, clock, capacity } = this.#options;
    const status = generateNodeStatus({
      machine,
      pressures,
      heldBack: this.#options.heldBack,
      maxPods: this.#options.maxPods,
      addresses: this.#options.addresses,
      hostname: host.hostname,
      servingPort: this.#options.servingPort,
      version: this.#options.version,
      runtimeVersion: this.#options.runtimeVersion,
      images,
      problem,
      runtime,
      old: this.#node?.status?.conditions ?? [],
      nowMs: clock.now(),
    });
    const whole = { ...status, capacity: { ...status.capacity, ...devices.capacity, ...capacity }, allocatable: { ...status.allocatable, ...devices.allocatable, ...capacity } };
    this.#status = whole;
    return whole;
  }

  async #problem(): Promise<string | undefined> {
    const own = this.#options.problem();
    try {
      const { runtimeReady, networkReady } = this.#runtimeStatus = await this.#options.runtime.status();
      const text = ({ status, reason, message }: typeof networkReady, name: string): string => `${name}=${status} reason:${reason} message:${message}`;
      this.#networkProblem = networkReady.status ? undefined : `container runtime network not ready: ${text(networkReady, 'NetworkReady')}`;
      if (!runtimeReady.status) return `container runtime not ready: ${text(runtimeReady, 'RuntimeReady')}`;
      return this.#networkProblem ?? own;
    } catch (error) {
      return `container runtime is down: ${(error as Error).message}`;
    }
  }

  async #report(): Promise<void> {
    const { client, clock, random, nodeName, isSilent } = this.#options;
    if (isSilent()) return;
    const seen = await this.#look();
    const written = this.#node?.status;
    const volumesInUse = this.#volumesInUse;
    const nowMs = clock.monotonicMs();
    const isDue = nowMs - this.#reportedAtMs >= this.#reportMs;
    const told = this.#told;
    if (!isDue && told?.written === written && told?.volumesInUse === volumesInUse && semanticEqual(told.seen, seen)) return;
    const status = this.#generate(seen);
    const sameVolumes = semanticEqual(volumesInUse, written?.volumesInUse ?? []);
    const mirrored = toMirror(written, status);
    const changed = written === undefined || !sameVolumes || mirrored !== undefined || !semanticEqual(withoutHeartbeats(status), withoutHeartbeats(ownPartOf(written, status)));
    this.#told = changed || isDue ? undefined : { seen, written, volumesInUse };
    if (changed || isDue) {
      // Only what the kubelet owns; conditions of others are merged by type.
      const { addresses, ...rest } = status;
      const sameAddresses = semanticEqual(addresses, written?.addresses);
      const value = { status: { ...rest, allocatable: { ...rest.allocatable, ...mirrored }, ...(!sameVolumes && { volumesInUse }), ...(!sameAddresses && { addresses: [...(addresses ?? []), { $patch: 'replace' }] }) } };
      this.#node = await reactingTo(changed ? '!machine' : '!heartbeat', () => client.patch(nodes, { name: nodeName }, { type: 'strategic', value }, { subresource: 'status' }));
      this.#reportedAtMs = nowMs;
      // As upstream: nodes that change together, as when they start, do not report together ever after. One that
      // looks ahead is in no hurry.
      const chance = random.float();
      this.#delay = !changed ? 0 : this.#options.foresightMs() > 0 ? chance / 2 : chance - 0.5;
      this.#announce(written?.conditions ?? [], status.conditions ?? []);
    }
    const isReady = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
    if (isReady && !this.#wasReady) this.#ready.resolve();
    this.#wasReady ||= isReady;
  }

  /** Events for what has turned. */
  #announce(before: readonly NodeCondition[], after: readonly NodeCondition[]): void {
    const { nodeName, recorder } = this.#options;
    for (const { type, status } of after) {
      const old = before.find((condition) => condition.type === type)?.status;
      if ((old === status && this.#wasReady) || (this.#options.isQuiet && !this.#wasReady)) continue;
      const reason = conditionEvents[type]?.[status];
      if (reason !== undefined) recorder.event({ kind: 'Node', name: nodeName, uid: nodeName }, 'Normal', reason, `Node ${nodeName} status is now: ${reason}`);
    }
  }
}

const conditionEvents: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MemoryPressure: { True: 'NodeHasInsufficientMemory', False: 'NodeHasSufficientMemory' },
  DiskPressure: { True: 'NodeHasDiskPressure', False: 'NodeHasNoDiskPressure' },
  PIDPressure: { True: 'NodeHasInsufficientPID', False: 'NodeHasSufficientPID' },
  Ready: { True: 'NodeReady', False: 'NodeNotReady' },
};

/** What others have written beside us is theirs: conditions, and extended resources that an administrator has announced. */
function ownPartOf(written: NodeStatus, own: NodeStatus): NodeStatus {
  const ownKeys = (list: Readonly<Record<string, string>> | undefined, of: Readonly<Record<string, string>> | undefined): Record<string, string> => Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => of?.[name] !== undefined));
  return {
    ...written,
    capacity: ownKeys(written.capacity, own.capacity),
    allocatable: ownKeys(written.allocatable, own.allocatable),
    conditions: (written.conditions ?? []).filter(({ type }) => own.conditions?.some((condition) => condition.type === type)),
  };
}

function withoutHeartbeats(status: NodeStatus): NodeStatus {
  const { addresses, capacity, allocatable, conditions, daemonEndpoints, nodeInfo, images, runtimeHandlers, features } = status;
  return {
    ...(addresses !== undefined && { addresses }),
    ...(capacity !== undefined && { capacity }),
    ...(allocatable !== undefined && { allocatable }),
    ...(daemonEndpoints !== undefined && { daemonEndpoints }),
    ...(nodeInfo !== undefined && { nodeInfo }),
    ...(images !== undefined && { images }),
    ...(runtimeHandlers !== undefined && { runtimeHandlers }),
    ...(features !== undefined && { features }),
    conditions: (conditions ?? []).map(({ type, status: is, reason, message }) => ({ type, status: is, ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) })),
  };
}
