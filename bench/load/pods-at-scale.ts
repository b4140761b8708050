/**
 * Pods at scale: creates Deployments of pods on the nodes that are there, and measures, while all of them start, how
 * long each pod takes from its creation to Ready and how long single calls and lists take. Says every ten seconds how far
 * it is, and ends when its time is over, with what it reached.
 * `node pods-at-scale.ts LOAD-AS-JSON` prints `Measured`.
 */
import { Agent } from 'node:https';
import { RealClock } from '../../src/base/real-clock.ts';
import { callJson } from './call.ts';
import { followPods } from './follow-pods.ts';

export interface PodsAtScale {
  readonly url: string;
  readonly token: string;
  readonly pods: number;
  readonly perDeployment: number;
  /** As many are asked for in a second at most. */
  readonly podsPerSecond: number;
  /** No more are asked for while so many wait to become Ready: a machine that is slower than asked is measured at its own speed. */
  readonly maxWaiting: number;
  readonly seconds: number;
}

/** Milliseconds where nothing else is said. */
export interface Measured {
  readonly asked: number;
  readonly ready: number;
  readonly seconds: number;
  readonly startP50: number;
  readonly startP99: number;
  readonly getP99: number;
  readonly createP99: number;
  readonly listP99: number;
}

const progressMs = 10_000;
const target = JSON.parse(process.argv[2]!) as PodsAtScale;
const { url, token } = target;
const clock = new RealClock();
const agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });

const deployment = (index: number, replicas: number): unknown => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `d-${index}` },
  spec: {
    replicas, selector: { matchLabels: { app: `d-${index}` } },
    template: { metadata: { labels: { app: `d-${index}` } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '10m', memory: '64Mi' } } }] } },
  },
});

/** How long a call takes, again and again until all is over. */
function sample(call: (index: number) => Promise<unknown>, restMs: number, stop: AbortSignal): { readonly times: number[]; readonly ended: Promise<void> } {
  const times: number[] = [];
  const run = async (): Promise<void> => {
    for (let index = 0; !stop.aborted; index++) {
      const beganMs = clock.monotonicMs();
      await call(index);
      times.push(clock.monotonicMs() - beganMs);
      await clock.sleep(restMs);
    }
  };
  return { times, ended: run() };
}

const quantile = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const stop = new AbortController();
const pods = await followPods(url, token, clock);
const gets = sample(() => callJson(url, token, 'GET', '/api/v1/namespaces/default', { agent }), 20, stop.signal);
const creates = sample((index) => callJson(url, token, 'POST', '/api/v1/namespaces/default/configmaps', { agent, body: { metadata: { name: `sample-${index}` }, data: { key: 'value' } } }), 50, stop.signal);
// As kubectl does: 500 at a time.
const lists = sample(() => callJson(url, token, 'GET', '/api/v1/namespaces/default/pods?limit=500', { agent }), 500, stop.signal);

const beganMs = clock.monotonicMs();
const spentMs = (): number => clock.monotonicMs() - beganMs;
const isOver = (): boolean => spentMs() >= target.seconds * 1000;
let asked = 0;

const measured = (): Measured => {
  const times = pods.startMs;
  return { asked, ready: times.length, seconds: spentMs() / 1000, startP50: quantile(times, 0.5), startP99: quantile(times, 0.99), getP99: quantile(gets.times, 0.99), createP99: quantile(creates.times, 0.99), listP99: quantile(lists.times, 0.99) };
};

function progress(): void {
  const { ready, seconds, startP99, getP99, createP99, listP99 } = measured();
  console.error(`  ${seconds.toFixed(0)} s: ${ready} of ${asked} pods Ready (${(ready / seconds).toFixed(0)}/s); p99 in ms: start ${startP99.toFixed(0)}, get ${getP99.toFixed(0)}, create ${createP99.toFixed(0)}, list ${listP99.toFixed(0)}`);
  clock.setTimer(progressMs, progress, { unref: true });
}
clock.setTimer(progressMs, progress, { unref: true });

for (let index = 0; asked < target.pods && !isOver(); index++) {
  const dueMs = beganMs + (asked * 1000) / target.podsPerSecond;
  await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()));
  while (asked - pods.startMs.length > target.maxWaiting && !isOver()) await clock.sleep(20);
  if (isOver()) break;
  const replicas = Math.min(target.perDeployment, target.pods - asked);
  asked += replicas;
  await callJson(url, token, 'POST', '/apis/apps/v1/namespaces/default/deployments', { agent, body: deployment(index, replicas) });
}
while (pods.startMs.length < asked && !isOver()) await clock.sleep(5);
const result = measured();
stop.abort();
await Promise.all([gets.ended, creates.ended, lists.ended]);
console.log(JSON.stringify(result));
process.exit(0);
