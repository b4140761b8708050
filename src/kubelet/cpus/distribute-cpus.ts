import { combinations } from '../topology/masks.ts';
import type { CpuTopology } from './cpu-topology.ts';
import { groupsOf } from './cpu-topology.ts';
import type { TakeRules } from './take-cpus.ts';
import { placesTo, takeCpus } from './take-cpus.ts';

/**
 * Picks processors in equal parts from as few NUMA nodes as can give them (KEP-2902, `distribute-cpus-across-numa`): of those
 * that can, the ones that leave the machine most evenly used. `groupSize`: given together, the threads of a core. Packs
 * where nothing can be distributed. Throws an Error when there are too few.
 */
export function distributeCpus(topology: CpuTopology, free: ReadonlySet<number>, count: number, { groupSize, rules }: { readonly groupSize: number; readonly rules: TakeRules }): number[] {
  const left = new Set(free);
  const packing: TakeRules = { ...rules, alignCaches: false };
  const takeFrom = (numaNode: number, amount: number): number[] => {
    const taken = takeCpus(topology, new Set(topology.only(left).filter((cpu) => cpu.numaNode === numaNode).map(({ id }) => id)), amount, packing);
    for (const id of taken) left.delete(id);
    return taken;
  };
  const plan = count % groupSize === 0 && count > 0 && topology.only(free).length >= count ? planOf(topology, free, count, groupSize) : undefined;
  if (plan === undefined) return takeCpus(topology, free, count, packing);
  const taken = plan.nodes.flatMap((node) => takeFrom(node, plan.each));
  while (taken.length < count) {
    for (const node of plan.remainderNodes) {
      if (taken.length >= count) break;
      if (topology.only(left).filter((cpu) => cpu.numaNode === node).length >= groupSize) taken.push(...takeFrom(node, groupSize));
    }
  }
  return taken.sort((a, b) => a - b);
}

interface Plan { readonly nodes: readonly number[]; readonly each: number; readonly remainderNodes: readonly number[]; readonly imbalance: number }

function planOf(topology: CpuTopology, free: ReadonlySet<number>, count: number, groupSize: number): Plan | undefined {
  const groups = groupsOf(topology.only(free), placesTo(topology, 'numaNode'));
  const available = new Map(groups.map(({ id, cpus }) => [id, cpus.length]));
  const groupsPerNode = Math.ceil(Math.ceil(topology.cpus.length / groupSize) / topology.numaNodes.length);
  const needed = Math.ceil(count / groupSize);
  for (let size = Math.ceil(needed / groupsPerNode); size <= Math.min(needed, available.size); size++) {
    let best: Plan | undefined;
    for (const nodes of combinations([...available.keys()], size)) {
      const plan = planFor(nodes, { available, count, groupSize });
      if (plan !== undefined && (best === undefined || plan.imbalance < best.imbalance)) best = plan;
      if (best?.imbalance === 0) break;
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** Undefined when these nodes cannot give equal parts. */
function planFor(nodes: readonly number[], { available, count, groupSize }: { readonly available: ReadonlyMap<number, number>; readonly count: number; readonly groupSize: number }): Plan | undefined {
  const of = (node: number, from = available): number => from.get(node) ?? 0;
  if (nodes.reduce((sum, node) => sum + Math.floor(of(node) / groupSize), 0) * groupSize < count) return undefined;
  const each = Math.floor(count / nodes.length / groupSize) * groupSize;
  if (nodes.some((node) => of(node) < each)) return undefined;
  const after = new Map(available);
  for (const node of nodes) after.set(node, of(node) - each);
  const remainder = count - each * nodes.length;
  if (remainder === 0) return { nodes, each, remainderNodes: [], imbalance: deviation([...after.values()]) };
  const able = nodes.filter((node) => of(node, after) >= groupSize);
  let best: Plan | undefined;
  for (let size = able.length; size >= 1; size--) {
    for (const some of combinations(able, size)) {
      if (some.reduce((sum, node) => sum + Math.floor(of(node, after) / groupSize), 0) * groupSize < remainder) continue;
      const imbalance = deviation([...withoutRemainder(after, some, { remainder, groupSize }).values()]);
      if (best === undefined || imbalance < best.imbalance) best = { nodes, each, remainderNodes: some, imbalance };
    }
  }
  return best;
}

function withoutRemainder(available: ReadonlyMap<number, number>, nodes: readonly number[], { remainder, groupSize }: { readonly remainder: number; readonly groupSize: number }): Map<number, number> {
  const after = new Map(available);
  for (let rest = remainder; rest > 0;) {
    for (const node of nodes) {
      const has = after.get(node) ?? 0;
      if (rest === 0 || has < groupSize) continue;
      after.set(node, has - groupSize);
      rest -= groupSize;
    }
  }
  return after;
}

/** Rounded to thousandths on the way, as upstream's: equal is what looks equal. */
function deviation(values: readonly number[]): number {
  const rounded = (number: number): number => Math.round(number * 1000) / 1000;
  const mean = rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
  return rounded(Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length));
}
