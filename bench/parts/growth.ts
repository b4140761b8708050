import type { Bench } from '../bench.ts';
import { callJson } from '../load/call.ts';
import { fill } from '../load/fill.ts';
import { measure } from '../load/load.ts';
import { configMapBody, configMapsPath } from '../load/objects.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';
import type { FigureName } from '../reference.ts';

const sizes: readonly [count: number, get: FigureName, create: FigureName][] = [
  [1000, 'get among 1,000 objects', 'create among 1,000 objects'],
  [10_000, 'get among 10,000 objects', 'create among 10,000 objects'],
  [100_000, 'get among 100,000 objects', 'create among 100,000 objects'],
];

/** Does a get or a create take longer when there are many objects? Each step starts with exactly so many, and the loads add some. */
export async function growth(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'apiserver' });
  const { url } = server;
  const seconds = bench.quick ? 1 : 3;
  const figures: Figure[] = [];
  let made = 0;
  for (const [count, get, create] of sizes) {
    await fill(server, configMapsPath, configMapBody, count - made);
    const { items } = await callJson<{ items: { metadata: { name: string } }[] }>(url, token, 'GET', `${configMapsPath}?limit=1`);
    figures.push({ name: get, ...await measure(bench, server, { connections: 16, seconds, method: 'GET', path: `${configMapsPath}/${items[0]!.metadata.name}` }) });
    figures.push({ name: create, ...await measure(bench, server, { connections: 16, seconds, method: 'POST', path: configMapsPath, body: configMapBody }) });
    const { metadata } = await callJson<{ metadata: { remainingItemCount?: number } }>(url, token, 'GET', `${configMapsPath}?limit=1`);
    made = 1 + (metadata.remainingItemCount ?? 0);
  }
  return figures;
}
