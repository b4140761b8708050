import type { Cpu } from '../topology/machine-topology.ts';
import type { CpuTopology, Place } from './cpu-topology.ts';
import { groupsOf } from './cpu-topology.ts';

/** How processors are picked. */
export interface TakeRules {
  /** `distribute-cpus-across-cores`: threads of different cores before those of one. */
  readonly spread: boolean;
  /** `prefer-align-cpus-by-uncorecache`: as few caches as can be. */
  readonly alignCaches: boolean;
}

export const packed: TakeRules = { spread: false, alignCaches: false };

/**
 * Picks processors close to one another, as upstream's packed policy: whole NUMA nodes and sockets, caches where that is
 * asked for, whole cores, then single threads where the fewest are free. In order. Throws an Error when there are too few.
 */
export function takeCpus(topology: CpuTopology, free: ReadonlySet<number>, count: number, rules: TakeRules = packed): number[] {
  const available = topology.only(free);
  if (available.length < count) throw new Error(`not enough cpus available to satisfy request: requested=${count}, available=${available.length}`);
  const basket = new Basket(topology, available, count);
  const { outerPlaces } = topology;
  basket.takeWhole(outerPlaces.slice(0, 1));
  basket.takeWhole(outerPlaces);
  if (rules.alignCaches) basket.takeCaches();
  if (!rules.spread) basket.takeWhole([...outerPlaces, 'core']);
  const threads = rules.spread ? groupsOf(basket.left, placesTo(topology, 'socket')).flatMap(({ cpus }) => cpus) : groupsOf(basket.left, [...outerPlaces, 'core']).flatMap(({ cpus }) => cpus);
  basket.take(threads.slice(0, basket.needed));
  return basket.taken.sort((a, b) => a - b);
}

/** The places from the outside in down to one of the two outer ones. */
export function placesTo({ outerPlaces }: CpuTopology, last: 'socket' | 'numaNode'): Place[] {
  return outerPlaces[0] === last ? [last] : [...outerPlaces];
}

class Basket {
  readonly taken: number[] = [];
  left: readonly Cpu[];
  needed: number;
  readonly #topology: CpuTopology;

  constructor(topology: CpuTopology, available: readonly Cpu[], count: number) {
    this.#topology = topology;
    this.left = available;
    this.needed = count;
  }

  take(cpus: readonly Cpu[]): void {
    const ids = new Set(cpus.map(({ id }) => id));
    this.taken.push(...ids);
    this.left = this.left.filter(({ id }) => !ids.has(id));
    this.needed -= ids.size;
  }

  /** Takes all that are whole and not too many. */
  takeWhole(places: readonly Place[]): void {
    const place = places.at(-1);
    if (place === undefined) return;
    for (const group of groupsOf(this.left, places)) if (this.#topology.isWhole(place, group) && group.cpus.length <= this.needed) this.take(group.cpus);
  }

  /** Whole caches, then the first in which all that is still needed fits, by whole cores. */
  takeCaches(): void {
    const places: Place[] = [...placesTo(this.#topology, 'numaNode'), 'cache'];
    for (const { id } of groupsOf(this.left, places)) {
      if (this.needed >= this.#topology.cpusPerCache) this.takeWhole(places);
      if (this.needed === 0) return;
      this.#takePartOf(id);
      if (this.needed === 0) return;
    }
  }

  #takePartOf(cache: number): void {
    const { threadsPerCore } = this.#topology;
    const inCache = this.left.filter((cpu) => cpu.cache === cache);
    const cores = new Set([...new Set(inCache.map(({ core }) => core))].sort((a, b) => a - b).slice(0, Math.ceil(this.needed / threadsPerCore)));
    const cpus = inCache.filter(({ core }) => cores.has(core));
    // Of an odd number, one thread of the last core stays.
    if (this.needed % 2 !== 0 && threadsPerCore > 1 && cpus.length > this.needed) cpus.pop();
    if (cpus.length === this.needed) this.take(cpus);
  }
}
