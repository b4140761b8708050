import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { startProgram, token } from '../program.ts';
import type { FigureName } from '../reference.ts';
import type { Figure } from '../table.ts';
import type { PodKind } from './schedule-pods.ts';

/** Nobody hears of the nodes again. That is not what is measured: they are not missed before all is over. */
const patience = ['--node-monitor-grace-period', '2h'];

/** Pods from creation to binding on nodes that are objects alone and run nothing, with a server of its own. */
export async function bindPods(bench: Bench, name: FigureName, of: { readonly nodes: number; readonly pods: number; readonly kind: PodKind }): Promise<Figure> {
  await using server = await startProgram(bench, { command: 'server', args: patience });
  await server.complete;
  const run = async <T>(script: string, options: object): Promise<T> => JSON.parse(await bench.run([join(import.meta.dirname, script), JSON.stringify(options)], { timeoutMs: 240_000 })) as T;
  const { bound, seconds, cpuUs } = await run<{ bound: number; seconds: number; cpuUs: number }>('bindings.ts', { url: server.url, token, pid: server.pid, ...of });
  const placing = await run<{ cpuUs: number }>('placing.ts', of);
  return { name, value: bound / seconds, note: `${cpuUs.toFixed(0)} µs CPU each, ${placing.cpuUs.toFixed(0)} of them to choose the node` };
}
