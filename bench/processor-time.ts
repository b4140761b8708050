import { readFileSync } from 'node:fs';

/** Processor time that a process of this machine has used so far, of all threads together. Resolution: 10 ms. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // User and system time, in clock ticks of 10 ms, after the command's name, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
