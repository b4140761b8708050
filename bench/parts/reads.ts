import type { Bench } from '../bench.ts';
import { callJson } from '../load/call.ts';
import { fill } from '../load/fill.ts';
import { measure } from '../load/load.ts';
import { ensureServiceAccount, podBody, podsPath } from '../load/objects.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';
import type { FigureName } from '../reference.ts';

/** Gets and lists at full speed, among as many pods as upstream's figures were taken with. */
export async function reads(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'apiserver' });
  const { url } = server;
  await ensureServiceAccount(server);
  await fill(server, podsPath, podBody, 17_700);
  const { items } = await callJson<{ items: { metadata: { name: string } }[] }>(url, token, 'GET', `${podsPath}?limit=1`);
  const one = `${podsPath}/${items[0]!.metadata.name}`;
  const get = async (name: FigureName, path: string, connections: number, seconds: number): Promise<Figure> => {
    const load = { connections, method: 'GET', path } as const;
    await measure(bench, server, { ...load, seconds: 1 });
    return { name, ...await measure(bench, server, { ...load, seconds: bench.quick ? 2 : seconds }) };
  };
  return [
    await get('get one Pod, consistent, 16 connections', one, 16, 5),
    await get('get one Pod, resourceVersion=0', `${one}?resourceVersion=0`, 16, 5),
    await get('list 500 Pods, 4 connections', `${podsPath}?limit=500`, 4, 6),
    await get('list 17,700 Pods, resourceVersion=0', `${podsPath}?resourceVersion=0`, 4, 6),
    await get('list 17,700 Pods, consistent', podsPath, 4, 6),
  ];
}
