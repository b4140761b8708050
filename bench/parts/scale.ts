import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { call } from '../load/call.ts';
import type { Measured, MeasuredPhase, Phase, PodsAtScale } from '../load/pods-at-scale.ts';
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

async function startPods(bench: Bench, server: Program, of: Pick<PodsAtScale, 'phases' | 'seconds'>): Promise<{ readonly phases: Measured; readonly cpuMs: number }> {
  const before = server.cpuMs();
  const output = await bench.run([load, JSON.stringify({ url: server.url, token, ...of } satisfies PodsAtScale)], { timeoutMs: (of.seconds + 120) * 1000 });
  return { phases: JSON.parse(output) as Measured, cpuMs: server.cpuMs() - before };
}

/** So many wait to become Ready at a time while a cluster is filled as fast as it can. */
const maxWaiting = 300;
/** For so long pods are added to the full cluster at a steady rate. */
const steadySeconds = 120;

/** Latencies of one phase. */
const latencies = (when: 'saturated' | 'steady', { startP50, startP99, getP99, createP99, listP99 }: MeasuredPhase, note: string): Figure[] => [
  { name: `pod start, median, ${when}`, value: startP50, note },
  { name: `pod start, p99, ${when}`, value: startP99, note },
  { name: `API get, p99, ${when}`, value: getP99, note },
  { name: `API create, p99, ${when}`, value: createP99, note },
  { name: `API list of 500 pods, p99, ${when}`, value: listP99, note },
];

/**
 * Thousands of simulated nodes in the program, and pods on all of them: first as fast as the cluster takes them (saturated),
 * the last ones at a steady rate, as upstream measures its objectives. `--nodes`, `--pods`, `--rate` and `--minutes` say
 * how many, how fast the last ones, and how long it may take.
 */
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
  const steady = Math.min(Math.round(pods / 10), podsPerSecond * steadySeconds);
  const wanted: Phase[] = [
    { name: 'saturated', pods: pods - steady, perDeployment: Math.min(100, pods), maxWaiting },
    { name: `${podsPerSecond} pods/s`, pods: steady, perDeployment: Math.min(podsPerSecond, 10), podsPerSecond },
  ];
  const { phases, cpuMs } = await startPods(bench, server, { phases: wanted, seconds });
  const fullMb = server.residentMb();

  const ready = phases.reduce((sum, phase) => sum + phase.ready, 0);
  const [saturated, moderate] = phases;
  const ofNodes = complete ? `${thousands(nodes)} nodes` : `${thousands(registered)} of ${thousands(nodes)} nodes: the time was over`;
  const of = `${ofNodes}, ${ready < pods ? `${thousands(ready)} of ${thousands(pods)} pods: the time was over` : `${thousands(pods)} pods`}`;
  return [
    { name: 'simulated nodes ready', value: readyMs, note: ofNodes },
    { name: 'CPU of the start, for each simulated node', value: startCpuMs / registered, note: `of all threads; ${(startCpuMs / 1000).toFixed(0)} s` },
    { name: 'memory, simulated nodes without pods', value: nodesMb, note: `${ofNodes}; ${((1000 * (nodesMb - emptyMb)) / registered).toFixed(0)} kB each` },
    { name: 'CPU of simulated nodes without pods', value: (100 * idleCpuMs) / idleMs, note: `${ofNodes}; ${((1_000_000 * idleCpuMs) / idleMs / registered).toFixed(0)} µs a second each` },
    { name: 'memory, simulated nodes with their pods', value: fullMb, note: `${of}; ${((1000 * (fullMb - nodesMb)) / Math.max(1, ready)).toFixed(0)} kB a pod` },
    { name: 'CPU of the cluster, for each pod that becomes Ready', value: cpuMs / Math.max(1, ready), note: 'of all threads, with the calls, lists and the watch of the measurement' },
    ...(saturated === undefined ? [] : [
      { name: 'pods that become Ready, saturated' as const, value: saturated.ready / saturated.seconds, note: `${of}; as fast as they come, no more than ${maxWaiting} and a Deployment of 100 waiting at a time` },
      ...latencies('saturated', saturated, `while ${thousands(saturated.ready)} pods start as fast as they can`),
    ]),
    ...(moderate === undefined ? [] : latencies('steady', moderate, `${podsPerSecond} pods/s on top of ${thousands(saturated?.ready ?? 0)}, ${thousands(moderate.ready)} of them`)),
  ];
}

/** A Deployment from its creation until all its pods are Ready. */
export async function deployment(bench: Bench): Promise<Figure[]> {
  const pods = bench.quick ? 500 : 5000;
  const nodes = bench.quick ? 20 : 100;
  const budgetMs = bench.scale.minutes * 60_000;
  await using server = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', String(nodes)], startTimeoutMs: budgetMs });
  await nodesReady(bench, server, budgetMs * shareOfNodes);
  const { phases: [phase], cpuMs } = await startPods(bench, server, { phases: [{ name: 'Deployment', pods, perDeployment: pods }], seconds: Math.max(30, (budgetMs - server.sinceStartMs()) / 1000) });
  if (phase === undefined) throw new Error('there was no time left for pods');
  const { ready, seconds } = phase;
  const reached = ready < pods ? `only ${thousands(ready)} became Ready: the time was over; ` : '';
  return [
    { name: 'Deployment of 5,000 pods, all Ready', value: seconds * 1000, note: `${reached}${bench.quick ? 'of 500 only; ' : ''}on ${nodes} nodes; ${(cpuMs / 1000).toFixed(1)} s of processor time, ${(cpuMs / Math.max(1, ready)).toFixed(1)} ms a pod` },
  ];
}
