import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';

/** Facts from /proc that tell one process from another that has its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot at which it started. */
  readonly startTicks: string;
  readonly bootId: string;
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Undefined when there is no such process, or only its zombie. Throws what else keeps /proc from being read: it is no sign of death. */
export function processStat(pid: number): { readonly startTicks: string; readonly parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { parent: Number(fields[1]), startTicks: fields[19] ?? '' };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = processStat(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return processStat(identity.pid)?.startTicks === identity.startTicks && bootId() === identity.bootId;
}

/** The program's file; ends with " (deleted)" when it has been replaced since. */
export function executableOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

export function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

export function allProcesses(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

/** False when it was gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Resolves true when the process is gone, false when it still runs after `timeoutMs`. */
export async function waitForExit(identity: ProcessIdentity, timeoutMs: number, clock: Clock): Promise<boolean> {
  const deadline = clock.monotonicMs() + timeoutMs;
  while (isAlive(identity)) {
    if (clock.monotonicMs() >= deadline) return false;
    await clock.sleep(10);
  }
  return true;
}
