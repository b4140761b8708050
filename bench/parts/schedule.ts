import type { Bench } from '../bench.ts';
import { bindPods } from '../load/bind.ts';
import type { Figure } from '../table.ts';

/** Pods from creation to binding, on nodes that run nothing. */
export async function schedule(bench: Bench): Promise<Figure[]> {
  return [await bindPods(bench, 'schedule 5,000 pods on 1,000 nodes', { nodes: 1000, pods: 5000, kind: 'plain' })];
}
