/** One hardware thread and where it is. */
export interface Cpu { readonly id: number; readonly core: number; readonly socket: number; readonly numaNode: number }

type Place = (cpu: Cpu) => string;
const coreOf: Place = ({ socket, core }) => `${socket}/${core}`;
const socketOf: Place = ({ socket }) => String(socket);
const numaNodeOf: Place = ({ numaNode }) => String(numaNode);

const group = (cpus: readonly Cpu[], place: Place): Map<string, Cpu[]> => Map.groupBy(cpus, place);

/** Those that are fullest first, so that what is whole stays whole; then by their first thread. */
function byRoom(groups: Map<string, Cpu[]>): Cpu[][] {
  return [...groups.values()].sort((a, b) => a.length - b.length || (a[0]?.id ?? 0) - (b[0]?.id ?? 0));
}

/**
 * Picks processors close to one another, as upstream's packed policy: whole NUMA nodes and sockets, then whole cores, then single
 * threads where the fewest are free. Throws an Error when there are too few.
 */
export function takeCpus(topology: readonly Cpu[], free: ReadonlySet<number>, count: number): number[] {
  let left = topology.filter(({ id }) => free.has(id)).sort((a, b) => a.id - b.id);
  if (left.length < count) throw new Error(`not enough cpus available to satisfy request: requested=${count}, available=${left.length}`);
  const taken: Cpu[] = [];
  const take = (cpus: readonly Cpu[]): void => {
    taken.push(...cpus);
    left = left.filter((cpu) => !cpus.includes(cpu));
  };
  const sockets = group(topology, socketOf);
  const numaNodes = group(topology, numaNodeOf);
  const [wide, narrow] = sockets.size >= numaNodes.size ? [numaNodeOf, socketOf] : [socketOf, numaNodeOf];
  for (const place of [wide, narrow]) {
    const whole = group(topology, place);
    for (const [name, cpus] of group(left, place)) if (cpus.length === whole.get(name)?.length && cpus.length <= count - taken.length) take(cpus);
  }
  const cores = group(topology, coreOf);
  for (const socket of byRoom(group(left, socketOf))) {
    for (const [name, cpus] of group(socket, coreOf)) if (cpus.length === cores.get(name)?.length && cpus.length <= count - taken.length) take(cpus);
  }
  for (const socket of byRoom(group(left, socketOf))) {
    for (const core of byRoom(group(socket, coreOf))) take(core.slice(0, count - taken.length));
  }
  return taken.map(({ id }) => id).sort((a, b) => a - b);
}
