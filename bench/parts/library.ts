import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { median } from '../bench.ts';
import type { DaysTimes, LibraryTimes, Spent } from '../load/library.ts';
import type { FigureName } from '../reference.ts';
import type { Figure } from '../table.ts';

/** A cluster inside a test: how long its start and its copies keep the test waiting. */
export async function library(bench: Bench): Promise<Figure[]> {
  const runs: LibraryTimes[] = [];
  const run = async <T>(...more: string[]): Promise<T> => JSON.parse(await bench.run([join(import.meta.dirname, '../load/library.ts'), bench.bundle, ...more], { timeoutMs: 180_000, env: { NODE_COMPILE_CACHE: join(bench.folder, 'compile-cache') } })) as T;
  for (let i = 0; i < (bench.quick ? 2 : 3); i++) runs.push(await run<LibraryTimes>());
  const { idle, cronJob, jobs } = await run<DaysTimes>('30');
  const figure = (name: FigureName, times: readonly Spent[], note: string): Figure => ({ name, value: median(times.map(({ ms }) => ms)), note: `${Math.round(median(times.map(({ cpuMs }) => cpuMs)))} ms of processor time; ${note}` });
  return [
    // The first of all fills the compile cache.
    figure('library: first startCluster() of a process', runs.slice(1).map(({ first }) => first), '3 nodes; reading the bundle included'),
    figure('library: startCluster()', runs.flatMap(({ again }) => again), '3 nodes, ready'),
    figure('library: fork() of 10,000 objects', runs.flatMap(({ fork }) => fork), 'until the copy answers'),
    figure('library: fork() of 10,000 objects, at rest', runs.flatMap(({ forkSettled }) => forkSettled), 'its components started anew, and 15 s of virtual time'),
    figure('library: restore() of 10,000 objects', runs.flatMap(({ restore }) => restore), 'until it answers'),
    figure('library: a virtual month without work', [idle], '1 node'),
    figure('library: a virtual month of an hourly CronJob', [cronJob], `1 node; ${(cronJob.cpuMs / jobs).toFixed(1)} ms of processor time for each of ${jobs} jobs`),
  ];
}
