import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Measured } from '../load/pods-at-scale.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

const limitMs = 40 * 60_000;
const load = join(import.meta.dirname, '../load/pods-at-scale.ts');

/** Thousands of simulated nodes in the program, and pods on all of them; `--nodes` and `--pods` say how many. */
export async function scale(bench: Bench): Promise<Figure[]> {
  const { nodes, pods, podsPerSecond } = bench.scale;
  await using server = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', String(nodes)], startTimeoutMs: limitMs });
  await server.complete;
  const readyMs = server.sinceStartMs();
  const nodesMb = server.residentMb();
  const cpuBefore = server.cpuMs();
  const idleMs = 20_000;
  await bench.clock.sleep(idleMs);
  const idleShare = (100 * (server.cpuMs() - cpuBefore)) / idleMs;
  const output = await bench.run([load, JSON.stringify({ url: server.url, token, pods, perDeployment: Math.min(500, pods), podsPerSecond })], { timeoutMs: limitMs });
  const measured = JSON.parse(output) as Measured;
  const of = `${nodes.toLocaleString('en')} nodes, ${pods.toLocaleString('en')} pods`;
  return [
    { name: 'simulated nodes ready', value: readyMs, note: of },
    { name: 'memory, simulated nodes without pods', value: nodesMb, note: of },
    { name: 'CPU of simulated nodes without pods', value: idleShare, note: of },
    { name: 'memory, simulated nodes with their pods', value: server.residentMb(), note: of },
    { name: 'pods that become Ready', value: measured.ready / measured.seconds, note: of },
    { name: 'pod start, median', value: measured.startP50, note: of },
    { name: 'pod start, p99', value: measured.startP99, note: of },
    { name: 'API get, p99 meanwhile', value: measured.getP99, note: of },
    { name: 'API create, p99 meanwhile', value: measured.createP99, note: of },
    { name: 'API list of 500 pods, p99 meanwhile', value: measured.listP99, note: of },
  ];
}

/** A Deployment from its creation until all its pods are Ready. */
export async function deployment(bench: Bench): Promise<Figure[]> {
  const pods = bench.quick ? 500 : 5000;
  await using server = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', bench.quick ? '20' : '100'], startTimeoutMs: limitMs });
  await server.complete;
  const output = await bench.run([load, JSON.stringify({ url: server.url, token, pods, perDeployment: pods, podsPerSecond: pods })], { timeoutMs: limitMs });
  const { seconds } = JSON.parse(output) as Measured;
  return [{ name: 'Deployment of 5,000 pods, all Ready', value: seconds * 1000, note: bench.quick ? 'of 500 only' : '' }];
}
