import type { Cpu, MachineTopology } from '../topology/machine-topology.ts';

/** A machine for tests: threads numbered as Linux does, the first of each core before the second; NUMA nodes and caches by cores in a row. */
export function machine({ sockets, cores, threads, numaNodes = sockets, caches = sockets, memoryBytes = 2 ** 30, hugePages = [] }: { readonly sockets: number; readonly cores: number; readonly threads: number; readonly numaNodes?: number; readonly caches?: number; readonly memoryBytes?: number; readonly hugePages?: MachineTopology['numaNodes'][number]['hugePages'] }): MachineTopology {
  const all = sockets * cores;
  return {
    cpus: Array.from({ length: all * threads }, (_, id): Cpu => {
      const core = id % all;
      const part = (count: number): number => Math.floor((core * count) / all);
      return { id, core, socket: part(sockets), numaNode: part(numaNodes), cache: part(caches) };
    }),
    numaNodes: Array.from({ length: numaNodes }, (_, id) => ({ id, memoryBytes, hugePages, distances: Array.from({ length: numaNodes }, (__, other) => (id === other ? 10 : 20)) })),
  };
}
