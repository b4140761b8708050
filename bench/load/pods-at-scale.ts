/**
 * Pods at scale: creates Deployments of pods on the nodes that are there, first as fast as the cluster takes them, then, on
 * top, at a steady rate, and measures in both times how long each pod takes from its creation to Ready and how long single
 * calls and lists take. Says every ten seconds how far it is, and ends when its time is over, with what it reached.
 * `node pods-at-scale.ts LOAD-AS-JSON` prints `Measured`.
 */
import { Agent } from 'node:https';
import { RealClock } from '../../src/base/real-clock.ts';
import { callJson } from './call.ts';
import { followPods } from './follow-pods.ts';

export interface PodsAtScale {
  readonly url: string;
  readonly token: string;
  readonly phases: readonly Phase[];
  /** For all phases. */
  readonly seconds: number;
}

export interface Phase {
  readonly name: string;
  readonly pods: number;
  readonly perDeployment: number;
  /** As many are asked for in a second at most; undefined: no limit. */
  readonly podsPerSecond?: number;
  /** No more are asked for while so many wait to become Ready; undefined: no limit. */
  readonly maxWaiting?: number;
}

/** Of one phase. Milliseconds where nothing else is said. */
export interface MeasuredPhase {
  readonly asked: number;
  readonly ready: number;
  readonly seconds: number;
  readonly startP50: number;
  readonly startP99: number;
  readonly getP99: number;
  readonly createP99: number;
  readonly listP99: number;
}

/** As many as there was time for. */
export type Measured = readonly MeasuredPhase[];

const progressMs = 10_000;
const target = JSON.parse(process.argv[2]!) as PodsAtScale;
const { url, token } = target;
const clock = new RealClock();
const agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });

/** As the pods of upstream's own load tests: an image with a tag, which a node pulls once. */
const deployment = (index: number, replicas: number): unknown => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `d-${index}` },
  spec: {
    replicas, selector: { matchLabels: { app: `d-${index}` } },
    template: { metadata: { labels: { app: `d-${index}` } }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10.1', resources: { requests: { cpu: '10m', memory: '64Mi' } } }] } },
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

const endMs = clock.monotonicMs() + target.seconds * 1000;
const isOver = (): boolean => clock.monotonicMs() >= endMs;
let deployments = 0;

async function run(phase: Phase): Promise<MeasuredPhase> {
  const beganMs = clock.monotonicMs();
  const before = [pods.startMs, gets.times, creates.times, lists.times].map(({ length }) => length);
  const since = (values: readonly number[], index: number): readonly number[] => values.slice(before[index]);
  let asked = 0;
  const ready = (): number => pods.startMs.length - before[0]!;
  const measured = (): MeasuredPhase => {
    const times = since(pods.startMs, 0);
    return { asked, ready: times.length, seconds: (clock.monotonicMs() - beganMs) / 1000, startP50: quantile(times, 0.5), startP99: quantile(times, 0.99), getP99: quantile(since(gets.times, 1), 0.99), createP99: quantile(since(creates.times, 2), 0.99), listP99: quantile(since(lists.times, 3), 0.99) };
  };
  const progress = (): void => {
    const { ready, seconds, startP99, getP99, createP99, listP99 } = measured();
    console.error(`  ${phase.name}, ${seconds.toFixed(0)} s: ${ready} of ${asked} pods Ready (${(ready / seconds).toFixed(0)}/s); p99 in ms: start ${startP99.toFixed(0)}, get ${getP99.toFixed(0)}, create ${createP99.toFixed(0)}, list ${listP99.toFixed(0)}`);
    timer = clock.setTimer(progressMs, progress, { unref: true });
  };
  let timer = clock.setTimer(progressMs, progress, { unref: true });
  while (asked < phase.pods && !isOver()) {
    if (phase.podsPerSecond !== undefined) await clock.sleep(Math.max(0, beganMs + (asked * 1000) / phase.podsPerSecond - clock.monotonicMs()));
    while (asked - ready() > (phase.maxWaiting ?? Infinity) && !isOver()) await clock.sleep(5);
    if (isOver()) break;
    const replicas = Math.min(phase.perDeployment, phase.pods - asked);
    asked += replicas;
    await callJson(url, token, 'POST', '/apis/apps/v1/namespaces/default/deployments', { agent, body: deployment(deployments++, replicas) });
  }
  while (ready() < asked && !isOver()) await clock.sleep(5);
  timer.cancel();
  return measured();
}

const measured: MeasuredPhase[] = [];
for (const phase of target.phases) if (!isOver()) measured.push(await run(phase));
stop.abort();
await Promise.all([gets.ended, creates.ended, lists.ended]);
console.log(JSON.stringify(measured satisfies Measured));
process.exit(0);
