import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupUsage, InterfaceUsage } from '../../host.ts';

/** The number in a file; undefined when it is not there or holds none (`max`). */
export async function number(file: string): Promise<number | undefined> {
  const text = (await textOf(file)).trim();
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/** Lines of a name and a number. */
async function table(file: string): Promise<ReadonlyMap<string, number>> {
  return new Map((await textOf(file)).split('\n').filter((line) => line !== '').map((line) => {
    const [name = '', value] = line.split(' ');
    return [name, Number(value)];
  }));
}

/** Without the values that nobody told. */
function known<T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

const times = (value: number | undefined, factor: number): number | undefined => (value === undefined ? undefined : value * factor);
/** What can be given back at once does not count, as the kubelet reckons. */
const workingSet = (used: number | undefined, inactive: number | undefined): number | undefined => (used === undefined ? undefined : Math.max(0, used - (inactive ?? 0)));

/** Of a cgroup of version 2, by its folder. */
export async function unifiedUsage(folder: string): Promise<CgroupUsage | undefined> {
  const [cpu, memoryBytes, memory, swapBytes, processes, disks, interfaces] = await Promise.all([
    table(join(folder, 'cpu.stat')), number(join(folder, 'memory.current')), table(join(folder, 'memory.stat')), number(join(folder, 'memory.swap.current')), number(join(folder, 'pids.current')), textOf(join(folder, 'io.stat')), interfacesOf(join(folder, 'cgroup.procs')),
  ]);
  if (cpu.size === 0) return undefined;
  return known<CgroupUsage>({
    cpuNanoseconds: times(cpu.get('usage_usec'), 1000), userNanoseconds: times(cpu.get('user_usec'), 1000), systemNanoseconds: times(cpu.get('system_usec'), 1000),
    periods: cpu.get('nr_periods'), throttledPeriods: cpu.get('nr_throttled'), throttledNanoseconds: times(cpu.get('throttled_usec'), 1000),
    memoryBytes, workingSetBytes: workingSet(memoryBytes, memory.get('inactive_file')), rssBytes: memory.get('anon'), cacheBytes: memory.get('file'), swapBytes, mappedFileBytes: memory.get('file_mapped'),
    pageFaults: memory.get('pgfault'), majorPageFaults: memory.get('pgmajfault'), processes, interfaces,
    disks: disks.split('\n').filter((line) => line.includes('rbytes=')).map((line) => {
      const [device = '', ...fields] = line.split(' ');
      const values = new Map(fields.map((field) => [field.slice(0, field.indexOf('=')), Number(field.slice(field.indexOf('=') + 1))]));
      return { device, readBytes: values.get('rbytes') ?? 0, writeBytes: values.get('wbytes') ?? 0, reads: values.get('rios') ?? 0, writes: values.get('wios') ?? 0 };
    }),
  });
}

/** Jiffies of a processor's time, as version 1 counts them. */
const tickNanoseconds = 10_000_000;

/** Of a cgroup of version 1: a folder of each controller. */
export async function legacyUsage(mount: string, path: string): Promise<CgroupUsage | undefined> {
  const of = (controller: string, file: string): string => join(mount, controller, path, file);
  const [cpuNanoseconds, cpuTimes, throttling, memoryBytes, memory, processes, bytes, operations, interfaces] = await Promise.all([
    number(of('cpuacct', 'cpuacct.usage')), table(of('cpuacct', 'cpuacct.stat')), table(of('cpu', 'cpu.stat')), number(of('memory', 'memory.usage_in_bytes')), table(of('memory', 'memory.stat')), number(of('pids', 'pids.current')),
    textOf(of('blkio', 'blkio.throttle.io_service_bytes')), textOf(of('blkio', 'blkio.throttle.io_serviced')), interfacesOf(of('cpu', 'cgroup.procs')),
  ]);
  if (cpuNanoseconds === undefined && memoryBytes === undefined) return undefined;
  const [moved, asked] = [bytes, operations].map(transfers);
  return known<CgroupUsage>({
    cpuNanoseconds, userNanoseconds: times(cpuTimes.get('user'), tickNanoseconds), systemNanoseconds: times(cpuTimes.get('system'), tickNanoseconds),
    periods: throttling.get('nr_periods'), throttledPeriods: throttling.get('nr_throttled'), throttledNanoseconds: throttling.get('throttled_time'),
    memoryBytes, workingSetBytes: workingSet(memoryBytes, memory.get('total_inactive_file')), rssBytes: memory.get('total_rss'), cacheBytes: memory.get('total_cache'), swapBytes: memory.get('total_swap'), mappedFileBytes: memory.get('total_mapped_file'),
    pageFaults: memory.get('total_pgfault'), majorPageFaults: memory.get('total_pgmajfault'), processes, interfaces,
    disks: [...moved ?? []].map(([device, { read, write }]) => ({ device, readBytes: read, writeBytes: write, reads: asked?.get(device)?.read ?? 0, writes: asked?.get(device)?.write ?? 0 })),
  });
}

/** `8:0 Read 4096` and the like, by device. */
function transfers(text: string): ReadonlyMap<string, { read: number; write: number }> {
  const found = new Map<string, { read: number; write: number }>();
  for (const [, device, what, value] of text.matchAll(/^(\d+:\d+) (Read|Write) (\d+)$/gm)) {
    const one = found.get(device!) ?? { read: 0, write: 0 };
    found.set(device!, { ...one, [what === 'Read' ? 'read' : 'write']: Number(value) });
  }
  return found;
}

/** The network that the first process of a cgroup sees. */
async function interfacesOf(processes: string): Promise<readonly InterfaceUsage[]> {
  const [pid = ''] = (await textOf(processes)).split('\n', 1);
  return pid === '' ? [] : parseInterfaces(await textOf(`/proc/${pid}/net/dev`));
}

/** What /proc/net/dev says, without the loop. */
export function parseInterfaces(text: string): InterfaceUsage[] {
  return text.split('\n').slice(2).filter((line) => line.includes(':')).map((line) => {
    const [received = [], sent = []] = [line.slice(line.indexOf(':') + 1).trim().split(/\s+/).map(Number)].flatMap((all) => [all.slice(0, 8), all.slice(8)]);
    return {
      name: line.slice(0, line.indexOf(':')).trim(),
      receivedBytes: received[0] ?? 0, receivedPackets: received[1] ?? 0, receiveErrors: received[2] ?? 0, receiveDropped: received[3] ?? 0,
      sentBytes: sent[0] ?? 0, sentPackets: sent[1] ?? 0, sendErrors: sent[2] ?? 0, sendDropped: sent[3] ?? 0,
    };
  }).filter(({ name }) => name !== 'lo');
}
