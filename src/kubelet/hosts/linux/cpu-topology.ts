import { readdir, readFile } from 'node:fs/promises';
import { parseCpuSet } from '../../cpus/cpu-set.ts';
import type { Cpu } from '../../cpus/take-cpus.ts';

const cpuRoot = '/sys/devices/system/cpu';
const nodeRoot = '/sys/devices/system/node';

/** The hardware threads that are online, as the kernel tells them. */
export async function readCpuTopology(): Promise<readonly Cpu[]> {
  const numaNodeOf = new Map<number, number>();
  for (const name of await readdir(nodeRoot).catch(() => [])) {
    const [, node] = /^node(\d+)$/.exec(name) ?? [];
    if (node !== undefined) for (const cpu of parseCpuSet(await readFile(`${nodeRoot}/${name}/cpulist`, 'utf8'))) numaNodeOf.set(cpu, Number(node));
  }
  const read = async (id: number, name: string): Promise<number> => Number(await readFile(`${cpuRoot}/cpu${id}/topology/${name}`, 'utf8'));
  return Promise.all(parseCpuSet(await readFile(`${cpuRoot}/online`, 'utf8')).map(async (id): Promise<Cpu> => ({ id, core: await read(id, 'core_id'), socket: await read(id, 'physical_package_id'), numaNode: numaNodeOf.get(id) ?? 0 })));
}
