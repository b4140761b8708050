import { milliValue, value } from '../../api/meta/quantity.ts';
import type { MachineInfo } from '../host.ts';
import type { Threshold } from './thresholds.ts';
import { defaultEvictionHard, limitOf, parseThresholds } from './thresholds.ts';

/** What a node keeps for itself, by kubelet configuration's names. */
export interface NodeReserve {
  /** Signal to amount or share: `memory.available: 100Mi`. Default: upstream's. */
  readonly evictionHard?: Readonly<Record<string, string>>;
  readonly evictionSoft?: Readonly<Record<string, string>>;
  readonly evictionSoftGracePeriodMs?: Readonly<Record<string, number>>;
  /** Signal to what is to be freed beyond its threshold once that is crossed. Default: nothing. */
  readonly evictionMinimumReclaim?: Readonly<Record<string, string>>;
  /** Default five minutes. */
  readonly evictionPressureTransitionPeriodMs?: number;
  /** Default 0: at once. */
  readonly evictionMaxPodGracePeriodSeconds?: number;
  /** CPU, memory and ephemeral-storage of the system and of Kubernetes' own programs. */
  readonly systemReserved?: Readonly<Record<string, string>>;
  readonly kubeReserved?: Readonly<Record<string, string>>;
}

/** Throws an Error for thresholds that are none. */
export function thresholdsOf(reserve: NodeReserve): Threshold[] {
  return parseThresholds(reserve.evictionHard ?? defaultEvictionHard, reserve.evictionSoft, { softGraceMs: reserve.evictionSoftGracePeriodMs, minimumReclaim: reserve.evictionMinimumReclaim });
}

/** What is not for pods: reserves, and the room below the hard thresholds. CPU in thousandths, the rest in bytes. */
export function heldBackOf(reserve: NodeReserve, machine: MachineInfo): Record<string, number> {
  const held = (name: string): number => [reserve.systemReserved, reserve.kubeReserved].reduce((sum, list) => sum + (list?.[name] === undefined ? 0 : name === 'cpu' ? milliValue(list[name]) : value(list[name])), 0);
  const hard = thresholdsOf(reserve).filter(({ graceMs }) => graceMs === 0);
  const kept = (signal: string, capacity: number): number => {
    const threshold = hard.find((one) => one.signal === signal);
    return threshold === undefined ? 0 : limitOf(threshold, { available: 0, capacity });
  };
  return {
    cpu: held('cpu'),
    memory: held('memory') + kept('memory.available', machine.memoryBytes),
    'ephemeral-storage': held('ephemeral-storage') + kept('nodefs.available', machine.ephemeralStorageBytes),
  };
}
