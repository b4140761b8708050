import type { Bench } from '../bench.ts';
import { measure } from '../load/load.ts';
import { configMapBody, configMapsPath, ensureServiceAccount, podBody, podsPath } from '../load/objects.ts';
import { startProgram } from '../program.ts';
import type { Figure } from '../table.ts';

/** Creates at full speed; each is answered when it is on the disk. */
export async function writes(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'apiserver' });
  await ensureServiceAccount(server);
  const post = (path: string, body: string, seconds: number): ReturnType<typeof measure> => measure(bench, server, { connections: 16, seconds, method: 'POST', path, body });
  await post(configMapsPath, configMapBody, 1);
  const configMaps = await post(configMapsPath, configMapBody, bench.quick ? 2 : 5);
  await post(podsPath, podBody, 1);
  const pods = await post(podsPath, podBody, bench.quick ? 2 : 5);
  return [
    { name: 'create ConfigMaps, durable, 16 connections', ...configMaps },
    { name: 'create Pods, durable, 16 connections', ...pods },
  ];
}
