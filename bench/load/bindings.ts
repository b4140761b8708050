/**
 * Scheduling: registers nodes that run nothing, then creates pods over 16 connections and measures until all are bound.
 * `node bindings.ts {url, token, pid, nodes, pods, kind}` prints `{bound, seconds, cpuUs}`: `cpuUs` is the processor time of
 * the server, the process `pid`, for one pod. `kind`: what the pods ask for beside room.
 */
import { Agent, request } from 'node:https';
import { formatTime } from '../../src/base/clock.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { cpuMsOf } from '../processor-time.ts';
import { callJson } from './call.ts';
import { requestText, sendAll } from './raw-connection.ts';
import type { PodKind } from './schedule-pods.ts';
import { nodeLabels, nodeResources, podToSchedule } from './schedule-pods.ts';

interface NodeOrPod {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: { readonly nodeName?: string; readonly taints?: readonly { readonly key: string }[] };
}

const target = JSON.parse(process.argv[2]!) as { url: string; token: string; pid: number; nodes: number; pods: number; kind: PodKind };
const { url, token } = target;
const clock = new RealClock();
const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });

async function register(index: number): Promise<void> {
  const name = `node-${index}`;
  const { metadata } = await callJson<NodeOrPod>(url, token, 'POST', '/api/v1/nodes', {
    agent,
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: nodeLabels(name, index) } },
  });
  const time = formatTime(clock.now());
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: time, lastTransitionTime: time, reason: 'KubeletReady', message: 'bench' };
  // Without its resourceVersion: the node controller writes to new nodes too.
  const { resourceVersion: _, ...rest } = metadata;
  await callJson(url, token, 'PUT', `/api/v1/nodes/${name}/status`, { agent, body: { apiVersion: 'v1', kind: 'Node', metadata: rest, status: { capacity: nodeResources, allocatable: nodeResources, conditions: [ready] } } });
}

let registered = 0;
await Promise.all(Array.from({ length: 16 }, async () => {
  while (registered < target.nodes) await register(registered++);
}));
// New nodes are tainted until the node controller has seen that they are ready.
for (;;) {
  const { items } = await callJson<{ items: NodeOrPod[] }>(url, token, 'GET', '/api/v1/nodes', { agent });
  if (items.every(({ spec }) => !spec.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready'))) break;
  await clock.sleep(200);
}

const bound = new Set<string>();
let allBound = (): void => {};
const done = new Promise<void>((resolve) => (allBound = resolve));
const list = await callJson<{ metadata: { resourceVersion: string } }>(url, token, 'GET', '/api/v1/pods?limit=1', { agent });
await new Promise<void>((resolve, reject) => {
  const watching = request(`${url}/api/v1/namespaces/default/pods?watch=1&resourceVersion=${list.metadata.resourceVersion}`, { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }, (incoming) => {
    resolve();
    let rest = '';
    incoming.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { object } = JSON.parse(line) as { object: NodeOrPod };
        if (object.spec.nodeName !== undefined) bound.add(object.metadata.name);
      }
      if (bound.size >= target.pods) allBound();
    });
  });
  watching.once('error', reject).end();
});

const cpuMs = cpuMsOf(target.pid);
const startedMs = clock.monotonicMs();
await sendAll(url, {
  connections: 16,
  count: target.pods,
  request: (index) => requestText(target, 'POST', '/api/v1/namespaces/default/pods', JSON.stringify(podToSchedule(index, target.kind))),
});
await done;
console.log(JSON.stringify({ bound: bound.size, seconds: (clock.monotonicMs() - startedMs) / 1000, cpuUs: ((cpuMsOf(target.pid) - cpuMs) * 1000) / target.pods }));
process.exit(0);
