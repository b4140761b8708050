import { formatQuantity, isQuantity, quantityOf, value } from '../../api/meta/quantity.ts';
import type { MachineUsage } from '../host.ts';

/** What is watched, by kubelet configuration's names. */
export type Signal = 'memory.available' | 'nodefs.available' | 'nodefs.inodesFree' | 'imagefs.available' | 'imagefs.inodesFree' | 'pid.available';

/** How much of it there is. */
export interface Observation { readonly available: number; readonly capacity: number }
export type Observations = ReadonlyMap<Signal, Observation>;

/** A share of the capacity in hundredths, or an amount. */
export type Share = { readonly percent: number } | { readonly amount: number };

export interface Threshold {
  readonly signal: Signal;
  /** As it is configured: `100Mi`, `10%`. */
  readonly value: string;
  readonly least: Share;
  /** So much more must be there before what was crossed counts as mended (`evictionMinimumReclaim`). */
  readonly reclaim?: Share;
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

const isShare = (text: string): boolean => /^\d+(\.\d+)?%$/.test(text) || isQuantity(text);
const shareOf = (text: string): Share => (text.endsWith('%') ? { percent: Number(text.slice(0, -1)) } : { amount: value(text) });

/** What is to be freed of each signal beyond its threshold. Throws an Error for a signal or value that is none. */
function parseReclaims(minimum: Readonly<Record<string, string>>): ReadonlyMap<string, Share> {
  return new Map(Object.entries(minimum).map(([signal, text]) => {
    if (!(signals as readonly string[]).includes(signal)) throw new Error(`not supported: eviction signal ${JSON.stringify(signal)}`);
    if (!isShare(text)) throw new Error(`invalid eviction minimum reclaim ${JSON.stringify(`${signal}=${text}`)}`);
    const share = shareOf(text);
    if ('percent' in share && share.percent <= 0) throw new Error(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`);
    if ('amount' in share && share.amount < 0) throw new Error(`negative eviction minimum reclaim specified for ${signal}`);
    return [signal, share];
  }));
}

/** Reads thresholds in the order of their importance, memory first. Throws an Error for a signal or value that is none. */
export function parseThresholds(hard: Readonly<Record<string, string>>, soft: Readonly<Record<string, string>> = {}, { softGraceMs = {}, minimumReclaim = {} }: { readonly softGraceMs?: Readonly<Record<string, number>> | undefined; readonly minimumReclaim?: Readonly<Record<string, string>> | undefined } = {}): Threshold[] {
  const reclaims = parseReclaims(minimumReclaim);
  for (const name of [...Object.keys(hard), ...Object.keys(soft)]) if (!(signals as readonly string[]).includes(name)) throw new Error(`not supported: eviction signal ${JSON.stringify(name)}`);
  const read = (signal: Signal, text: string | undefined, graceMs: number): Threshold[] => {
    if (text === undefined) return [];
    if (!isShare(text)) throw new Error(`invalid eviction threshold ${JSON.stringify(`${signal}<${text}`)}`);
    const reclaim = reclaims.get(signal);
    // Zero turns it off.
    return /^0+(\.0+)?%?$/.test(text) ? [] : [{ signal, value: text, least: shareOf(text), graceMs, ...(reclaim !== undefined && { reclaim }) }];
  };
  return signals.flatMap((signal) => {
    const graceMs = softGraceMs[signal];
    if (soft[signal] !== undefined && graceMs === undefined) throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    return [...read(signal, hard[signal], 0), ...read(signal, soft[signal], graceMs ?? 0)];
  });
}

const amountOf = (share: Share, capacity: number): number => ('percent' in share ? Math.floor((capacity * share.percent) / 100) : share.amount);

/** The amount that must be there. */
export function limitOf({ least }: Threshold, { capacity }: Observation): number {
  return amountOf(least, capacity);
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

/** Those of what was crossed that are not mended yet: with what is to be freed beside. */
export function unmended(thresholds: readonly Threshold[], observations: Observations): Threshold[] {
  return thresholds.filter((threshold) => {
    const observation = observations.get(threshold.signal);
    return observation !== undefined && observation.available < limitOf(threshold, observation) + (threshold.reclaim === undefined ? 0 : amountOf(threshold.reclaim, observation.capacity));
  });
}

/** An amount as messages show it. */
export function amount(bytes: number): string {
  return formatQuantity(quantityOf(bytes, 'BinarySI'));
}
