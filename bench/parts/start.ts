import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { median } from '../bench.ts';
import { call, callJson } from '../load/call.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

const minute = 60_000;

/** From the start of the process to an answer; then to a pod that runs on a simulated node. */
export async function start(bench: Bench): Promise<Figure[]> {
  const times = bench.quick ? 3 : 5;
  // The first start of all fills the compile cache, as the first start after an installation does.
  await using _warmUp = await startProgram(bench, { command: 'apiserver' });
  await _warmUp[Symbol.asyncDispose]();

  const cold: number[] = [];
  const again: number[] = [];
  for (let i = 0; i < times; i++) {
    const dataDir = join(bench.freshFolder());
    for (const into of [cold, again]) {
      await using program = await startProgram(bench, { command: 'apiserver', dataDir });
      into.push(program.readyMs);
    }
  }
  const runs: number[] = [];
  for (let i = 0; i < (bench.quick ? 1 : 3); i++) runs.push(await firstPod(bench));
  return [
    { name: 'API server ready, cold start with its store', value: median(cold), note: `median of ${times}, fresh data directory` },
    { name: 'API server ready, restart', value: median(again) },
    { name: 'first pod Running, simulated node', value: median(runs), note: 'from the start of the process, fresh data directory' },
  ];
}

async function firstPod(bench: Bench): Promise<number> {
  const { clock } = bench;
  const startedMs = clock.monotonicMs();
  await using program = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', '1'] });
  const { url } = program;
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'first' }, spec: { containers: [{ name: 'c', image: 'nginx:1.14.2' }] } };
  // As an impatient user would: until the namespace has its service account.
  for (;;) {
    const { code, body } = await call(url, token, 'POST', '/api/v1/namespaces/default/pods', { body: pod });
    if (code === 201) break;
    if (clock.monotonicMs() - startedMs > minute) throw new Error(`creating the first pod: ${code} ${body}`);
    await clock.sleep(5);
  }
  for (;;) {
    const { status } = await callJson<{ status: { phase: string } }>(url, token, 'GET', '/api/v1/namespaces/default/pods/first');
    if (status.phase === 'Running') return clock.monotonicMs() - startedMs;
    if (clock.monotonicMs() - startedMs > minute) throw new Error(`the first pod is ${status.phase} after a minute`);
    await clock.sleep(5);
  }
}
