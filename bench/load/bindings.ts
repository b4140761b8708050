/**
 * Scheduling: registers nodes that run nothing, then creates pods over 16 connections and measures until all are bound.
 * `node bindings.ts {url, token, nodes, pods, kind?}` prints `{bound, seconds}`. `kind`: what the pods ask for beside room.
 */
import { Agent, request } from 'node:https';
import { formatTime } from '../../src/base/clock.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { callJson } from './call.ts';
import { requestText, sendAll } from './raw-connection.ts';

interface NodeOrPod {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: { readonly nodeName?: string; readonly taints?: readonly { readonly key: string }[] };
}

const like = { matchLabels: { app: 'x' } };
/** What pods ask for beside room: nothing, a node without their like, zones that have as many of them. */
const kinds = {
  plain: {},
  'anti-affinity': { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: like, topologyKey: 'kubernetes.io/hostname' }] } } },
  spread: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: like }] },
} as const;

const target = JSON.parse(process.argv[2]!) as { url: string; token: string; nodes: number; pods: number; kind?: keyof typeof kinds };
const { url, token } = target;
const clock = new RealClock();
const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
const resources = { cpu: '32', memory: '128Gi', pods: '110' };

async function register(index: number): Promise<void> {
  const name = `node-${index}`;
  const { metadata } = await callJson<NodeOrPod>(url, token, 'POST', '/api/v1/nodes', {
    agent,
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 3}` } } },
  });
  const time = formatTime(clock.now());
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: time, lastTransitionTime: time, reason: 'KubeletReady', message: 'bench' };
  // Without its resourceVersion: the node controller writes to new nodes too.
  const { resourceVersion: _, ...rest } = metadata;
  await callJson(url, token, 'PUT', `/api/v1/nodes/${name}/status`, { agent, body: { apiVersion: 'v1', kind: 'Node', metadata: rest, status: { capacity: resources, allocatable: resources, conditions: [ready] } } });
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

const startedMs = clock.monotonicMs();
await sendAll(url, {
  connections: 16,
  count: target.pods,
  request: (index) => requestText(target, 'POST', '/api/v1/namespaces/default/pods', JSON.stringify({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: `scheduled-${index}`, labels: { app: 'x' } },
    spec: {
      containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '500Mi' } } }],
      // Nobody hears of the nodes again: where all this takes longer than nodes may be silent, they still take pods.
      tolerations: [{ operator: 'Exists' }],
      ...kinds[target.kind ?? 'plain'],
    },
  })),
});
await done;
console.log(JSON.stringify({ bound: bound.size, seconds: (clock.monotonicMs() - startedMs) / 1000 }));
process.exit(0);
