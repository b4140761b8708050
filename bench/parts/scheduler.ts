import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { startProgram, token } from '../program.ts';
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
  for (const { kind, pods, name } of bench.quick ? kinds.slice(1) : kinds) {
    await using server = await startProgram(bench, { command: 'server' });
    await server.complete;
    const output = await bench.run([join(import.meta.dirname, '../load/bindings.ts'), JSON.stringify({ url: server.url, token, nodes, pods, kind })], { timeoutMs: 180_000 });
    const { bound, seconds } = JSON.parse(output) as { bound: number; seconds: number };
    figures.push({ name, value: bound / seconds });
  }
  return figures;
}
