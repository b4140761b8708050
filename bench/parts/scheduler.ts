import type { Bench } from '../bench.ts';
import { bindPods } from '../load/bind.ts';
import type { Figure } from '../table.ts';

const nodes = 5000;
const kinds = [
  { kind: 'plain', pods: 5000, name: 'schedule 5,000 pods on 5,000 nodes' },
  { kind: 'anti-affinity', pods: 2000, name: 'schedule pods with anti-affinity, 5,000 nodes' },
  { kind: 'spread', pods: 2000, name: 'schedule pods with topology spread, 5,000 nodes' },
] as const;

/** Pods from creation to binding in a large cluster: nodes are objects alone and run nothing. */
export async function scheduler(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { kind, pods, name } of bench.quick ? kinds.slice(1) : kinds) figures.push(await bindPods(bench, name, { nodes, pods, kind }));
  return figures;
}
