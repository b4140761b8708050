/**
 * What the library costs in a process of its own, as a test file is one: `node library.ts BUNDLE`. Writes one line of JSON:
 * milliseconds, from the bundle that is published.
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

async function main(bundle: string): Promise<LibraryTimes> {
  const starting = watch();
  const { resources, startCluster } = (await import(pathToFileURL(join(bundle, 'testing.js')).href)) as typeof Testing;
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

if (import.meta.main) console.log(JSON.stringify(await main(process.argv[2] ?? '')));
