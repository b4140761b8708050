import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { call } from '../load/call.ts';
import type { Measured, PodsAtScale } from '../load/pods-at-scale.ts';
import type { Program } from '../program.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

const load = join(import.meta.dirname, '../load/pods-at-scale.ts');
const progressMs = 10_000;
const idleMs = 20_000;
/** Of the time that a run has, what nodes may take to start. */
const shareOfNodes = 0.4;

const thousands = (count: number): string => Math.round(count).toLocaleString('en');

/** How many nodes have registered. */
async function countNodes({ url }: Program): Promise<number> {
  const { code, body } = await call(url, token, 'GET', '/api/v1/nodes?limit=1');
  if (code !== 200) return 0;
  const { items, metadata } = JSON.parse(body) as { readonly items: readonly unknown[]; readonly metadata: { readonly remainingItemCount?: number } };
  return items.length + (metadata.remainingItemCount ?? 0);
}

/** Waits until all nodes are ready, or the time is over, and says meanwhile how far they are. Returns how many have registered. */
async function nodesReady(bench: Bench, server: Program, limitMs: number): Promise<{ readonly registered: number; readonly complete: boolean }> {
  let complete = false;
  const done = server.complete.then(() => { complete = true; });
  for (let nextMs = server.sinceStartMs() + progressMs; !complete && server.sinceStartMs() < limitMs; nextMs += progressMs) {
    await Promise.race([done, bench.clock.sleep(Math.max(0, Math.min(nextMs, limitMs) - server.sinceStartMs()))]);
    console.error(`  ${(server.sinceStartMs() / 1000).toFixed(0)} s: ${await countNodes(server)} nodes registered${complete ? ', all ready' : ''}; ${(server.cpuMs() / 1000).toFixed(0)} s of processor time, ${server.residentMb().toFixed(0)} MB`);
  }
  return { registered: await countNodes(server), complete };
}

async function startPods(bench: Bench, server: Program, of: Omit<PodsAtScale, 'url' | 'token'>): Promise<Measured & { readonly cpuMs: number }> {
  const before = server.cpuMs();
  const output = await bench.run([load, JSON.stringify({ url: server.url, token, ...of } satisfies PodsAtScale)], { timeoutMs: (of.seconds + 120) * 1000 });
  return { ...JSON.parse(output) as Measured, cpuMs: server.cpuMs() - before };
}

/** Thousands of simulated nodes in the program, and pods on all of them; `--nodes`, `--pods`, `--rate` and `--minutes` say how many, and how long. */
export async function scale(bench: Bench): Promise<Figure[]> {
  const { nodes, pods, podsPerSecond, minutes } = bench.scale;
  const budgetMs = minutes * 60_000;
  await using server = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', String(nodes)], startTimeoutMs: budgetMs });
  const emptyMb = server.residentMb();
  const { registered, complete } = await nodesReady(bench, server, budgetMs * shareOfNodes);
  const readyMs = server.sinceStartMs();
  const startCpuMs = server.cpuMs();
  const nodesMb = server.residentMb();
  await bench.clock.sleep(idleMs);
  const idleCpuMs = server.cpuMs() - startCpuMs;
  const seconds = Math.max(30, (budgetMs - server.sinceStartMs()) / 1000);
  const measured = await startPods(bench, server, { pods, perDeployment: Math.min(100, pods), podsPerSecond, maxWaiting: 2 * podsPerSecond, seconds });
  const fullMb = server.residentMb();

  const ofNodes = complete ? `${thousands(nodes)} nodes` : `${thousands(registered)} of ${thousands(nodes)} nodes: the time was over`;
  const of = `${ofNodes}, ${measured.ready < pods ? `${thousands(measured.ready)} of ${thousands(pods)} pods: the time was over` : `${thousands(pods)} pods`}`;
  return [
    { name: 'simulated nodes ready', value: readyMs, note: ofNodes },
    { name: 'CPU of the start, for each simulated node', value: startCpuMs / registered, note: `of all threads; ${(startCpuMs / 1000).toFixed(0)} s` },
    { name: 'memory, simulated nodes without pods', value: nodesMb, note: `${ofNodes}; ${((1000 * (nodesMb - emptyMb)) / registered).toFixed(0)} kB each` },
    { name: 'CPU of simulated nodes without pods', value: (100 * idleCpuMs) / idleMs, note: `${ofNodes}; ${((1_000_000 * idleCpuMs) / idleMs / registered).toFixed(0)} µs a second each` },
    { name: 'memory, simulated nodes with their pods', value: fullMb, note: `${of}; ${((1000 * (fullMb - nodesMb)) / Math.max(1, measured.ready)).toFixed(0)} kB a pod` },
    { name: 'pods that become Ready', value: measured.ready / measured.seconds, note: `${of}; asked for: ${podsPerSecond}/s, while no more than ${2 * podsPerSecond} wait` },
    { name: 'CPU of the cluster, for each pod that becomes Ready', value: measured.cpuMs / Math.max(1, measured.ready), note: 'of all threads, with the calls and lists below' },
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
  const nodes = bench.quick ? 20 : 100;
  const budgetMs = bench.scale.minutes * 60_000;
  await using server = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', String(nodes)], startTimeoutMs: budgetMs });
  await nodesReady(bench, server, budgetMs * shareOfNodes);
  const { ready, seconds, cpuMs } = await startPods(bench, server, { pods, perDeployment: pods, podsPerSecond: pods, maxWaiting: pods, seconds: Math.max(30, (budgetMs - server.sinceStartMs()) / 1000) });
  const reached = ready < pods ? `only ${thousands(ready)} became Ready: the time was over; ` : '';
  return [
    { name: 'Deployment of 5,000 pods, all Ready', value: seconds * 1000, note: `${reached}${bench.quick ? 'of 500 only; ' : ''}on ${nodes} nodes; ${(cpuMs / 1000).toFixed(1)} s of processor time, ${(cpuMs / Math.max(1, ready)).toFixed(1)} ms a pod` },
  ];
}
