import { readdir, readFile } from 'node:fs/promises';
import { parseCpuSet } from '../../cpus/cpu-set.ts';
import type { HugePages } from '../../resources/huge-pages.ts';
import type { Cpu, MachineTopology, NumaNode } from '../../topology/machine-topology.ts';

const text = (path: string): Promise<string> => readFile(path, 'utf8');
const list = async (path: string): Promise<readonly string[]> => (await readdir(path).catch(() => [])).sort();

/** The hardware threads that are online and the nodes of memory, as the kernel tells them below `root`. */
export async function readMachineTopology(root = '/sys/devices/system'): Promise<MachineTopology> {
  const nodeOf = new Map<number, number>();
  const numaNodes: NumaNode[] = [];
  for (const name of await list(`${root}/node`)) {
    const [, number] = /^node(\d+)$/.exec(name) ?? [];
    if (number === undefined) continue;
    for (const cpu of parseCpuSet(await text(`${root}/node/${name}/cpulist`))) nodeOf.set(cpu, Number(number));
    numaNodes.push(await readNumaNode(`${root}/node/${name}`, Number(number)));
  }
  const cpus = await Promise.all(parseCpuSet(await text(`${root}/cpu/online`)).map((id) => readCpu(`${root}/cpu/cpu${id}`, id, nodeOf.get(id) ?? 0)));
  // A kernel without NUMA is one node.
  if (numaNodes.length === 0) numaNodes.push({ id: 0, memoryBytes: kibibytes(await text('/proc/meminfo'), 'MemTotal'), hugePages: [], distances: [] });
  return { cpus, numaNodes: numaNodes.sort((a, b) => a.id - b.id) };
}

async function readCpu(path: string, id: number, numaNode: number): Promise<Cpu> {
  const [siblings, socket] = await Promise.all([text(`${path}/topology/thread_siblings_list`), text(`${path}/topology/physical_package_id`)]);
  return { id, core: Math.min(...parseCpuSet(siblings)), socket: Number(socket), numaNode, cache: await readCache(path) ?? Number(socket) };
}

/** The third level's number; undefined where there is none. */
async function readCache(path: string): Promise<number | undefined> {
  for (const name of await list(`${path}/cache`)) {
    if (!name.startsWith('index') || (await text(`${path}/cache/${name}/level`)).trim() !== '3') continue;
    const number = await text(`${path}/cache/${name}/id`).catch(() => '');
    return number === '' ? undefined : Number(number);
  }
  return undefined;
}

async function readNumaNode(path: string, id: number): Promise<NumaNode> {
  const [memory, distances, hugePages] = await Promise.all([text(`${path}/meminfo`), text(`${path}/distance`).catch(() => ''), readHugePages(`${path}/hugepages`)]);
  return { id, memoryBytes: kibibytes(memory, 'MemTotal'), hugePages, distances: distances.trim() === '' ? [] : distances.trim().split(/\s+/).map(Number) };
}

/** Of the machine, or of one node of it; none where the kernel has none. */
export async function readHugePages(path: string): Promise<HugePages[]> {
  return Promise.all((await list(path)).map(async (name) => ({ pageBytes: Number(/(\d+)kB/.exec(name)?.[1] ?? 0) * 1024, pages: Number(await text(`${path}/${name}/nr_hugepages`)) })));
}

function kibibytes(meminfo: string, field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(meminfo)?.[1] ?? 0) * 1024;
}
