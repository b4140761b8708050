import { formatQuantity, isQuantity, quantityOf, value } from '../../api/meta/quantity.ts';
import type { MachineUsage } from '../host.ts';

/** What is watched, by kubelet configuration's names. */
export type Signal = 'memory.available' | 'nodefs.available' | 'nodefs.inodesFree' | 'imagefs.available' | 'imagefs.inodesFree' | 'pid.available';

/** How much of it there is. */
export interface Observation { readonly available: number; readonly capacity: number }
export type Observations = ReadonlyMap<Signal, Observation>;

export interface Threshold {
  readonly signal: Signal;
  /** As it is configured: `100Mi`, `10%`. */
  readonly value: string;
  /** The same as a share of the capacity in hundredths, or as an amount. */
  readonly least: { readonly percent: number } | { readonly amount: number };
  /** How long it must have been crossed; 0: a hard one. */
  readonly graceMs: number;
}

/** As upstream's kubelet on Linux. */
export const defaultEvictionHard: Readonly<Partial<Record<Signal, string>>> = {
  'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%', 'imagefs.available': '15%', 'imagefs.inodesFree': '5%',
};

const signals: readonly Signal[] = ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'imagefs.available', 'imagefs.inodesFree', 'pid.available'];
export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

export function pressureOf(signal: Signal): Pressure {
  return signal === 'memory.available' ? 'MemoryPressure' : signal === 'pid.available' ? 'PIDPressure' : 'DiskPressure';
}

/** The name of what is short, in events and messages. */
export function resourceOf(signal: Signal): 'memory' | 'ephemeral-storage' | 'inodes' | 'pids' {
  return signal === 'memory.available' ? 'memory' : signal === 'pid.available' ? 'pids' : signal.endsWith('inodesFree') ? 'inodes' : 'ephemeral-storage';
}

/** Reads thresholds in the order of their importance, memory first. Throws an Error for a signal or value that is none. */
export function parseThresholds(hard: Readonly<Record<string, string>>, soft: Readonly<Record<string, string>> = {}, softGraceMs: Readonly<Record<string, number>> = {}): Threshold[] {
  for (const name of [...Object.keys(hard), ...Object.keys(soft)]) if (!(signals as readonly string[]).includes(name)) throw new Error(`not supported: eviction signal ${JSON.stringify(name)}`);
  const read = (signal: Signal, text: string | undefined, graceMs: number): Threshold[] => {
    if (text === undefined) return [];
    if (!/^\d+(\.\d+)?%$/.test(text) && !isQuantity(text)) throw new Error(`invalid eviction threshold ${JSON.stringify(`${signal}<${text}`)}`);
    // Zero turns it off.
    return /^0+(\.0+)?%?$/.test(text) ? [] : [{ signal, value: text, least: text.endsWith('%') ? { percent: Number(text.slice(0, -1)) } : { amount: value(text) }, graceMs }];
  };
  return signals.flatMap((signal) => {
    const graceMs = softGraceMs[signal];
    if (soft[signal] !== undefined && graceMs === undefined) throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    return [...read(signal, hard[signal], 0), ...read(signal, soft[signal], graceMs ?? 0)];
  });
}

/** The amount that must be there. */
export function limitOf({ least }: Threshold, { capacity }: Observation): number {
  return 'percent' in least ? Math.floor((capacity * least.percent) / 100) : least.amount;
}

/** Images and everything else lie on one file system here: both are told by its numbers. */
export function observe(usage: MachineUsage): Observations {
  const storage = { available: usage.storageAvailableBytes, capacity: usage.storageCapacityBytes };
  const inodes = { available: usage.inodesFree, capacity: usage.inodes };
  const all: [Signal, Observation][] = [
    ['memory.available', { available: usage.memoryAvailableBytes, capacity: usage.memoryAvailableBytes + usage.memoryWorkingSetBytes }],
    ['nodefs.available', storage], ['imagefs.available', storage], ['nodefs.inodesFree', inodes], ['imagefs.inodesFree', inodes],
    ['pid.available', { available: usage.pidsMax - usage.pidsUsed, capacity: usage.pidsMax }],
  ];
  // A file system without a number of inodes has no end of them.
  return new Map(all.filter(([, { capacity }]) => capacity > 0));
}

/** Those that are crossed. */
export function crossed(thresholds: readonly Threshold[], observations: Observations): Threshold[] {
  return thresholds.filter((threshold) => {
    const observation = observations.get(threshold.signal);
    return observation !== undefined && observation.available < limitOf(threshold, observation);
  });
}

/** An amount as messages show it. */
export function amount(bytes: number): string {
  return formatQuantity(quantityOf(bytes, 'BinarySI'));
}
