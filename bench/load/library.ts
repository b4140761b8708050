/**
 * What the library costs in a process of its own, as a test file is one: `node library.ts BUNDLE`, or `node library.ts BUNDLE
 * DAYS` for a CronJob that runs every hour of so many days. Writes one line of JSON: milliseconds, from the bundle that is
 * published.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Testing from '../../src/testing/testing.ts';

const objects = 10_000;

/** Wall time, and processor time of all threads: the two differ where others use the machine. */
export interface Spent { readonly ms: number; readonly cpuMs: number }

export interface LibraryTimes {
  /** The first start in a process, reading the bundle included. */
  readonly first: Spent;
  readonly again: readonly Spent[];
  /** Until the fork of a cluster with 10,000 objects answers, and until it has nothing left to do. */
  readonly fork: readonly Spent[];
  readonly forkSettled: readonly Spent[];
  readonly restore: readonly Spent[];
}

function watch(): () => Spent {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
  };
}

async function measured(work: () => Promise<unknown>): Promise<Spent> {
  const spent = watch();
  await work();
  return spent();
}

const load = async (bundle: string): Promise<typeof Testing> => (await import(pathToFileURL(join(bundle, 'testing.js')).href)) as typeof Testing;

/** What days of virtual time take, with nothing to do and with a CronJob that starts a Job every hour. */
export interface DaysTimes { readonly idle: Spent; readonly cronJob: Spent; readonly jobs: number }

async function days(bundle: string, count: number): Promise<DaysTimes> {
  const { resources, startCluster } = await load(bundle);
  await using cluster = await startCluster();
  await cluster.settle();
  const idle = await measured(() => cluster.clock.advance(`${count}d`));
  const template = { metadata: { annotations: { 'coxswain.io/exit-after': '10s' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'work', image: 'busybox' }] } };
  await cluster.client.create(resources.cronjobs, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace: 'default', name: 'hourly' }, spec: { schedule: '0 * * * *', jobTemplate: { spec: { template } } } });
  const cronJob = await measured(() => cluster.clock.advance(`${count}d`));
  const { status } = await cluster.client.get(resources.cronjobs, { namespace: 'default', name: 'hourly' });
  if (cluster.clock.now().getTime() - new Date(status?.lastSuccessfulTime ?? 0).getTime() > 3_600_000) throw new Error('the job of the last hour did not succeed');
  return { idle, cronJob, jobs: count * 24 };
}

async function main(bundle: string): Promise<LibraryTimes> {
  const starting = watch();
  const { resources, startCluster } = await load(bundle);
  const cluster = await startCluster({ nodes: 3 });
  const first = starting();

  const again: Spent[] = [];
  for (let i = 0; i < 9; i++) {
    let other: Testing.Cluster | undefined;
    again.push(await measured(async () => { other = await startCluster({ nodes: 3 }); }));
    await other?.[Symbol.asyncDispose]();
  }

  const text = 'x'.repeat(500);
  for (let from = 0; from < objects; from += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, index) => cluster.client.create(resources.configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: `c-${from + index}`, labels: { part: String(index % 10) } }, data: { text } })));
  }
  await cluster.settle();
  const fork: Spent[] = [];
  const forkSettled: Spent[] = [];
  for (let i = 0; i < 7; i++) {
    let copy: Testing.Cluster | undefined;
    const answered = await measured(async () => {
      copy = await cluster.fork();
      await copy.client.get(resources.configmaps, { namespace: 'default', name: 'c-9999' });
    });
    fork.push(answered);
    const rest = await measured(async () => copy?.settle());
    forkSettled.push({ ms: answered.ms + rest.ms, cpuMs: answered.cpuMs + rest.cpuMs });
    await copy?.[Symbol.asyncDispose]();
  }
  const snapshot = await cluster.snapshot();
  const restore: Spent[] = [];
  for (let i = 0; i < 3; i++) restore.push(await measured(() => cluster.restore(snapshot)));
  await cluster[Symbol.asyncDispose]();
  return { first, again, fork, forkSettled, restore };
}

if (import.meta.main) {
  const [bundle = '', count] = process.argv.slice(2);
  console.log(JSON.stringify(count === undefined ? await main(bundle) : await days(bundle, Number(count))));
}
