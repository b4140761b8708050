/**
 * Pods at scale: creates Deployments of pods on the nodes that are there, and measures, while all of them start, how
 * long each pod takes from its creation to Ready and how long single calls and lists take.
 * `node pods-at-scale.ts {url, token, pods, perDeployment}` prints `Measured`.
 */
import { Agent, request } from 'node:https';
import { RealClock } from '../../src/base/real-clock.ts';
import { callJson } from './call.ts';

interface Seen { readonly type: string; readonly object: { readonly metadata: { readonly name: string; readonly creationTimestamp: string }; readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } } }

/** Milliseconds where nothing else is said. */
export interface Measured {
  readonly ready: number;
  readonly seconds: number;
  readonly startP50: number;
  readonly startP99: number;
  readonly getP99: number;
  readonly createP99: number;
  readonly listP99: number;
}

const target = JSON.parse(process.argv[2]!) as { url: string; token: string; pods: number; perDeployment: number; podsPerSecond: number };
const { url, token } = target;
const clock = new RealClock();
const agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
const namespace = '/apis/apps/v1/namespaces/default/deployments';

const createdMs = new Map<string, number>();
const startMs = new Map<string, number>();
let allReady = (): void => {};
const done = new Promise<void>((resolve) => (allReady = resolve));

function see({ type, object: { metadata: { name }, status } }: Seen): void {
  if (type === 'ADDED') createdMs.set(name, clock.monotonicMs());
  if (startMs.has(name) || status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') !== true) return;
  startMs.set(name, clock.monotonicMs() - (createdMs.get(name) ?? clock.monotonicMs()));
  if (startMs.size >= target.pods) allReady();
}

async function watchPods(): Promise<void> {
  const { metadata } = await callJson<{ metadata: { resourceVersion: string } }>(url, token, 'GET', '/api/v1/pods?limit=1', { agent });
  await new Promise<void>((resolve, reject) => {
    request(`${url}/api/v1/namespaces/default/pods?watch=1&resourceVersion=${metadata.resourceVersion}`, { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }, (incoming) => {
      resolve();
      let rest = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) see(JSON.parse(line) as Seen);
      });
    }).once('error', reject).end();
  });
}

const deployment = (index: number, replicas: number): unknown => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `d-${index}` },
  spec: {
    replicas, selector: { matchLabels: { app: `d-${index}` } },
    template: { metadata: { labels: { app: `d-${index}` } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '10m', memory: '64Mi' } } }] } },
  },
});

/** How long a call takes, again and again until the pods are there. */
function sample(call: (index: number) => Promise<unknown>, restMs: number, stop: { now: boolean }): { readonly times: number[]; readonly ended: Promise<void> } {
  const times: number[] = [];
  const run = async (): Promise<void> => {
    for (let index = 0; !stop.now; index++) {
      const beganMs = clock.monotonicMs();
      await call(index);
      times.push(clock.monotonicMs() - beganMs);
      await clock.sleep(restMs);
    }
  };
  return { times, ended: run() };
}

const quantile = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

await watchPods();
const stop = { now: false };
const gets = sample(() => callJson(url, token, 'GET', '/api/v1/namespaces/default', { agent }), 20, stop);
const creates = sample((index) => callJson(url, token, 'POST', '/api/v1/namespaces/default/configmaps', { agent, body: { metadata: { name: `sample-${index}` }, data: { key: 'value' } } }), 50, stop);
// As kubectl does: 500 at a time.
const lists = sample(() => callJson(url, token, 'GET', '/api/v1/namespaces/default/pods?limit=500', { agent }), 500, stop);

const beganMs = clock.monotonicMs();
const deployments = Math.ceil(target.pods / target.perDeployment);
for (let index = 0; index < deployments; index++) {
  // No faster than asked: upstream's objectives hold at the rate that its load tests keep, not for everything at once.
  const dueMs = beganMs + (index * target.perDeployment * 1000) / target.podsPerSecond;
  await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()));
  await callJson(url, token, 'POST', namespace, { agent, body: deployment(index, Math.min(target.perDeployment, target.pods - index * target.perDeployment)) });
}
await done;
const seconds = (clock.monotonicMs() - beganMs) / 1000;
stop.now = true;
await Promise.all([gets.ended, creates.ended, lists.ended]);
const times = [...startMs.values()];
const measured: Measured = { ready: times.length, seconds, startP50: quantile(times, 0.5), startP99: quantile(times, 0.99), getP99: quantile(gets.times, 0.99), createP99: quantile(creates.times, 0.99), listP99: quantile(lists.times, 0.99) };
console.log(JSON.stringify(measured));
process.exit(0);
