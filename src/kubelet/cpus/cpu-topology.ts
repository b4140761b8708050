import type { Cpu } from '../topology/machine-topology.ts';

/** Says where a thread belongs. */
export type Place = 'socket' | 'numaNode' | 'cache' | 'core';

/** Threads that belong together, with the number of what they share. */
export interface CpuGroup { readonly id: number; readonly cpus: readonly Cpu[] }

/** The threads of a machine, and how many there are of what they share. */
export class CpuTopology {
  /** In the order of their numbers. */
  readonly cpus: readonly Cpu[];
  readonly threadsPerCore: number;
  readonly cpusPerCache: number;
  readonly socketCount: number;
  readonly numaNodes: readonly number[];
  /** From the outside in: which of the two holds the other. */
  readonly outerPlaces: readonly ['numaNode', 'socket'] | readonly ['socket', 'numaNode'];
  readonly #sizes: ReadonlyMap<Place, ReadonlyMap<number, number>>;

  constructor(cpus: readonly Cpu[]) {
    this.cpus = [...cpus].sort((a, b) => a.id - b.id);
    this.#sizes = new Map((['socket', 'numaNode', 'cache', 'core'] as const).map((place) => [place, new Map([...Map.groupBy(cpus, (cpu) => cpu[place])].map(([id, members]) => [id, members.length]))]));
    const count = (place: Place): number => this.#sizes.get(place)?.size ?? 0;
    this.threadsPerCore = Math.floor(cpus.length / count('core'));
    this.cpusPerCache = Math.floor(cpus.length / count('cache'));
    this.socketCount = count('socket');
    this.numaNodes = [...new Set(cpus.map(({ numaNode }) => numaNode))].sort((a, b) => a - b);
    this.outerPlaces = this.socketCount >= this.numaNodes.length ? ['numaNode', 'socket'] : ['socket', 'numaNode'];
  }

  only(ids: ReadonlySet<number>): Cpu[] {
    return this.cpus.filter(({ id }) => ids.has(id));
  }

  /** Are these all threads of what they share? */
  isWhole(place: Place, { id, cpus }: CpuGroup): boolean {
    return cpus.length === this.#sizes.get(place)?.get(id);
  }
}

/** Groups by the last place, in the order of the places before: those with the fewest threads left first, so that what is whole stays whole. */
export function groupsOf(cpus: readonly Cpu[], places: readonly Place[]): CpuGroup[] {
  const [place, ...inner] = places;
  if (place === undefined) return [];
  const groups = [...Map.groupBy(cpus, (cpu) => cpu[place])].map(([id, members]): CpuGroup => ({ id, cpus: members })).sort((a, b) => a.cpus.length - b.cpus.length || a.id - b.id);
  return inner.length === 0 ? groups : groups.flatMap((group) => groupsOf(group.cpus, inner));
}
