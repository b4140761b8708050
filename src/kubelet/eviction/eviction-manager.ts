import type { Pod } from '../../api/types/core/v1.ts';
import { isTolerated } from '../../api/pod/tolerations.ts';
import type { Refusal } from '../admission/verdict.ts';
import type { MachineUsage } from '../host.ts';
import { containersOf, specOf } from '../pods/pod-spec.ts';
import { qosClassOf } from '../resources/qos.ts';
import { isStatic } from '../static-pods/annotations.ts';
import { localStorageViolation } from './local-storage.ts';
import type { EmptyDirUsage } from './local-storage.ts';
import type { PodUsage, UsageOf } from './ranking.ts';
import { rankPods } from './ranking.ts';
import type { Observations, Pressure, Threshold } from './thresholds.ts';
import { amount, crossed, limitOf, observe, pressureOf, resourceOf, unmended } from './thresholds.ts';

/** As `evictionMonitoringPeriod`. */
export const evictionCheckMs = 10_000;
/** What a pod gets to end when there is no time. */
const hardGraceSeconds = 1;
const criticalPriority = 2_000_000_000;

export interface Eviction {
  readonly pod: Pod;
  /** What the node lacks, or the limit of the pod's own that was passed. */
  readonly signal: string;
  readonly message: string;
  readonly graceSeconds: number;
  /** The node's fault, not the pod's own. */
  readonly isDisruption: boolean;
}

export interface EvictionOptions {
  readonly thresholds: readonly Threshold[];
  /** As `evictionPressureTransitionPeriod`: so long a condition stays after its cause has gone. */
  readonly transitionMs: number;
  /** As `evictionMaxPodGracePeriod`, for soft thresholds. */
  readonly maxPodGraceSeconds: number;
  readonly usage: () => Promise<MachineUsage>;
  readonly now: () => number;
  /** Pods that run, and what each uses. */
  readonly pods: () => readonly Pod[];
  readonly usageOf: () => Promise<UsageOf>;
  /** Bytes in a pod's emptyDir volumes, asked only where there is a limit. */
  readonly emptyDirs: EmptyDirUsage;
  readonly evict: (eviction: Eviction) => void;
  /** Frees disk without ending pods: unused images. */
  readonly reclaimDisk: () => Promise<number>;
  /** Told on the node. */
  readonly announce: (reason: string, message: string) => void;
}

/** Watches what the machine has left, says so in the node's conditions, and ends pods before the machine suffers. */
export class EvictionManager {
  readonly #options: EvictionOptions;
  readonly #crossedSinceMs = new Map<Threshold, number>();
  readonly #seenAtMs = new Map<Pressure, number>();
  /** Those that pods had to go for at the last look. */
  #due: readonly Threshold[] = [];

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** The pressures that the node is under, or was a short while ago. */
  get pressures(): readonly Pressure[] {
    const { now, transitionMs } = this.#options;
    return (['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const).filter((pressure) => {
      const seenAtMs = this.#seenAtMs.get(pressure);
      return seenAtMs !== undefined && now() - seenAtMs < transitionMs;
    });
  }

  /** May the pod start while the node is under pressure? */
  admit(pod: Pod): Refusal | undefined {
    const pressures = this.pressures;
    if (pressures.length === 0 || isCritical(pod)) return undefined;
    const memoryOnly = pressures.length === 1 && pressures[0] === 'MemoryPressure';
    if (memoryOnly && (qosClassOf(pod) !== 'BestEffort' || isTolerated({ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }, specOf(pod).tolerations))) return undefined;
    return { reason: 'Evicted', message: `The node had condition: [${pressures.join(' ')}]. ` };
  }

  /** Looks once; evicts one pod at most for the node's sake. */
  async check(): Promise<void> {
    const { now, thresholds, evict, announce } = this.#options;
    const observations = observe(await this.#options.usage());
    const stays = new Set([...crossed(thresholds, observations), ...unmended(this.#due, observations)]);
    const met = thresholds.filter((threshold) => stays.has(threshold));
    for (const threshold of thresholds) {
      if (!met.includes(threshold)) this.#crossedSinceMs.delete(threshold);
      else if (!this.#crossedSinceMs.has(threshold)) this.#crossedSinceMs.set(threshold, now());
    }
    for (const { signal } of met) this.#seenAtMs.set(pressureOf(signal), now());

    this.#due = met.filter((threshold) => now() - (this.#crossedSinceMs.get(threshold) ?? 0) >= threshold.graceMs);
    if (await this.#enforceLocalStorage()) return;
    const [due] = this.#due;
    if (due === undefined) return;
    const resource = resourceOf(due.signal);
    announce('EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (resource === 'ephemeral-storage' || resource === 'inodes') {
      const freed = await this.#options.reclaimDisk();
      if (freed > 0 && unmended(this.#due, observe(await this.#options.usage())).every(({ signal }) => pressureOf(signal) !== 'DiskPressure')) return;
    }
    const usageOf = await this.#options.usageOf();
    const pod = rankPods(this.#options.pods(), resource, usageOf).find((candidate) => !isCritical(candidate));
    if (pod === undefined) return;
    const own = specOf(pod).terminationGracePeriodSeconds ?? this.#options.maxPodGraceSeconds;
    evict({ pod, signal: due.signal, message: messageOf(pod, due, observations, usageOf(pod)), graceSeconds: due.graceMs === 0 ? hardGraceSeconds : Math.min(own, this.#options.maxPodGraceSeconds), isDisruption: true });
  }

  /** Pods that use more disk than they said they would. */
  async #enforceLocalStorage(): Promise<boolean> {
    let any = false;
    let usageOf: UsageOf | undefined;
    for (const pod of this.#options.pods()) {
      if (isCritical(pod) || !hasStorageLimit(pod)) continue;
      usageOf ??= await this.#options.usageOf();
      const message = await localStorageViolation(pod, usageOf(pod), this.#options.emptyDirs);
      if (message === undefined) continue;
      this.#options.evict({ pod, signal: 'ephemeralcontainerfs.limit', message, graceSeconds: hardGraceSeconds, isDisruption: false });
      any = true;
    }
    return any;
  }
}

function hasStorageLimit(pod: Pod): boolean {
  return specOf(pod).volumes?.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) === true || containersOf(pod).some(({ container }) => container.resources?.limits?.['ephemeral-storage'] !== undefined);
}

/** Pods without which the cluster or the node would not work are left alone. */
function isCritical(pod: Pod): boolean {
  return isStatic(pod) || (specOf(pod).priority ?? 0) >= criticalPriority;
}

function messageOf(pod: Pod, threshold: Threshold, observations: Observations, usage: PodUsage | undefined): string {
  const resource = resourceOf(threshold.signal);
  const observation = observations.get(threshold.signal);
  const met = observation === undefined ? '' : `Threshold quantity: ${amount(limitOf(threshold, observation))}, available: ${amount(observation.available)}. `;
  const culprits = (usage?.containers ?? []).flatMap((stats) => {
    const container = containersOf(pod).find((candidate) => candidate.container.name === stats.name)?.container;
    const used = resource === 'memory' ? stats.memoryWorkingSetBytes : resource === 'ephemeral-storage' ? stats.rootfsUsedBytes : undefined;
    const request = container?.resources?.requests?.[resource] ?? '0';
    return container === undefined || used === undefined ? [] : [`Container ${container.name} was using ${amount(used)}, request is ${request}, has larger consumption of ${resource}. `];
  });
  return `The node was low on resource: ${resource}. ${met}${culprits.join('')}`;
}
