import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

/** Pods from creation to binding, on nodes that run nothing. */
export async function schedule(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'server' });
  await server.complete;
  const output = await bench.run([join(import.meta.dirname, '../load/bindings.ts'), JSON.stringify({ url: server.url, token, nodes: 1000, pods: 5000 })], { timeoutMs: 90_000 });
  const { bound, seconds } = JSON.parse(output) as { bound: number; seconds: number };
  return [{ name: 'schedule 5,000 pods on 1,000 nodes', value: bound / seconds }];
}
