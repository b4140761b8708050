import { Agent } from 'node:https';
import type { Clock } from '../../src/base/clock.ts';
import { call } from './call.ts';
import { configMapsPath } from './objects.ts';

/** Asks for something small again and again until `work` is done. Resolves with the waits, milliseconds, the longest last. */
export async function waitsDuring(clock: Clock, url: string, token: string, work: Promise<unknown>): Promise<number[]> {
  let done = false;
  const waits: number[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  void work.finally(() => { done = true; }).catch(() => {});
  while (!done) {
    const startedMs = clock.monotonicMs();
    await call(url, token, 'GET', `${configMapsPath}/none`, { agent });
    waits.push(clock.monotonicMs() - startedMs);
  }
  agent.destroy();
  await work;
  return waits.toSorted((a, b) => a - b);
}
